"""What asks somebody: an entry's program or address, PostHog, the network."""
