"""The keys: those that stand in entries, and what PostHog says of them."""
