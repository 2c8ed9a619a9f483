"""`posthog-wizard key ...`: one place for PostHog keys, from which entries without a secret read them."""
