"""The scanner over REST."""
