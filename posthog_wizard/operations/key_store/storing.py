"""`--secret store`, which `mcp doctor --fix` offers, too: the key is found, and in its store before a client's file changes.

A key that moves out of an entry takes nothing else along: losing `readonly` with the key would give agents more than
they had.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal, NamedTuple

from posthog_wizard.credentials import external_reference
from posthog_wizard.credentials.profiles import Profile
from posthog_wizard.errors import CredentialError, MissingInput, WriteRefused, WrongUsage
from posthog_wizard.invocation import HOSTED_MCP_URL
from posthog_wizard.launcher import launcher_problem
from posthog_wizard.model import DesiredServer, Found, Limits, Machine, Plan, Secret, Stored
from posthog_wizard.operations.change import Changed, RunOptions, carry_out, plan_options
from posthog_wizard.operations.connection import connection
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.key_check import Given, KeyCheck, check_key_or_ask
from posthog_wizard.operations.key_store.choice import keep, usual_store
from posthog_wizard.operations.keys.key_options import host_of, profile_called
from posthog_wizard.plan import PlanOptions, plan_add
from posthog_wizard.plan.inline_keys import InlineKey, inline_keys
from posthog_wizard.plan.rotation import plan_migration
from posthog_wizard.settings import named_hosts, stored_key

if TYPE_CHECKING:
    from posthog_wizard.doctor.context import Context


_COST = "the entries then start posthog-wizard, and clients do not sign in by themselves"
_ALONE = "`posthog-wizard mcp add --secret store` moves keys out of clients' files into the key store"


class KeyStorage(NamedTuple):
    """A key on its way into the store: the profile as it will be, and as it was."""

    profile: Profile
    key: Secret
    before: Profile
    held: bool  # the profile led to this key before
    plain: bool = False  # entries that hold the key now keep their server and limits, since no flag names others

    def _inline_keys(self, found: Iterable[Found]) -> tuple[InlineKey, ...]:
        return inline_keys(found, [self.profile.host] if self.profile.host else ())

    def moves(self, found: Iterable[Found]) -> bool:
        """Whether the key stands in one of these files now."""
        return any(one.key == self.key for one in self._inline_keys(found))

    def plan(self, found: tuple[Found, ...], desired: DesiredServer, choices: PlanOptions) -> Plan:
        """The wish in every place; all other entries of those files that hold the key lose it, too."""
        plan = plan_add(found, desired, choices._replace(moved=self.key if self.plain else None))
        left = (step.found._replace(content=step.change.after) for step in plan.steps)
        more = plan_migration(left, self.key, desired, choices)
        return Plan((*plan.steps, *more.steps), (*plan.resolved, *more.resolved))

    def tell_displaced(self, found: tuple[Found, ...], plan: Plan, report: Report) -> None:
        """Warn of other keys that stand in these files now and in none after the plan."""
        after = {step.found.path: step.change.after for step in plan.steps}
        then = [one._replace(content=after.get(one.path, one.content)) for one in found]
        left = {self.key, *(one.key for one in self._inline_keys(then))}
        there = self._inline_keys(found)
        for key in dict.fromkeys(one.key for one in there if one.key not in left):
            named = ", ".join(dict.fromkeys(one.found.client.title for one in there if one.key == key))
            report.warn(
                f"{named}: the other key that stands there, {key.masked()}, gives way to the stored one; "
                "it can have a profile of its own: `--profile NAME`"
            )

    @contextmanager
    def kept(self, machine: Machine, report: Report) -> Iterator[None]:
        """Write key and profile before files are changed, then take the key out of what we keep about earlier runs.

        Raises CredentialError, or ConfigError for the profiles.
        """
        if not (self.held and self.profile == self.before):
            keep(machine, self.profile, self.key, self.before, report, command="mcp add")
        where = external_reference.reference_in_words(self.profile.key) if self.profile.key else ""
        report.say(f"the key is in {where}; the entries start `posthog-wizard`, which reads it there")
        yield
        purge(machine, [self.key], self.profile, report)


def purge(
    machine: Machine, keys: Iterable[Secret | None], kept: Profile, report: Report, *, required: bool = False
) -> None:
    """Take keys out of the journal, saved texts and logs; `kept` is the profile that leads to them, or to the new one.

    What keeps somebody from it is told, so that the command still says what it changed before; where it is `required`
    for what comes next, WriteRefused is raised.
    """
    from posthog_wizard.install.key_purge import purge_key

    try:
        left = [path for key in keys if key is not None for path in purge_key(machine, key, kept.key, host_of(kept))]
    except WriteRefused as problem:
        if required:
            raise
        report.warn(
            f"the key may still stand in what is kept of earlier runs, until this command runs again: {problem}"
        )
        return
    for path in left:
        report.warn(f"the key still stands in `{path}`, which could not be changed: delete that file")


def key_in_entries(found: Iterable[Found], ask: Ask | None, hosts: Collection[str] = ()) -> Given | None:
    """The key that stands in the clients' entries; None where none does. `hosts`: see `recognise`.

    Raises MissingInput where the entries hold different keys and there is nobody to ask.
    """
    own = [one for one in found if one.place.scope == "user"]  # a project's file is a stranger's
    inline = inline_keys(own, hosts)
    keys = list(dict.fromkeys(one.key for one in inline))
    if not keys:
        return None
    key = keys[0] if len(keys) == 1 else _chosen(keys, inline, ask)
    posthogs = {one.host for one in inline if one.key == key}
    return Given(key, "file", host=posthogs.pop() if len(posthogs) == 1 else None)


def _chosen(keys: list[Secret], inline: tuple[InlineKey, ...], ask: Ask | None) -> Secret:
    holders = [
        f"{key.masked()} in {', '.join(dict.fromkeys(one.found.client.title for one in inline if one.key == key))}"
        for key in keys
    ]
    if ask is None:
        raise MissingInput(
            f"the entries hold different keys ({'; '.join(holders)}), and there is no terminal to ask which one to keep",
            "pass it with `--api-key-stdin`, or name the clients and a profile for each key: `--profile NAME`",
        )
    rows = [(str(index), holder) for index, holder in enumerate(holders)]
    return keys[int(ask.choose_one("The entries hold different keys. Which one do you want to keep?", rows))]


def key_storage(
    machine: Machine,
    ask: Ask | None,
    *,
    name: str | None,
    key: Secret,
    host: str,
    found: Iterable[Found],
    held: bool,
    mcp_url: str | None = None,
    where: Literal["keyring", "file"] | None = None,
) -> KeyStorage:
    """The key's way into the profile `name`. Nothing is written yet.

    `mcp_url`: the hosted server beside PostHog's that may get the key, too; else the one to which this user's entries send
    it already. Raises WrongUsage when the profile belongs to another PostHog, MissingInput or Cancelled where there is no keyring.
    """
    before = profile_called(machine, name)
    own = host_of(before) or host
    if own != host:
        raise WrongUsage(
            f"the profile `{before.name}` is for `{own}`, and this key is for `{host}`",
            "name another profile: `--profile NAME`",
        )
    reference = usual_store(machine, before, where, ask, held=held)
    own_keys = inline_keys(one for one in found if one.place.scope == "user")
    servers = (mcp_url, *(one.url for one in own_keys if one.key == key), before.mcp_url)
    profile = before._replace(host=host, key=reference, mcp_url=next(filter(None, servers), None))
    return KeyStorage(profile if held else profile._replace(way=None, label=None), key, before, held)


def offer_keyring(context: Context, change: RunOptions, machine: Machine, ask: Ask, report: Report) -> Changed | None:
    """Ask whether keys shall move into the keyring, and move one, as `mcp add --secret store` would.

    None where nothing was done: no key stands in plain text, nothing better is to be had, or the user says no. Raises
    what `mcp add` raises for a key that PostHog refuses, or that the store does not take.
    """
    from posthog_wizard.credentials.keyring_store import available

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
