"""Signing in as a part of `mcp add`: because a flag says so, or because somebody at a terminal has no key and wants to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from posthog_wizard.errors import WizardError, WrongUsage
from posthog_wizard.installer import this_installer
from posthog_wizard.launcher import launcher_problem
from posthog_wizard.model import Stored
from posthog_wizard.operations.add_options import Adding
from posthog_wizard.operations.keys.key_options import profile_called
from posthog_wizard.operations.placements import key_in_profile
from posthog_wizard.settings import may_go

if TYPE_CHECKING:
    from posthog_wizard.operations.login import SignedIn

_SAME = {"profile", "region", "host", "store", "project", "allow_http", "ca_file"}  # mean in both what they say


def signed_in(adding: Adding) -> Adding:
    """With a sign-in, where a flag or a person wants one; its key is in the store then. Raises what `login` raises."""
    if not adding.options.choice.login:
        adding = _asked(adding)
    choice = adding.options.choice
    if choice.login:
        problem = launcher_problem(adding.machine)  # from a temporary folder entries would not start this tomorrow
        if problem and choice.secret != "inline" and not adding.options.force:
            hint = f"install it first: {this_installer().lasting}; or let clients hold the key: `--secret inline`"
            raise WrongUsage(problem, hint)
        adding = adding.choosing(secret=choice.secret or "store")
        if not adding.options.change.dry_run:
            adding = adding._replace(check=_sign_in(adding).check)
    return _offered(adding) if choice.oauth else adding


def _asked(adding: Adding) -> Adding:
    """With the person's word on how PostHog shall know them, where nothing gives a key."""
    options, choice = adding.options, adding.options.choice
    if adding.person is None or options.placement not in {"inline", "store"} or choice.secret == "inline":
        return adding
    from posthog_wizard.plan.inline_keys import inline_keys

    own = [one for one in adding.found if one.place.scope == "user"]
    in_entries = options.placement == "store" and inline_keys(own)
    if choice.installation or choice.key_given or adding.given().key or in_entries or _profile_has_key(adding):
        return adding
    rows = [("paste", "Paste a key")]
    if adding.connection.kind == "hosted" and choice.secret is None:
        rows.append(("oauth", "Let each client sign in by itself"))
    if launcher_problem(adding.machine):
        adding.report.say(
            f"entries could not start this program, so there is no signing in for all of them: "
            f"{this_installer().lasting}"
        )
    else:
        rows.insert(0, ("login", "Sign in with the browser, recommended: one sign-in for all clients"))
    answer = adding.person.choose_one("How should PostHog know you?", rows)
    return adding.choosing(login=answer == "login", oauth=answer == "oauth")


def _profile_has_key(adding: Adding) -> bool:
    """Whether the profile has a credential for this PostHog; what cannot be read is told where it is needed."""
    try:
        return key_in_profile(adding) is not None
    except WizardError:
        return True


def _sign_in(adding: Adding) -> SignedIn:
    """A new sign-in, unless there is a good one."""
    from posthog_wizard.operations import login
    from posthog_wizard.operations.keys.show import profile_state

    machine, choice, report = adding.machine, adding.options.choice, adding.report
    kept = profile_called(machine, choice.profile)
    if kept.key is not None and kept.way is not None:
        old = profile_state(machine, kept, report, choice.ca_file)
        if old.report.usable and (not adding.options.choice.host_given or old.report.host in adding.connection.hosts):
            report.say(f"the profile `{kept.name}` is signed in already")
            return login.already(old)
    same = {name: value for name, value in choice._asdict().items() if name in _SAME}
    options = login.LoginOptions(**same, yes=adding.options.change.confirmed)
    return login.run(options, machine, adding.ask, report)


def _offered(adding: Adding) -> Adding:
    """With `--oauth`: a sign-in offered for clients that cannot do it by themselves, and start our program."""
    unable = dict.fromkeys(
        one.client.title for one in adding.found if not one.place.schema.oauth or one.place.schema.remote is None
    )
    if not unable or adding.person is None or shared_sign_in(adding) is not None or launcher_problem(adding.machine):
        return adding
    told = f"{', '.join(unable)} cannot sign in by itself. Sign in with the browser once, for clients like that?"
    if adding.person.confirm(told):
        _sign_in(adding)
    return adding


def shared_sign_in(adding: Adding) -> Stored | None:
    """The profile's credential, for clients that only start programs; None where there is none for this server."""
    if not adding.options.choice.oauth or adding.connection.kind != "hosted":
        return None
    kept, address = profile_called(adding.machine, adding.options.choice.profile), adding.connection.address
    good = kept.key is not None and address is not None and may_go(kept, address)
    return Stored(kept.name) if good else None
