"""`posthog-wizard key forget`: take a key and its profile away, and say what still needs them."""

from __future__ import annotations

from posthog_wizard.cli import logout
from posthog_wizard.operations.keys.forget import ForgetOptions


def command(profile: str | None = None, every: bool = False, yes: bool = False, json: bool = False) -> int:
    """Forget a key and its profile. PostHog still knows the key: delete it there, too, if nobody needs it.

    posthog-wizard key forget

    posthog-wizard key forget --profile work -y

    posthog-wizard key forget --all
    """
    return logout.forgotten(ForgetOptions(profile, every, yes), json=json)
