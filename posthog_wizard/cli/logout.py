"""`posthog-wizard logout`: forget a sign-in, and revoke it where that can be done from here."""

from __future__ import annotations

from posthog_wizard.cli import ask, output, shared_options
from posthog_wizard.cli.keys.key_rows import store_word
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.operations import logout
from posthog_wizard.operations.keys.forget import ForgetOptions
from posthog_wizard.operations.keys.key_options import host_of


def command(
    profile: shared_options.ProfileOption = None,
    yes: shared_options.YesOption = False,
    json: shared_options.JsonOption = False,
) -> int:
    """Sign out: forget the credential of a profile, and revoke what can be revoked.

    posthog-wizard logout

    posthog-wizard logout --profile work -y
    """
    options = ForgetOptions(profile, confirmed=yes)
    done = logout.run(options, this_run().machine, ask.person(json=json), output)
    kept = done.profile
    if json:
        output.json_document(
            output.SCHEMAS["logout"],
            error=output.error(done.problem) if done.problem else None,
            profile=kept.name,
            host=host_of(kept) or None,
            store=store_word(kept.key),
            state="none",
            outcome=done.outcome,
            delete_at=done.delete_at,
        )
    elif done.outcome != "unchanged":
        output.result(f"the profile `{kept.name}` is signed out: its credential is {done.outcome}")
    if done.problem is not None and not json:
        output.problem(done.problem)
    elif done.delete_at and not json:
        named = f"`{kept.label}` " if kept.label else ""
        output.say(f"PostHog still takes the key {named}until you delete it: {done.delete_at}")
    return int(done.problem is not None)
