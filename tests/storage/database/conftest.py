from tests.databases import place, postgres, settings

__all__ = ["place", "postgres", "settings"]
