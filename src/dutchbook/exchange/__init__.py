"""A market of our own: an exchange in a box with its servers, paper fills over observed books, a random walk."""
