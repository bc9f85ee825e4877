"""The control socket of a running desk: how commands of other processes reach it, and what it answers."""
