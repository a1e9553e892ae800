"""A provider on loopback that speaks OpenAI chat, OpenAI responses and Anthropic messages, strictly.

It refuses what the real ones refuse: unknown fields, missing versions, tool calls without results, altered
signatures. What it answers follows from the request alone, so a test knows it beforehand.
"""
