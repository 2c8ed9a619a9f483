"""`posthog-wizard key rotate`: a new key in the place of an old one, wherever the old one is.

The store is written first and clients' files after it, and the journal then holds neither key.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import NamedTuple

from posthog_wizard.api.hosts import CLOUD, key_page, region_of
from posthog_wizard.api.key_report import KeyReport, Named
from posthog_wizard.credentials.profiles import DEFAULT, Profile, profile_flag
from posthog_wizard.errors import Cancelled, CredentialError, MissingInput, StoreLocked, WrongUsage
from posthog_wizard.install.ownership import left_by_us
from posthog_wizard.model import Machine, Plan, Secret
from posthog_wizard.operations.change import Changed, RunOptions, carry_out
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.key_check import KeyCheck
from posthog_wizard.operations.key_store.choice import choose_store, keep
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
from posthog_wizard.settings import stored_key


class _Swap(NamedTuple):
    """A rotation that is resolved: the profile before and after, the old key if it could be read, and the new one."""

    before: Profile
    after: Profile
    old: ProfileState
    new: KeyCheck
    key: Secret


class Rotated(NamedTuple):
    """What became of a rotation. `left`: the clients whose files still hold the old key, where some could not be changed."""

    before: Profile
    old: ProfileState
    now: ProfileState
    changed: Changed
    left: tuple[str, ...]


def run(options: KeyOptions, machine: Machine, ask: Ask | None, report: Report) -> Rotated:
    """Swap the key in the store, then in clients' files. Raises WizardError, and everything is as it was."""
    before = existing(machine, options.profile or DEFAULT)
    wanted = key_request(machine, options)
    _refuse(wanted, before)
    swap = _resolved(machine, wanted, before, ask, report)
    changed = carry_out(
        _plan(machine, swap),
        RunOptions("key rotate", confirmed=options.yes),
        machine,
        ask,
        report,
        before_apply=partial(_swap, machine, swap, report),
        # the journal of this run holds both, where files did
        after_apply=partial(purge, machine, (swap.old.key, swap.key), swap.after, report),
    )
    changed = changed._replace(key=swap.new.document())
    now = ProfileState(
        swap.after, swap.key, swap.new.report or KeyReport("unchecked"), used_by(machine, swap.after.name, swap.key)
    )
    left = used_by(machine, swap.after.name, swap.old.key) if changed.failed else ()
    return Rotated(before, swap.old, now, changed, tuple(one.found.client.id for one in left if one.how == "inline"))


def _refuse(wanted: KeyRequest, before: Profile) -> None:
    """Raise WrongUsage for a rotation that cannot be: to another PostHog, or where the key is not ours to change."""
    if wanted.host_given and host_of(before) not in {"", *wanted.connection.hosts}:
        raise WrongUsage(
            f"the key of the profile `{before.name}` is for `{before.host}`, and a rotation leaves it there",
            "leave `--host` and `--region` out, or store a key of another PostHog: `key set --profile NAME`",
        )
    if before.key is not None and not before.key.ours and wanted.options.store is None and wanted.reference is None:
        raise WrongUsage(
            f"the key of the profile `{before.name}` is kept by {place_in_words(before)}",
            "change it there, which is all that it needs; or move it here with `--store keyring` or `--store file`",
        )


def _resolved(machine: Machine, wanted: KeyRequest, before: Profile, ask: Ask | None, report: Report) -> _Swap:
    """Both keys, compared. Raises BadKey, Unreachable, MissingInput, WrongUsage for the same key, Cancelled."""
    options = wanted.options
    given = wanted.brought(machine, ask, report)
    place = choose_store(wanted, machine, ask)
    new = wanted.checked(given, ask, report)
    if new.key is None:
        raise CredentialError("there is no new key", "pass it with `--api-key-stdin`")
    unasked = options.no_verify
    old = _unasked(machine, before) if unasked else profile_state(machine, before, report, options.ca_file)
    if old.key == new.key:
        raise WrongUsage("this is the key that is stored already", _behind(machine, before, new.key))
    if isinstance(old.problem, StoreLocked) and place.kind == "keyring":
        raise old.problem  # to store the new key would ask the same once more
    if old.key is None and old.problem is not None:
        report.warn(f"copies of the old key cannot be looked for: {old.problem.message}")
    after = before._replace(
        key=place, way=None, label=None, host=host_of(before) or new.host or wanted.connection.hosts[0]
    )
    swap = _Swap(before, after, old, new, new.key)
    _compare(swap, ask, report, confirmed=options.yes)
    return swap


def _plan(machine: Machine, swap: _Swap) -> Plan:
    old = swap.old.key
    if old is None:
        return Plan(())
    return plan_rotation(everywhere(machine), old, swap.key, allowed_places(swap.after), left_by_us(machine))


def _behind(machine: Machine, kept: Profile, key: Secret) -> str:
    """The way on: a new key, or the end of a rotation that was stopped between the store and clients' files."""
    host = posthog_of(kept)
    hosts = {host} if region_of(host) == "self-hosted" else {None, host}
    found = inline_keys(everywhere(machine))
    behind = [one.found.client.id for one in found if one.key != key and one.host in hosts]
    new = f"make a new one at {key_page(host)}"
    return f"{new}; or lead clients that hold another key to this one: `{storing_add(behind, kept)}`" if behind else new


def allowed_places(kept: Profile) -> tuple[str, ...]:
    """Where the profile's key may go."""
    return tuple(place for place in (posthog_of(kept), kept.mcp_url) if place)


def storing_add(clients: Iterable[str], kept: Profile) -> str:
    """What leads clients to the key of a profile."""
    return (
        f"posthog-wizard mcp add {' '.join(dict.fromkeys(clients)) or 'CLIENT'} --secret store{profile_flag(kept.name)}"
    )


def posthog_of(kept: Profile) -> str:
    """The base URL of the profile's PostHog, as far as one is known."""
    return host_of(kept) or CLOUD["us"]


def _swap(machine: Machine, swap: _Swap, report: Report) -> None:
    keep(machine, swap.after, swap.key, swap.before, report, command="key rotate", replaces=swap.old.key)
    report.say(f"the new key is in {place_in_words(swap.after)}")


def _unasked(machine: Machine, kept: Profile) -> ProfileState:
    try:
        key = stored_key(machine, kept, None).read()
    except CredentialError as problem:
        return ProfileState(kept, None, KeyReport("none"), (), problem)
    return ProfileState(kept, key, KeyReport("unchecked"), used_by(machine, kept.name, key))


def _compare(swap: _Swap, ask: Ask | None, report: Report, *, confirmed: bool) -> None:
    """Ask where the new key leads elsewhere. Raises MissingInput where nobody can be asked, Cancelled."""
    old, new = swap.old.report, swap.new.report
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
