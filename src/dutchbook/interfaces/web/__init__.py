"""The desk in a browser: the control API and the pages, served by one process of their own."""
