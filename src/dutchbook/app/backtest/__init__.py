"""The desk's own engine on virtual time, against the exchange in a box without sockets."""
