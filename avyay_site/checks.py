"""System checks that explain a wrong environment with a hint."""
