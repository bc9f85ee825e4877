"""Settings files of other programs, read into ours: what each key means there, and where it stands here."""
