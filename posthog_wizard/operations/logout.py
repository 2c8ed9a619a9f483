"""`posthog-wizard logout`: forget a credential, revoke it where that can be done from here, say where it cannot."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal, NamedTuple

from posthog_wizard.api.hosts import CLOUD, app_list, key_list
from posthog_wizard.credentials import profiles
from posthog_wizard.credentials.profiles import DEFAULT, Profile
from posthog_wizard.errors import CredentialError, WizardError
from posthog_wizard.model import Machine
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.keys import forget
from posthog_wizard.operations.keys.forget import ForgetOptions
from posthog_wizard.operations.keys.key_options import host_of
from posthog_wizard.sign_in.shared_token import stored_token

if TYPE_CHECKING:
    from posthog_wizard.sign_in.token import OAuthToken


class _LoggedOut(NamedTuple):
    """The profile as it was, and what became of its credential. `delete_at`: the page where PostHog's side of it ends."""

    profile: Profile
    outcome: Literal["forgotten", "revoked", "unchanged"]
    delete_at: str | None = None
    problem: WizardError | None = None  # it is forgotten, and could not be revoked


def run(options: ForgetOptions, machine: Machine, ask: Ask | None, report: Report) -> _LoggedOut:
    """Sign out. Raises CredentialError, ConfigError, Cancelled; what cannot be revoked is forgotten all the same."""
    token = _token(profiles.profile(machine, options.profile or DEFAULT), machine, report)
    states = forget.run(options, machine, ask, report)
    if not states:
        return _LoggedOut(Profile(options.profile or DEFAULT), "unchanged")
    state = states[0]
    host = host_of(state.profile) or CLOUD["us"]
    if token is None:
        return _LoggedOut(
            state.profile, "forgotten", app_list(host) if state.profile.way == "oauth" else key_list(host)
        )
    try:
        _revoke(host, token)
    except WizardError as problem:
        problem.hint = f"take the access of `pw-cli` away at {app_list(host)}"
        return _LoggedOut(state.profile, "forgotten", app_list(host), problem)
    return _LoggedOut(state.profile, "revoked")


def _token(kept: Profile | None, machine: Machine, report: Report) -> OAuthToken | None:
    """What can be revoked; None for a key, and where the store does not give it, which is said."""
    if kept is None or kept.key is None or kept.way != "oauth":
        return None
    try:
        return stored_token(kept, host_of(kept), machine)
    except CredentialError as problem:
        report.warn(f"the access cannot be revoked from here: {problem.message}")
        return None


def _revoke(host: str, token: OAuthToken) -> None:
    from posthog_wizard.api.keyless import Contact
    from posthog_wizard.api.oauth_requests import revoke

    asyncio.run(revoke(Contact(host), token.client, token.refresh or token.access))
