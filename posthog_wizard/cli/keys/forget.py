"""`posthog-wizard key forget`: take a key and its profile away, and say what still needs them."""

from __future__ import annotations

from typing import Annotated

from posthog_wizard.cli import logout, shared_options
from posthog_wizard.invocation import KEY_PANEL
from posthog_wizard.operations.keys.forget import ForgetOptions


def command(
    profile: shared_options.ProfileOption = None,
    every: Annotated[bool, shared_options.option(KEY_PANEL, "--all", help="Every profile.")] = False,
    yes: shared_options.YesOption = False,
    json: shared_options.JsonOption = False,
) -> int:
    """Forget a key and its profile. PostHog still knows the key: delete it there, too, if nobody needs it.

    posthog-wizard key forget

    posthog-wizard key forget --profile work -y

    posthog-wizard key forget --all
    """
    return logout.forgotten(ForgetOptions(profile, every, yes), json=json)
