"""`posthog-wizard logout` and `key forget`: take credentials away, revoked or not, and say what still needs them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from posthog_wizard.api.hosts import CLOUD, app_list, key_list
from posthog_wizard.api.key_report import KeyReport
from posthog_wizard.credentials import file_store, profiles, store
from posthog_wizard.credentials.profiles import DEFAULT, Profile
from posthog_wizard.credentials.reference import KeyReference
from posthog_wizard.errors import Cancelled, CredentialError, StoreLocked, StoreUnusable, WizardError, WrongUsage
from posthog_wizard.install.disk import this_disk
from posthog_wizard.install.lock import hold
from posthog_wizard.model import Machine, Secret
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.key_store.choice import access_of
from posthog_wizard.operations.key_store.storing import purge
from posthog_wizard.operations.keys.key_options import host_of, place_in_words
from posthog_wizard.operations.keys.show import ProfileState, used_by
from posthog_wizard.settings import stored_key
from posthog_wizard.sign_in.shared_token import end_access, renewing_alone
from posthog_wizard.sign_in.token import token_of


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
    if options.every and options.profile is not None:
        raise WrongUsage("`--all` and `--profile` cannot be combined", "leave one of them out")
    name = options.profile or DEFAULT
    known = profiles.profiles(machine)
    chosen = [one for one in (*known, *_left_keys(machine, known, report)) if options.every or one.name == name]
    found = [one for one in chosen if one.key is not None]
    if not found:
        where = "profile" if options.every else f"profile `{name}`"
        what = f"no key in {'any' if options.every else 'the'} {where}" if chosen else f"no {where}"
        report.say(f"there is {what}, so there is nothing to forget")
    states = []
    for kept in found:
        key = _readable(machine, kept, report)
        states.append(ProfileState(kept, key, KeyReport("none"), used_by(machine, kept.name, key)))
    for client, path, name, how in dict.fromkeys(
        (use.found.client.title, use.found.path, use.name, use.how) for state in states for use in state.used_by
    ):
        what = "holds a copy of the key" if how == "inline" else "reads this profile"
        report.warn(f"{client} still needs it: `{name}` in {path} {what}")
    if ask is not None and found and not options.confirmed:
        places = ", ".join(f"the profile `{kept.name}` and its key in {place_in_words(kept)}" for kept in found)
        if not ask.confirm(f"Forget {places}?", default=False):
            raise Cancelled
    return tuple([_forgotten(machine, state, report) for state in states])


def _left_keys(machine: Machine, known: Iterable[Profile], report: Report) -> list[Profile]:
    """Keys in our file whose profile is gone, as where somebody moved the profiles away, each as the profile that it was of."""
    left, named = list[Profile](), {one.key for one in known}
    try:
        for name, host in file_store.hosts(machine).items():
            if (place := KeyReference("file-store", name)) not in named:
                left.append(Profile(name, host, place, way=_way_of(file_store.read(name, host, machine))))
    except StoreUnusable as problem:
        report.warn(f"keys without a profile cannot be looked for: {problem.message}")
    return left


def _way_of(kept: Secret) -> Literal["oauth"] | None:
    try:
        return "oauth" if token_of(kept) else None
    except StoreUnusable:  # damaged, which is said where it cannot be revoked
        return "oauth"


def _forgotten(machine: Machine, state: ProfileState, report: Report) -> Forgotten:
    """Take the key out of what we keep about earlier runs, its store, and the profiles; revoke what can be revoked then.

    The store and the profile go last: as long as they tell the key, the command can be run again and finds its copies.
    Raises CredentialError, ConfigError.
    """
    kept, access, host = state.profile, None, host_of(state.profile) or CLOUD["us"]
    if kept.key is not None:
        purge(machine, [state.key], kept, report, required=True)
        with renewing_alone(kept, host_of(kept), machine), hold(machine, this_disk(), "key forget"):
            access = access_of(kept, machine, report)
            store.forget(kept.key, host_of(kept), machine)
            profiles.forget_profile(machine, kept.name)
    if access is None:
        return Forgotten(state, "forgotten", (app_list if kept.way == "oauth" else key_list)(host))
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
