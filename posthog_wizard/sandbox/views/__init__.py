"""PostHog's API as the sandbox answers it: one resource a file, its routes as rows."""
