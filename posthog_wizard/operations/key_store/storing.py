"""`--secret store`: where the key is taken from, which store takes it, and that it is there before a client's file changes.

A key that moves out of an entry takes nothing else along: losing `readonly` with the key would give agents more than
they had.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from posthog_wizard.api.hosts import api_base
from posthog_wizard.credentials import external_reference, profiles
from posthog_wizard.credentials.profiles import DEFAULT, Profile
from posthog_wizard.credentials.reference import STORES, KeyReference
from posthog_wizard.errors import MissingInput, WrongUsage
from posthog_wizard.model import DesiredServer, Found, Machine, Plan, Secret
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.key_input import Given
from posthog_wizard.operations.key_store.choice import file_instead, keep
from posthog_wizard.operations.keys.key_options import host_of
from posthog_wizard.plan import PlanOptions, plan_add
from posthog_wizard.plan.inline_keys import InlineKey, inline_keys
from posthog_wizard.plan.rotation import plan_migration
from posthog_wizard.settings import stored_key

_StoreName = Literal["keyring", "file"]


class _FoundKey(NamedTuple):
    """A key that nobody had to give, and the PostHog to which it belongs; None: that of PostHog's cloud."""

    given: Given
    host: str | None


class KeyStorage(NamedTuple):
    """A key on its way into the store: the profile as it will be, and as it was."""

    profile: Profile
    key: Secret
    before: Profile | None
    held: bool  # the profile led to this key before
    plain: bool = False  # entries that hold the key now keep their server and limits, since no flag names others

    @property
    def _hosts(self) -> tuple[str, ...]:
        return (self.profile.host,) if self.profile.host else ()

    def moves(self, found: Iterable[Found]) -> bool:
        """Whether the key stands in one of these files now."""
        return any(one.key == self.key for one in inline_keys(found, self._hosts))

    def plan(self, found: tuple[Found, ...], desired: DesiredServer, choices: PlanOptions) -> Plan:
        """The wish in every place; all other entries of those files that hold the key lose it, too."""
        plan = plan_add(found, desired, choices._replace(moved=self.key if self.plain else None))
        left = (step.found._replace(content=step.change.after) for step in plan.steps)
        more = plan_migration(left, self.key, desired, choices)
        return Plan((*plan.steps, *more.steps), (*plan.resolved, *more.resolved))

    def displaces(self, found: tuple[Found, ...], plan: Plan) -> dict[Secret, list[str]]:
        """Other keys that stand in these files now and in none after the plan, with the titles of the clients."""
        after = {step.found.path: step.change.after for step in plan.steps}
        then = [one._replace(content=after.get(one.path, one.content)) for one in found]
        left = {one.key for one in inline_keys(then, self._hosts)}
        gone: dict[Secret, list[str]] = {}
        for one in inline_keys(found, self._hosts):
            if one.key not in {self.key, *left}:
                gone.setdefault(one.key, []).append(one.found.client.title)
        return gone

    def keep(self, machine: Machine, report: Report) -> None:
        """Write the key, read it back, write the profile. Raises CredentialError, or ConfigError for the profiles."""
        if not (self.held and self.profile == self.before):
            keep(machine, self.profile, self.key, self.before, report, command="mcp add")
        where = external_reference.reference_in_words(self.profile.key) if self.profile.key else ""
        report.say(f"the key is in {where}; the entries start `posthog-wizard`, which reads it there")

    def clean(self, machine: Machine, report: Report) -> None:
        """Take the key out of what we keep about earlier runs."""
        purge(machine, [self.key], self.profile, report)


def purge(machine: Machine, keys: Iterable[Secret | None], kept: Profile, report: Report) -> None:
    """Take keys out of the journal, saved texts and logs; `kept` is the profile that leads to them, or to the new one."""
    from posthog_wizard.install.key_purge import purge_key

    known = [key for key in keys if key is not None]
    for path in [path for key in known for path in purge_key(machine, key, kept.key, host_of(kept))]:
        report.warn(f"the key still stands in `{path}`, which could not be changed: delete that file")


def key_in_profile(machine: Machine, name: str | None, host: str | None) -> _FoundKey | None:
    """The profile's key; None where nothing names one. `host`: the PostHog that the flags name.

    Raises CredentialError. A profile that nobody asked for and that is of another PostHog is passed over.
    """
    kept = profiles.profile(machine, name or DEFAULT)
    if kept is None or kept.key is None:
        return None
    own = api_base(kept.host, allow_http=True) if kept.host else None
    if name is None and None not in (own, host) and own != host:
        return None
    return _FoundKey(Given(stored_key(machine, kept, host).read(), "store"), own)


def key_in_entries(found: Iterable[Found], ask: Ask | None) -> _FoundKey | None:
    """The key that stands in the clients' entries; None where none does.

    Raises MissingInput where the entries hold different keys and there is nobody to ask.
    """
    inline = inline_keys(one for one in found if one.place.scope == "user")  # a project's file is a stranger's
    keys = list(dict.fromkeys(one.key for one in inline))
    if not keys:
        return None
    key = keys[0] if len(keys) == 1 else _chosen(keys, inline, ask)
    hosts = {one.host for one in inline if one.key == key}
    return _FoundKey(Given(key, "file"), hosts.pop() if len(hosts) == 1 else None)


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


def other_server(found: Iterable[Found], key: Secret) -> str | None:
    """The hosted server beside PostHog's to which this user's entries send the key already."""
    inline = (one for one in inline_keys(found) if one.key == key and one.found.place.scope == "user")
    return next((one.url for one in inline if one.url is not None), None)


def key_storage(
    machine: Machine,
    ask: Ask | None,
    *,
    name: str | None,
    key: Secret,
    host: str,
    mcp_url: str | None,
    where: _StoreName | None,
    held: bool,
) -> KeyStorage:
    """The key's way into the profile `name`. Nothing is written yet.

    Raises WrongUsage when the profile belongs to another PostHog, MissingInput or Cancelled where there is no keyring.
    """
    kept = profiles.profile(machine, name or DEFAULT)
    own = api_base(kept.host, allow_http=True) if kept and kept.host else host
    if kept is not None and own != host:
        raise WrongUsage(
            f"the profile `{kept.name}` is for `{own}`, and this key is for `{host}`",
            "name another profile: `--profile NAME`",
        )
    profile = kept or Profile(name or DEFAULT)
    reference = usual_store(machine, profile, where, ask, held=held)
    if not held:
        profile = profile._replace(way=None, label=None)
    return KeyStorage(profile._replace(host=host, key=reference, mcp_url=mcp_url or profile.mcp_url), key, kept, held)


def usual_store(
    machine: Machine, profile: Profile, where: _StoreName | None, ask: Ask | None, *, held: bool
) -> KeyReference:
    """The store that was asked for, or the place that has the profile's key already, or the keyring."""
    if where is not None:
        return KeyReference(STORES[where], profile.name)
    if profile.key is not None and (profile.key.ours or held):
        return profile.key
    from posthog_wizard.credentials import keyring_store

    there = keyring_store.available() is not None
    return KeyReference(STORES["keyring"] if there else file_instead(machine, ask), profile.name)
