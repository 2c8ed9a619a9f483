"""`posthog-wizard key ...`: flags in, lines out."""
