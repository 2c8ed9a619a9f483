"""`posthog-wizard logout` and `key forget`: take credentials away, revoked or not, and say what still needs them."""

from __future__ import annotations

from typing import Literal, NamedTuple

from posthog_wizard.api.hosts import CLOUD, app_list, key_list
from posthog_wizard.api.key_report import KeyReport
from posthog_wizard.credentials import profiles, store
from posthog_wizard.credentials.profiles import DEFAULT, Profile
from posthog_wizard.errors import Cancelled, CredentialError, StoreLocked, WizardError, WrongUsage
from posthog_wizard.install.disk import this_disk
from posthog_wizard.install.lock import hold
from posthog_wizard.model import Machine, Secret
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.key_store.choice import access_of
from posthog_wizard.operations.key_store.storing import purge
from posthog_wizard.operations.keys.key_options import host_of, place_in_words
from posthog_wizard.operations.keys.show import ProfileState, used_by
from posthog_wizard.plan.inline_keys import Use
from posthog_wizard.settings import stored_key
from posthog_wizard.sign_in.shared_token import end_access, renewing_alone
from posthog_wizard.sign_in.token import OAuthToken


class ForgetOptions(NamedTuple):
    """The flags of `key forget`."""

    profile: str | None = None
    every: bool = False  # all profiles
    confirmed: bool = False  # nobody need be asked: the user has said yes already


class Forgotten(NamedTuple):
    """A profile as it was, and what became of its credential. `delete_at`: the page where PostHog's side of it ends."""

    state: ProfileState
    outcome: Literal["forgotten", "revoked"]
    delete_at: str | None = None
    problem: WizardError | None = None  # it is forgotten, and could not be revoked


def run(options: ForgetOptions, machine: Machine, ask: Ask | None, report: Report) -> tuple[Forgotten, ...]:
    """Forget the profiles; none where there is none, which is told.

    Raises WrongUsage, CredentialError, ConfigError, Cancelled.
    """
    found = _chosen_profiles(options, machine)
    if not found:
        what = "no profile" if options.every else f"no profile `{options.profile or DEFAULT}`"
        report.say(f"there is {what}, so there is nothing to forget")
    keys = [_readable(machine, kept, report) for kept in found]
    needed = [used_by(machine, kept.name, key) for kept, key in zip(found, keys, strict=True)]
    for need in dict.fromkeys(_need(use) for uses in needed for use in uses):
        report.warn(need)
    if ask is not None and found and not options.confirmed:
        places = ", ".join(_place(kept) for kept in found)
        if not ask.confirm(f"Forget {places}?", default=False):
            raise Cancelled
    known = zip(found, keys, needed, strict=True)
    states = [ProfileState(kept, key, KeyReport("none"), uses) for kept, key, uses in known]
    return tuple([_ended(state, _forget(machine, state.profile, state.key, report)) for state in states])


def _chosen_profiles(options: ForgetOptions, machine: Machine) -> list[Profile]:
    """The profiles that the flags mean. Raises WrongUsage, ConfigError."""
    if options.every and options.profile is not None:
        raise WrongUsage("`--all` and `--profile` cannot be combined", "leave one of them out")
    return [one for one in profiles.profiles(machine) if options.every or one.name == (options.profile or DEFAULT)]


def _place(kept: Profile) -> str:
    return f"the profile `{kept.name}` and its key in {place_in_words(kept)}"


def _forget(machine: Machine, kept: Profile, key: Secret | None, report: Report) -> OAuthToken | None:
    """Take the key out of what we keep about earlier runs, its store, and the profiles; what can be revoked then.

    The store and the profile go last: as long as they tell the key, the command can be run again and finds its copies.
    Raises CredentialError, ConfigError.
    """
    if key is not None and kept.key is not None:
        purge(machine, [key], kept, report)
    if kept.key is None:
        return None
    with renewing_alone(kept, host_of(kept), machine), hold(machine, this_disk(), "key forget"):
        access = access_of(kept, machine, report)
        store.forget(kept.key, host_of(kept), machine)
        profiles.forget_profile(machine, kept.name)
    return access


def _ended(state: ProfileState, access: OAuthToken | None) -> Forgotten:
    host = host_of(state.profile) or CLOUD["us"]
    if access is None:
        return Forgotten(state, "forgotten", (app_list if state.profile.way == "oauth" else key_list)(host))
    problem = end_access(host, access)
    return Forgotten(state, "forgotten", app_list(host), problem) if problem else Forgotten(state, "revoked")


def _readable(machine: Machine, kept: Profile, report: Report) -> Secret | None:
    """The key, by which copies of it are found; None where it cannot be read, which is said."""
    try:
        if kept.way == "oauth":  # to be revoked, not renewed; no file holds a copy
            return None
        return stored_key(machine, kept, None).read()
    except StoreLocked:
        raise  # to forget it would ask the same once more
    except CredentialError as problem:
        report.warn(f"copies of the key cannot be looked for: {problem.message}")
        return None


def _need(use: Use) -> str:
    what = "holds a copy of the key" if use.how == "inline" else "reads this profile"
    return f"{use.found.client.title} still needs it: `{use.name}` in {use.found.path} {what}"
