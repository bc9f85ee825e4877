"""The control API, version 1: what programs, pages and people ask of a desk and its history."""
