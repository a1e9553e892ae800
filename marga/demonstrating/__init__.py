"""What `make demo` shows of the gateway: a day of a small team's prompts through `auto`, against stub models."""
