"""The scanner shows itself: `make demo` scans a small shop that was written to be vulnerable."""
