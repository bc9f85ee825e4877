"""How people see and steer the desk."""
