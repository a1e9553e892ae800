"""Real clients, driven against a provider of our own: directly, then through MĀRGA. `make clients`."""
