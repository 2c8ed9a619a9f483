"""`posthog-wizard key show`: which profiles there are, where their keys are kept, and whether PostHog takes them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from posthog_wizard.api.hosts import CLOUD
from posthog_wizard.api.key_format import read_key
from posthog_wizard.api.key_report import KeyReport
from posthog_wizard.clients import CLIENTS
from posthog_wizard.credentials import profiles
from posthog_wizard.credentials.profiles import Profile
from posthog_wizard.errors import NoStoredKey, WizardError
from posthog_wizard.install.detect import detect
from posthog_wizard.model import Found, Machine, Scope, Secret
from posthog_wizard.operations.dialogue import Report
from posthog_wizard.operations.keys.key_options import existing, host_of
from posthog_wizard.plan.inline_keys import Use, uses
from posthog_wizard.settings import stored_key


class ProfileState(NamedTuple):
    """A profile, its key if it could be read, and what is known of it."""

    profile: Profile
    key: Secret | None
    report: KeyReport
    used_by: tuple[Use, ...] = ()
    problem: WizardError | None = None  # why the key could not be read
    expires: float | None = None  # Unix time; None for a key that stays until somebody deletes it


def used_by(machine: Machine, profile: str, key: Secret | None) -> tuple[Use, ...]:
    """The entries of this user, and of the project that the current folder is in, which need the profile or hold the key."""
    return uses(everywhere(machine), profile, key)


def everywhere(machine: Machine) -> tuple[Found, ...]:
    """The clients' files of this user and of the project that the current folder is in, each once."""
    scopes: tuple[Scope, ...] = ("user", "project")
    unique: dict[tuple[str, Path], Found] = {}
    for scope in scopes:
        for one in detect(CLIENTS.values(), machine, scope):
            unique.setdefault((one.client.id, one.path), one)
    return tuple(unique.values())


def run(name: str | None, machine: Machine, report: Report, ca_file: Path | None = None) -> tuple[ProfileState, ...]:
    """Every profile, or the one of that name. Raises NothingFound for a name that none has."""
    kept = profiles.profiles(machine) if name is None else (existing(machine, name),)
    return tuple(profile_state(machine, one, report, ca_file) for one in kept)


def profile_state(
    machine: Machine, kept: Profile, report: Report, ca_file: Path | None = None, *, contact: bool = True
) -> ProfileState:
    """The profile, its key, and what PostHog says of it. A key that cannot be read is a problem, told in the row."""
    try:
        if kept.key is None:
            raise NoStoredKey(f"the profile `{kept.name}` names no key")
        found = stored_key(machine, kept, None).read()
        key = read_key(found.reveal(), base=host_of(kept) or None, signed_in=True)
    except WizardError as problem:
        return ProfileState(kept, None, KeyReport("none"), used_by(machine, kept.name, None), problem)
    told = KeyReport("unchecked")
    if contact:
        from posthog_wizard.api.key_validation import validate

        with report.progress(f"asking PostHog about the key of `{kept.name}`"):
            told = validate(
                key,
                (host_of(kept),) if kept.host else tuple(CLOUD.values()),
                project=kept.limits.project,
                organization=kept.limits.organization,
                allow_http=True,  # the user has agreed to this host when the key was stored
                ca_file=ca_file,
            )
    expires = getattr(found, "expires", None)
    return ProfileState(kept, key, told, used_by(machine, kept.name, key), expires=expires)
