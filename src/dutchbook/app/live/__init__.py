"""Venues that happen now, over the network: the sandbox's on this machine, or the real ones."""
