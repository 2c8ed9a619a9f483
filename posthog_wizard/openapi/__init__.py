"""PostHog's REST API as data: which operations an instance has, found by words, described, and checked."""
