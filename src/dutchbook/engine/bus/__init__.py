"""How parts hand events to each other: by direct calls in one process."""
