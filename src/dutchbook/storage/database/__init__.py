"""The database of the screens: what the journals say as tables, and what people keep beside it."""
