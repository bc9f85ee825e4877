"""One settings tree made of each room's own settings, and the layers of files and variables that it is read from."""
