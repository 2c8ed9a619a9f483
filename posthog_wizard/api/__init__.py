"""The PostHog REST API, and what is known of PostHog's hosts; only `client` and what it needs load httpx."""
