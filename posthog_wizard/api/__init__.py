"""PostHog's REST API: hosts, scopes, keys, and one client; only `client` and what it needs load httpx."""
