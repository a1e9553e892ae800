"""Pages of the gateway: overview, requests, models and routes, keys and budgets, playground."""
