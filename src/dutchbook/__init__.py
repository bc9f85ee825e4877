"""A self-hosted trading desk for prediction markets."""

__version__ = "0.1.0"
