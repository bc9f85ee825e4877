"""Changes of the tables, one after the other. Alembic runs them; `schema.py` is the way in."""
