"""Changes of what people keep in the database. Each leaves a line of who, when and why in the same transaction."""
