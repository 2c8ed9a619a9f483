"""How long to wait for a PostHog that is busy. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RetryPolicy:
    """How long an error that may pass is endured; times in seconds.

    `budget` bounds one request with all its repetitions, and also the waiting for one answer, unless that is allowed
    to take longer by itself.

    Source of the 30 s: PostHog's own MCP server gives up on a request after waiting that long in all.
    """

    budget: float = 30.0
    attempts: int = 5
    first_wait: float = 0.5  # doubled each time; a random part of it is waited
    longest_wait: float = 8.0
