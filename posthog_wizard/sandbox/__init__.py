"""An embedded PostHog with a sample company's data, to try everything without an account."""
