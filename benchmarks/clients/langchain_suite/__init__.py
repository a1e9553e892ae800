"""LangChain's own integration tests for chat models and embeddings, run in LangChain's environment."""
