"""Who made something, as PostHog's rows tell it."""

from __future__ import annotations

from typing import Any

from posthog_wizard.sandbox.routes import Visit

SHOWN = ("id", "uuid", "distinct_id", "first_name", "last_name", "email")


def author(visit: Visit) -> dict[str, Any]:
    """The owner of the key, in short."""
    user = visit.store.rows("users")[0]
    return {name: user.get(name) for name in SHOWN}
