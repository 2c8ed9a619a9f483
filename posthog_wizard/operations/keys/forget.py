"""`posthog-wizard key forget`: take a key and its profile away, and say what still needs them."""

from __future__ import annotations

from typing import NamedTuple

from posthog_wizard.api.key_report import KeyReport
from posthog_wizard.credentials import external_reference, profiles, store
from posthog_wizard.credentials.profiles import DEFAULT, Profile
from posthog_wizard.errors import Cancelled, CredentialError, StoreLocked, WrongUsage
from posthog_wizard.install.disk import this_disk
from posthog_wizard.install.lock import hold
from posthog_wizard.model import Machine, Secret
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.key_store.storing import purge
from posthog_wizard.operations.keys.key_options import host_of
from posthog_wizard.operations.keys.show import ProfileState, used_by
from posthog_wizard.plan.uses import Use
from posthog_wizard.settings import stored_key


class ForgetOptions(NamedTuple):
    """The flags of `key forget`."""

    profile: str | None = None
    every: bool = False  # all profiles
    confirmed: bool = False  # nobody need be asked: the user has said yes already


def run(options: ForgetOptions, machine: Machine, ask: Ask | None, report: Report) -> tuple[ProfileState, ...]:
    """Forget the profiles, as they were; none where there is none, which is told.

    Raises WrongUsage, CredentialError, ConfigError, Cancelled.
    """
    found = chosen_profiles(options, machine)
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
    for kept, key in zip(found, keys, strict=True):
        _forget(machine, kept, key, report)
    return tuple(map(_state, found, keys, needed))


def chosen_profiles(options: ForgetOptions, machine: Machine) -> list[Profile]:
    """The profiles that the flags mean. Raises WrongUsage, ConfigError."""
    if options.every and options.profile is not None:
        raise WrongUsage("`--all` and `--profile` cannot be combined", "leave one of them out")
    return [one for one in profiles.profiles(machine) if options.every or one.name == (options.profile or DEFAULT)]


def _state(kept: Profile, key: Secret | None, needed: tuple[Use, ...]) -> ProfileState:
    return ProfileState(kept, key, KeyReport("none"), needed)


def _place(kept: Profile) -> str:
    where = external_reference.reference_in_words(kept.key) if kept.key else "nowhere"
    return f"the profile `{kept.name}` and its key in {where}"


def _forget(machine: Machine, kept: Profile, key: Secret | None, report: Report) -> None:
    """Take the key out of what we keep about earlier runs, out of its store, then the profile out of its file.

    The store and the profile go last: as long as they tell the key, the command can be run again and finds its copies.
    Raises CredentialError, ConfigError.
    """
    if key is not None and kept.key is not None:
        purge(machine, key, kept.key, host_of(kept), report)
    if kept.key is not None:
        with hold(machine, this_disk(), "key forget"):
            store.forget(kept.key, host_of(kept), machine)
            profiles.forget_profile(machine, kept.name)


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
