"""`posthog-wizard logout`: forget a credential, revoke it where that can be done from here, say where it cannot."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal, NamedTuple

from posthog_wizard.api.hosts import CLOUD, app_list, key_list
from posthog_wizard.credentials.profiles import Profile
from posthog_wizard.errors import CredentialError, WizardError
from posthog_wizard.model import Machine
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.keys import forget
from posthog_wizard.operations.keys.forget import ForgetOptions
from posthog_wizard.operations.keys.key_options import host_of
from posthog_wizard.operations.keys.show import ProfileState
from posthog_wizard.sign_in.shared_token import stored_token

if TYPE_CHECKING:
    from posthog_wizard.sign_in.token import OAuthToken


class LoggedOut(NamedTuple):
    """A profile as it was, and what became of its credential. `delete_at`: the page where PostHog's side of it ends."""

    state: ProfileState
    outcome: Literal["forgotten", "revoked"]
    delete_at: str | None = None
    problem: WizardError | None = None  # it is forgotten, and could not be revoked


def run(options: ForgetOptions, machine: Machine, ask: Ask | None, report: Report) -> tuple[LoggedOut, ...]:
    """Sign out. Raises what `forget.run` raises; what cannot be revoked is forgotten all the same."""
    tokens = {kept.name: _token(kept, machine, report) for kept in forget.chosen_profiles(options, machine)}
    states = forget.run(options, machine, ask, report)
    return tuple(_ended(state, tokens.get(state.profile.name)) for state in states)


def _ended(state: ProfileState, token: OAuthToken | None) -> LoggedOut:
    host = host_of(state.profile) or CLOUD["us"]
    page = (app_list if state.profile.way == "oauth" else key_list)(host)
    if token is None:
        return LoggedOut(state, "forgotten", page)
    try:
        _revoke(host, token)
    except WizardError as problem:
        problem.hint = f"take the access of `pw-cli` away at {page}"
        return LoggedOut(state, "forgotten", page, problem)
    return LoggedOut(state, "revoked")


def _token(kept: Profile, machine: Machine, report: Report) -> OAuthToken | None:
    """What can be revoked; None for a key, and where the store does not give it, which is said."""
    if kept.key is None or kept.way != "oauth":
        return None
    try:
        return stored_token(kept, host_of(kept), machine)
    except CredentialError as problem:
        report.warn(f"the access cannot be revoked from here: {problem.message}")
        return None


def _revoke(host: str, token: OAuthToken) -> None:
    from posthog_wizard.api.keyless import Contact
    from posthog_wizard.api.oauth_requests import revoke

    asyncio.run(revoke(Contact(host, token.authority), token.client, token.refresh or token.access))
