"""Models of Java's library and of the libraries around it, one module for each field."""
