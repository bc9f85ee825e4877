"""What screens and commands ask the database. Each query takes an open connection and gives frozen rows."""
