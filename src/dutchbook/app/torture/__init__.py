"""Torture: a whole desk and both venues in one process, on virtual time, on a network without sockets, under faults."""
