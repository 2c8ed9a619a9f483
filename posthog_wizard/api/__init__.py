"""The PostHog REST API, and what is known of PostHog's hosts."""
