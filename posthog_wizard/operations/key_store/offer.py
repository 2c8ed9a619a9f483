"""What `mcp doctor --fix` offers beside repairs: to move keys that stand in plain text into the keyring."""

from __future__ import annotations

from posthog_wizard.credentials.keyring_store import available
from posthog_wizard.doctor.context import Context
from posthog_wizard.errors import CredentialError
from posthog_wizard.invocation import HOSTED_MCP_URL
from posthog_wizard.launcher import launcher_problem
from posthog_wizard.model import DesiredServer, Limits, Machine, Secret, Stored
from posthog_wizard.operations.change import Changed, RunOptions, carry_out, plan_options
from posthog_wizard.operations.connection import connection
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.key_check import KeyCheck, check_key_or_ask
from posthog_wizard.operations.key_store.storing import key_in_entries, key_storage
from posthog_wizard.operations.keys.key_options import profile_called
from posthog_wizard.plan.inline_keys import inline_keys
from posthog_wizard.plan.migration import plan_migration
from posthog_wizard.settings import named_hosts, stored_key

_COST = "the entries then start posthog-wizard, and clients do not sign in by themselves"
_ALONE = "`posthog-wizard mcp add --secret store` moves keys out of clients' files into the key store"


def offer_keyring(context: Context, change: RunOptions, machine: Machine, ask: Ask, report: Report) -> Changed | None:
    """Ask whether keys shall move into the keyring, and move one, as `mcp add --secret store` would.

    None where nothing was done: no key stands in plain text, nothing better is to be had, or the user says no. Raises
    what `mcp add` raises for a key that PostHog refuses, or that the store does not take.
    """
    own = [one for one in context.found if one.place.scope == "user"]  # a key in a project's file may be anybody's
    options, hosts = context.options, named_hosts(machine)
    holding = tuple({one.found.path: one.found for one in inline_keys(own, hosts)}.values())
    keyring = available() if holding and not launcher_problem(machine) else None
    if keyring is None:
        return None
    report.say(f"keys stand in plain text in {len(holding)} file{'s' if len(holding) > 1 else ''}; {_COST}")
    if not ask.confirm(f"Move the key into the keyring ({keyring})?"):
        report.say(f"left as it is; {_ALONE}")
        return None
    known = key_in_entries(holding, ask, hosts)
    where = connection(host=known.host if known else None)
    contact = not options.offline
    check = check_key_or_ask(where, Limits(), known, ask, report, contact=contact) if known else KeyCheck()
    key = check.key or Secret("")
    storage = key_storage(
        machine,
        ask,
        name=options.profile,
        key=key,
        host=check.host or where.hosts[0],
        found=holding,
        held=_is_held(machine, options.profile, key),
    )
    desired = DesiredServer("posthog", "hosted", HOSTED_MCP_URL, Stored(storage.profile.name), machine.launcher)
    plan = plan_migration(holding, storage.key, desired, plan_options(machine))
    changed = carry_out(plan, change, machine, ask, report, storage.kept(machine, report))
    return changed._replace(key=check.document())


def _is_held(machine: Machine, name: str | None, key: Secret) -> bool:
    """Whether the profile holds this very key already. Raises CredentialError where it holds another."""
    kept = profile_called(machine, name)
    if kept.key is None:
        return False
    if stored_key(machine, kept, None).read() != key:
        raise CredentialError(
            f"the profile `{kept.name}` holds another key than the entries",
            "give the entries that one: `posthog-wizard mcp add --secret store`, or name a profile: `--profile NAME`",
        )
    return True
