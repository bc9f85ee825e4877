"""Keys of the venues: where they are kept, where each was found, whose account they open."""
