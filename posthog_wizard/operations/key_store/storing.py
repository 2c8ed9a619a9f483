"""`--secret store`: where the key is taken from, which store takes it, and that it is there before a client's file changes.

A key that moves out of an entry takes nothing else along: losing `readonly` with the key would give agents more than
they had.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Literal, NamedTuple

from posthog_wizard.credentials import external_reference
from posthog_wizard.credentials.profiles import Profile
from posthog_wizard.errors import MissingInput, WrongUsage
from posthog_wizard.model import DesiredServer, Found, Machine, Plan, Secret
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.key_check import Given
from posthog_wizard.operations.key_store.choice import keep, usual_store
from posthog_wizard.operations.keys.key_options import host_of, profile_called
from posthog_wizard.plan import PlanOptions, plan_add
from posthog_wizard.plan.inline_keys import InlineKey, inline_keys
from posthog_wizard.plan.migration import plan_migration


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


def purge(machine: Machine, keys: Iterable[Secret | None], kept: Profile, report: Report) -> None:
    """Take keys out of the journal, saved texts and logs; `kept` is the profile that leads to them, or to the new one."""
    from posthog_wizard.install.key_purge import purge_key

    known = [key for key in keys if key is not None]
    for path in [path for key in known for path in purge_key(machine, key, kept.key, host_of(kept))]:
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
