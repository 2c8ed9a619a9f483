"""`posthog-wizard logout`: forget a credential, revoke it where that can be done from here, say where it cannot."""

from __future__ import annotations

from typing import Literal, NamedTuple

from posthog_wizard.api.hosts import CLOUD, key_list
from posthog_wizard.credentials.profiles import DEFAULT, Profile
from posthog_wizard.errors import WizardError
from posthog_wizard.model import Machine
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.keys import forget
from posthog_wizard.operations.keys.forget import ForgetOptions
from posthog_wizard.operations.keys.key_options import host_of


class _LoggedOut(NamedTuple):
    """The profile as it was, and what became of its credential. `delete_at`: the page where PostHog's side of it ends."""

    profile: Profile
    outcome: Literal["forgotten", "revoked", "unchanged"]
    delete_at: str | None = None
    label: str | None = None
    problem: WizardError | None = None  # it is forgotten, and could not be revoked


def run(options: ForgetOptions, machine: Machine, ask: Ask | None, report: Report) -> _LoggedOut:
    """Sign out. Raises CredentialError, ConfigError, Cancelled; what cannot be revoked is forgotten all the same."""
    state = forget.run(options, machine, ask, report)
    if state is None:
        return _LoggedOut(Profile(options.profile or DEFAULT), "unchanged")
    page = key_list(host_of(state.profile) or CLOUD["us"])
    return _LoggedOut(state.profile, "forgotten", page, state.profile.label)
