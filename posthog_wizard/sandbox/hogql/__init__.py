"""HogQL, PostHog's SQL, translated for DuckDB: parsed, every part looked up in an allow-list, then written anew.

Nothing of the query's own text gets through but constants and names, which are quoted. What has no row is refused.
"""
