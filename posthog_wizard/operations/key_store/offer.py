"""What `mcp doctor --fix` offers beside repairs: to move keys that stand in plain text into the keyring."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from posthog_wizard.credentials import profiles
from posthog_wizard.credentials.keyring_store import available
from posthog_wizard.credentials.profiles import DEFAULT
from posthog_wizard.errors import CredentialError
from posthog_wizard.invocation import HOSTED_MCP_URL
from posthog_wizard.launcher import launcher_problem
from posthog_wizard.model import DesiredServer, Found, Limits, Machine, Secret, Stored
from posthog_wizard.operations.change import Changed, RunOptions, carry_out, plan_options
from posthog_wizard.operations.connection import connection
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.key_check import KeyCheck, check_key_or_ask
from posthog_wizard.operations.key_store.storing import key_in_entries, key_storage, other_server
from posthog_wizard.plan.inline_keys import inline_keys
from posthog_wizard.plan.rotation import plan_migration
from posthog_wizard.settings import named_hosts, stored_key

_COST = "the entries then start posthog-wizard, and clients do not sign in by themselves"
_ALONE = "`posthog-wizard mcp add --secret store` moves keys out of clients' files into the key store"


def offer_keyring(
    found: Iterable[Found],
    machine: Machine,
    options: RunOptions,
    profile: str | None,
    ask: Ask,
    report: Report,
    *,
    contact: bool,
) -> Changed | None:
    """Ask whether keys shall move into the keyring, and move one, as `mcp add --secret store` would.

    None where nothing was done: no key stands in plain text, nothing better is to be had, or the user says no. Raises
    what `mcp add` raises for a key that PostHog refuses, or that the store does not take.
    """
    own = [one for one in found if one.place.scope == "user"]  # a key in a project's file may be anybody's
    holding = tuple({one.found.path: one.found for one in inline_keys(own, named_hosts(machine))}.values())
    keyring = available() if holding and not launcher_problem(machine) else None
    if keyring is None:
        return None
    report.say(f"keys stand in plain text in {len(holding)} file{'s' if len(holding) > 1 else ''}; {_COST}")
    if not ask.confirm(f"Move the key into the keyring ({keyring})?"):
        report.say(f"left as it is; {_ALONE}")
        return None
    known = key_in_entries(holding, ask)
    where = connection(host=known.host if known else None)
    check = check_key_or_ask(where, Limits(), known.given, ask, report, contact=contact) if known else KeyCheck()
    key = check.key or Secret("")
    kept = key_storage(
        machine,
        ask,
        name=profile,
        key=key,
        host=check.host or where.hosts[0],
        mcp_url=other_server(holding, key),
        where=None,
        held=_is_held(machine, profile, key),
    )
    desired = DesiredServer("posthog", "hosted", HOSTED_MCP_URL, Stored(kept.profile.name), machine.launcher)
    changed = carry_out(
        plan_migration(holding, kept.key, desired, plan_options(machine)),
        options,
        machine,
        ask,
        report,
        before_apply=partial(kept.keep, machine, report),
        after_apply=partial(kept.clean, machine, report),
    )
    return changed._replace(key=check.document())


def _is_held(machine: Machine, name: str | None, key: Secret) -> bool:
    """Whether the profile holds this very key already. Raises CredentialError where it holds another."""
    kept = profiles.profile(machine, name or DEFAULT)
    if kept is None or kept.key is None:
        return False
    if stored_key(machine, kept, None).read() != key:
        raise CredentialError(
            f"the profile `{kept.name}` holds another key than the entries",
            "give the entries that one: `posthog-wizard mcp add --secret store`, or name a profile: `--profile NAME`",
        )
    return True
