"""The desk as a service of systemd."""
