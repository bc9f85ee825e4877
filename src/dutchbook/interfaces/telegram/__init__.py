"""The Telegram console: looking at the desk and steering it from a phone."""
