"""`posthog-wizard key forget`: take a key and its profile away, and say what still needs them."""

from __future__ import annotations

from typing import Annotated

from posthog_wizard.api.hosts import CLOUD, app_list, key_list
from posthog_wizard.cli import ask, logout, output, shared_options
from posthog_wizard.cli.keys.key_rows import KEY_SCHEMA, profile_row
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.invocation import KEY_PANEL
from posthog_wizard.operations.keys import forget
from posthog_wizard.operations.keys.key_options import host_of, is_signed_in_by_oauth


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
    if not every and is_signed_in_by_oauth(this_run().machine, profile):
        return logout.command(profile, yes, json)
    options = forget.ForgetOptions(profile, every, yes)
    states = forget.run(options, this_run().machine, ask.person(json=json), output)
    if json:
        output.json_document(KEY_SCHEMA, profiles=[profile_row(state) for state in states])
        return 0
    for state in states:
        output.result(f"the profile `{state.profile.name}` is forgotten")
        page = (app_list if state.profile.way == "oauth" else key_list)(host_of(state.profile) or CLOUD["us"])
        output.say(f"PostHog still takes the key; delete it there if nobody needs it: {page}")
    return 0
