"""Other gateways, pinned, each in an environment of its own under var/peers, for `make bench-gateway`."""
