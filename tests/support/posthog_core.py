"""What every test's PostHog knows: its user, organizations and projects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from posthog_wizard.sandbox.row_store import SampleRow
from tests.support.posthog import PostHog, SandboxKey

FIRST, SECOND = "0190aaaa-0000-0000-0000-000000000001", "0190aaaa-0000-0000-0000-000000000002"
USER = {
    "id": 7,
    "uuid": "0190bbbb-0000-0000-0000-000000000007",
    "distinct_id": "d7",
    "email": "max@example.com",
    "first_name": "Max",
    "date_joined": "2026-01-01T00:00:00Z",
    "current_project": 2,
}


def world() -> Iterator[SampleRow]:
    """A user of two organizations with three projects, the second of which is open."""
    yield "users", 0, USER
    yield "organizations", 0, {"id": FIRST, "name": "Hedgehogs"}
    yield "organizations", 0, {"id": SECOND, "name": "Foxes"}
    yield "projects", 0, {"id": 1, "name": "Website", "organization": FIRST}
    yield "projects", 0, {"id": 2, "name": "App", "organization": FIRST}
    yield "projects", 0, {"id": 3, "name": "Den", "organization": SECOND}


def posthog(*keys: SandboxKey, **more: Any) -> PostHog:
    """A PostHog with that world; `more` goes to PostHog."""
    return PostHog(keys=keys or (SandboxKey("phx_test"),), **{"samples": world, **more})
