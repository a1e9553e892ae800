"""The gateway over REST."""
