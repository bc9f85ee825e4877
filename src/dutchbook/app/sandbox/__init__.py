"""The exchange in a box as a running thing: accounts with keys, a world, its servers, a recording of it."""
