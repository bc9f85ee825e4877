"""Kalshi: what it says on the wire, and what that means to the desk."""
