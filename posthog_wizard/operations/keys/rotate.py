"""`posthog-wizard key rotate`: a new key in the place of an old one, wherever the old one is.

The store is written first and clients' files after it, and the journal then holds neither key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from posthog_wizard.api.hosts import CLOUD, key_page, region_of
from posthog_wizard.api.key_report import KeyReport, Named
from posthog_wizard.credentials.profiles import Profile, profile_flag
from posthog_wizard.errors import Cancelled, CredentialError, MissingInput, StoreLocked, WrongUsage
from posthog_wizard.install.ownership import OwnWriting
from posthog_wizard.model import Machine, Plan, Secret
from posthog_wizard.operations.change import Changed, RunOptions, carry_out
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.key_check import KeyCheck
from posthog_wizard.operations.key_store.choice import keep, offered_key
from posthog_wizard.operations.key_store.storing import purge
from posthog_wizard.operations.keys.key_options import (
    KeyOptions,
    KeyRequest,
    existing,
    host_of,
    key_request,
    place_in_words,
)
from posthog_wizard.operations.keys.show import ProfileState, everywhere, profile_state, used_by
from posthog_wizard.plan.inline_keys import inline_keys
from posthog_wizard.plan.rotation import plan_rotation


class Rotated(NamedTuple):
    """What became of a rotation. `left`: the clients whose files still hold the old key, where some could not be changed."""

    old: ProfileState
    now: ProfileState
    changed: Changed
    left: tuple[str, ...]


def run(options: KeyOptions, machine: Machine, ask: Ask | None, report: Report) -> Rotated:
    """Swap the key in the store, then in clients' files. Raises WizardError, and everything is as it was."""
    before = existing(machine, options.profile)
    wanted = key_request(machine, options)
    _refuse(wanted)
    after, was, new, key = _resolved(machine, wanted, ask, report)
    old = was.key

    @contextmanager
    def stored() -> Iterator[None]:
        keep(machine, after, key, before, report, command="key rotate", replaces=old)
        report.say(f"the new key is in {place_in_words(after)}")
        yield
        purge(machine, (old, key), after, report)  # the journal of this run holds both, where files did

    plan, how = plan_copies(machine, old, key, after), RunOptions("key rotate", confirmed=options.yes)
    changed = carry_out(plan, how, machine, ask, report, stored())._replace(key=new.document())
    told = new.report or KeyReport("unchecked")
    now = ProfileState(after, key, told, used_by(machine, after.name, key))
    left = used_by(machine, after.name, old) if changed.failed else ()
    return Rotated(was, now, changed, tuple(one.found.client.id for one in left if one.how == "inline"))


def _refuse(wanted: KeyRequest) -> None:
    """Raise WrongUsage for a rotation that cannot be: to another PostHog, or where the key is not ours to change."""
    before = wanted.profile
    if wanted.options.host_given and host_of(before) not in {"", *wanted.connection.hosts}:
        raise WrongUsage(
            f"the key of the profile `{before.name}` is for `{before.host}`, and a rotation leaves it there",
            "leave `--host` and `--region` out, or store a key of another PostHog: `key set --profile NAME`",
        )
    if before.key is not None and not before.key.ours and wanted.options.store is None and wanted.reference is None:
        raise WrongUsage(
            f"the key of the profile `{before.name}` is kept by {place_in_words(before)}",
            "change it there, which is all that it needs; or move it here with `--store keyring` or `--store file`",
        )


def _resolved(
    machine: Machine, wanted: KeyRequest, ask: Ask | None, report: Report
) -> tuple[Profile, ProfileState, KeyCheck, Secret]:
    """The profile as it will be, the old key if it could be read, and the new one, compared.

    Raises BadKey, Unreachable, MissingInput, WrongUsage for the same key, Cancelled.
    """
    options, before = wanted.options, wanted.profile
    place, new = offered_key(wanted, machine, ask, report)
    if new.key is None:
        raise CredentialError("there is no new key", "pass it with `--api-key-stdin`")
    old = profile_state(machine, before, report, options.ca_file, contact=not options.no_verify)
    if old.key == new.key:
        raise WrongUsage("this is the key that is stored already", _behind(machine, before, new.key))
    if isinstance(old.problem, StoreLocked) and place.kind == "keyring":
        raise old.problem  # to store the new key would ask the same once more
    if old.key is None and old.problem is not None:
        report.warn(f"copies of the old key cannot be looked for: {old.problem.message}")
    host = host_of(before) or new.host or wanted.connection.hosts[0]
    _compare(old.report, new.report, ask, report, confirmed=options.yes)
    return before._replace(key=place, way=None, label=None, host=host), old, new, new.key


def plan_copies(machine: Machine, old: Secret | None, new: Secret, kept: Profile) -> Plan:
    """Copies of the old key in clients' files become the new one, where that may go as the profile's key."""
    if old is None:
        return Plan(())
    places = tuple(place for place in (posthog_of(kept), kept.mcp_url) if place)
    return plan_rotation(everywhere(machine), old, new, places, OwnWriting(machine).left)


def _behind(machine: Machine, kept: Profile, key: Secret) -> str:
    """The way on: a new key, or the end of a rotation that was stopped between the store and clients' files."""
    host = posthog_of(kept)
    hosts = {host} if region_of(host) == "self-hosted" else {None, host}
    found = inline_keys(everywhere(machine))
    behind = [one.found.client.id for one in found if one.key != key and one.host in hosts]
    new = f"make a new one at {key_page(host)}"
    return f"{new}; or lead clients that hold another key to this one: `{storing_add(behind, kept)}`" if behind else new


def storing_add(clients: Iterable[str], kept: Profile) -> str:
    """What leads clients to the key of a profile."""
    return (
        f"posthog-wizard mcp add {' '.join(dict.fromkeys(clients)) or 'CLIENT'} --secret store{profile_flag(kept.name)}"
    )


def posthog_of(kept: Profile) -> str:
    """The base URL of the profile's PostHog, as far as one is known."""
    return host_of(kept) or CLOUD["us"]


def _compare(old: KeyReport, new: KeyReport | None, ask: Ask | None, report: Report, *, confirmed: bool) -> None:
    """Ask where the new key leads elsewhere. Raises MissingInput where nobody can be asked, Cancelled."""
    if new is None or not (old.usable and new.usable):
        if old.state == "invalid":
            report.warn("PostHog no longer takes the old key, so it could not be compared with the new one")
        return
    differences = [
        f"{word} {_named(one)}, the old one {_named(other)}"
        for word, one, other in (
            ("organization", new.organization, old.organization),
            ("project", new.project, old.project),
        )
        if other is not None and (one is None or str(one.id) != str(other.id))
    ]
    if not differences or confirmed:
        return
    told = f"the new key sees {'; '.join(differences)}"
    if ask is None:
        raise MissingInput(told, "accept that with `-y`, or make the new key with the access of the old one")
    if not ask.confirm(f"{told[0].upper()}{told[1:]}. Use it anyway?"):
        raise Cancelled


def _named(named: Named | None) -> str:
    return "none" if named is None else f"`{named.name or named.id}`"
