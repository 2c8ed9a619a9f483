"""An embedded PostHog with sample data: to try everything without an account, and to test against."""
