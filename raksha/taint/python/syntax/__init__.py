"""Python's grammar, read noun by noun into the common tree."""
