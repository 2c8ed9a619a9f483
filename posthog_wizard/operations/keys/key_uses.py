"""A profile as it is: its key, what is known of it, and who uses it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from posthog_wizard.api.key_report import KeyReport
from posthog_wizard.clients import CLIENTS
from posthog_wizard.credentials.profiles import Profile
from posthog_wizard.errors import WizardError
from posthog_wizard.install.detect import detect
from posthog_wizard.model import Found, Machine, Scope, Secret
from posthog_wizard.plan.uses import Use, uses


class ProfileState(NamedTuple):
    """A profile, its key if it could be read, and what is known of it."""

    profile: Profile
    key: Secret | None
    report: KeyReport
    used_by: tuple[Use, ...] = ()
    problem: WizardError | None = None  # why the key could not be read


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
