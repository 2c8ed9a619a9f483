"""`posthog-wizard logout`: forget a sign-in, and revoke it where that can be done from here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from posthog_wizard.cli import ask, output
from posthog_wizard.cli.keys.key_rows import key_document, profile_row
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.credentials.profiles import DEFAULT, Profile
from posthog_wizard.model import Json
from posthog_wizard.operations.keys import forget
from posthog_wizard.operations.keys.forget import ForgetOptions, Forgotten


def command(profile: str | None = None, yes: bool = False, json: bool = False) -> int:
    """Sign out: forget the credential of a profile, and revoke what can be revoked.

    posthog-wizard logout

    posthog-wizard logout --profile work -y
    """
    return forgotten(ForgetOptions(profile, confirmed=yes), json=json)


def forgotten(options: ForgetOptions, *, json: bool) -> int:
    """Forget what the flags mean, and tell what became of it."""
    done = forget.run(options, this_run().machine, ask.person(json=json), output)
    problems = [one.problem for one in done if one.problem is not None]
    if json:
        error = output.error(problems[0]) if problems else None
        output.json_document(output.SCHEMAS["logout"], error=error, **_document(done, options))
    else:
        for one in done:
            _tell(one)
    return int(bool(problems))


def _document(done: Sequence[Forgotten], options: ForgetOptions) -> dict[str, Json]:
    """One profile stands at the top; each of several in its row."""
    rows = [profile_row(one.state) | _outcome(one) for one in done]
    if len(done) == 1:
        return key_document(done[0].state.profile, "none", **_outcome(done[0]), profiles=rows)
    nothing = Profile(options.profile or DEFAULT)
    outcome = "forgotten" if done else "unchanged"
    return key_document(nothing, "none", outcome, profiles=rows) | ({"profile": None} if options.every else {})


def _outcome(one: Forgotten) -> Any:
    return {"outcome": one.outcome, "delete_at": one.delete_at}


def _tell(one: Forgotten) -> None:
    kept = one.state.profile
    end = "is signed out: its access is revoked" if one.outcome == "revoked" else "is forgotten"
    output.result(f"the profile `{kept.name}` {end}")
    if one.problem is not None:
        output.problem(one.problem)
    elif one.delete_at:
        what = "the access of `pw-cli`" if kept.way == "oauth" else f"the key{f' `{kept.label}`' if kept.label else ''}"
        output.say(f"PostHog still takes {what}; delete it there if nobody needs it: {one.delete_at}")
