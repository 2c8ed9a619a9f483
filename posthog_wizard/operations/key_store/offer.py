"""What `mcp doctor --fix` offers beside repairs: to move keys that stand in plain text into the keyring."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import NamedTuple

from posthog_wizard.credentials import profiles
from posthog_wizard.credentials.profiles import DEFAULT
from posthog_wizard.errors import CredentialError
from posthog_wizard.invocation import HOSTED_MCP_URL
from posthog_wizard.launcher import launcher_problem
from posthog_wizard.model import DesiredServer, Found, Limits, Machine, Plan, Secret, Stored
from posthog_wizard.operations.change import Changed, RunOptions, carry_out, plan_options
from posthog_wizard.operations.connection import Connection, connection
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.key_check import KeyCheck, check_key_or_ask
from posthog_wizard.operations.key_store.storing import KeyStorage, key_in_entries, key_storage, other_server
from posthog_wizard.plan.inline_keys import inline_keys
from posthog_wizard.plan.migration import plan_migration
from posthog_wizard.settings import named_hosts, stored_key

_COST = "the entries then start posthog-wizard, and clients do not sign in by themselves"
_ALONE = "`posthog-wizard mcp add --secret store` moves keys out of clients' files into the key store"


class _Offer(NamedTuple):
    """Keys that stand in these files, and the keyring that could hold them."""

    found: tuple[Found, ...]
    keyring: str
    profile: str | None

    def accept(self, machine: Machine, options: RunOptions, ask: Ask, report: Report, *, contact: bool) -> Changed:
        """Move one key, as `mcp add --secret store` would: checked, stored, then out of the files.

        Raises what `mcp add` raises for a key that PostHog refuses, or that the store does not take.
        """
        known = key_in_entries(self.found, ask)
        where = connection(host=known.host if known else None)
        key_check = (
            check_key_or_ask(where, Limits(), known.given, ask, report, contact=contact) if known else KeyCheck()
        )
        kept = self._keeping(machine, where, key_check, ask)
        changed = carry_out(
            self._plan(machine, kept),
            options,
            machine,
            ask,
            report,
            before_apply=partial(kept.keep, machine, report),
            after_apply=partial(kept.clean, machine, report),
        )
        return changed._replace(key=key_check.document())

    def _keeping(self, machine: Machine, where: Connection, key_check: KeyCheck, ask: Ask) -> KeyStorage:
        key = key_check.key or Secret("")
        return key_storage(
            machine,
            ask,
            name=self.profile,
            key=key,
            host=key_check.host or where.hosts[0],
            mcp_url=other_server(self.found, key),
            where=None,
            held=_is_held(machine, self.profile, key),
        )

    def _plan(self, machine: Machine, kept: KeyStorage) -> Plan:
        desired = DesiredServer("posthog", "hosted", HOSTED_MCP_URL, Stored(kept.profile.name), machine.launcher)
        return plan_migration(self.found, kept.key, desired, plan_options(machine))


def _offer(found: Iterable[Found], machine: Machine, profile: str | None) -> _Offer | None:
    """What can be offered; None where no key stands in plain text, or nothing better is to be had."""
    own = [one for one in found if one.place.scope == "user"]  # a key in a project's file may be anybody's
    holding = tuple({one.found.path: one.found for one in inline_keys(own, named_hosts(machine))}.values())
    if not holding or launcher_problem(machine):
        return None
    from posthog_wizard.credentials.keyring_store import available

    keyring = available()
    return _Offer(holding, keyring, profile) if keyring is not None else None


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
    """Ask whether keys shall move into the keyring, and move them. None where nothing was done."""
    made = _offer(found, machine, profile)
    if made is None:
        return None
    files = f"{len(made.found)} file{'s' if len(made.found) > 1 else ''}"
    report.say(f"keys stand in plain text in {files}; {_COST}")
    if not ask.confirm(f"Move the key into the keyring ({made.keyring})?"):
        report.say(f"left as it is; {_ALONE}")
        return None
    return made.accept(machine, options, ask, report, contact=contact)


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
