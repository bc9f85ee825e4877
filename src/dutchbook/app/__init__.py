"""What the desk can be asked to do. Knows all concrete classes; interfaces know only what stands here."""
