"""The servers of the exchange in a box: each speaks one venue's protocol, written from the protocol alone."""
