"""`posthog-wizard key rotate`: a new key in the place of an old one, wherever the old one is."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import NamedTuple

from posthog_wizard.api.hosts import CLOUD, key_list, key_page, region_of
from posthog_wizard.api.key_report import KeyReport, Named
from posthog_wizard.cli import ask, output, shared_options
from posthog_wizard.cli.change import RunOptions, carry_out
from posthog_wizard.cli.key_check import KeyCheck
from posthog_wizard.cli.key_store.choice import choose_store, keep
from posthog_wizard.cli.keys.forget import clean
from posthog_wizard.cli.keys.key_options import (
    KeyRequest,
    KeyStoreOption,
    ReferenceOption,
    existing,
    host_of,
    key_request,
)
from posthog_wizard.cli.keys.rows import KEY_SCHEMA, Shown, everywhere, used_by
from posthog_wizard.cli.keys.set import brought, settled
from posthog_wizard.cli.keys.show import profile_row
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.credentials import external_reference
from posthog_wizard.credentials.profiles import DEFAULT, Profile, profile_flag
from posthog_wizard.errors import Cancelled, CredentialError, MissingInput, WrongUsage
from posthog_wizard.install.ownership import left_by_us
from posthog_wizard.model import Json, Machine, Plan, Secret
from posthog_wizard.plan.inline_keys import inline_keys
from posthog_wizard.plan.rotation import plan_rotation


class _Swap(NamedTuple):
    """A rotation that is settled: the profile before and after, the old key if it could be read, and the new one."""

    before: Profile
    after: Profile
    old: Shown
    new: KeyCheck
    key: Secret


def command(
    profile: shared_options.ProfileOption = None,
    region: shared_options.RegionOption = None,
    host: shared_options.HostOption = None,
    store: KeyStoreOption = None,
    reference: ReferenceOption = None,
    api_key_stdin: shared_options.ApiKeyStdinOption = False,
    api_key_file: shared_options.ApiKeyFileOption = None,
    no_verify: shared_options.NoVerifyOption = False,
    allow_http: shared_options.AllowHttpOption = False,
    ca_file: shared_options.CaFileOption = None,
    yes: shared_options.YesOption = False,
    json: shared_options.JsonOption = False,
) -> int:
    """Put a new key in the place of the old one: in the store, and in every client's file that holds a copy.

    Servers that run take it up by themselves. The old key works until you delete it at PostHog.

    posthog-wizard key rotate

    pass posthog-new | posthog-wizard key rotate --api-key-stdin -y
    """
    machine = this_run().machine
    before = existing(machine, profile or DEFAULT)
    wanted = key_request(
        machine,
        profile=profile,
        host=host,
        region=region,
        store=store,
        reference=reference,
        stdin=api_key_stdin,
        file=api_key_file,
        verify=not no_verify,
        allow_http=allow_http,
        ca_file=ca_file,
    )
    _refuse(wanted, before)
    asking = ask.can_ask(no_input=False, json=json, stdin_taken=api_key_stdin)
    swap = _settle(machine, wanted, before, ca_file, asking=asking, confirmed=yes)
    run_options = RunOptions("key rotate", json=json, asking=asking, confirmed=yes, lasting=True)
    return _rotate(machine, swap, run_options)


def _refuse(wanted: KeyRequest, before: Profile) -> None:
    """Raise WrongUsage for a rotation that cannot be: to another PostHog, or where the key is not ours to change."""
    if wanted.host_given and host_of(before) not in {"", *wanted.connection.hosts}:
        raise WrongUsage(
            f"the key of the profile `{before.name}` is for `{before.host}`, and a rotation leaves it there",
            "leave `--host` and `--region` out, or store a key of another PostHog: `key set --profile NAME`",
        )
    if before.key is not None and not before.key.ours and wanted.store is None and wanted.reference is None:
        raise WrongUsage(
            f"the key of the profile `{before.name}` is kept by {external_reference.reference_in_words(before.key)}",
            "change it there, which is all that it needs; or move it here with `--store keyring` or `--store file`",
        )


def _settle(
    machine: Machine, wanted: KeyRequest, before: Profile, ca_file: Path | None, *, asking: bool, confirmed: bool
) -> _Swap:
    """Both keys, compared. Raises BadKey, Unreachable, MissingInput, WrongUsage for the same key, Cancelled."""
    given = brought(wanted, machine, asking=asking)
    place = choose_store(wanted, machine, asking=asking)
    new = settled(wanted, given)
    if new.key is None:
        raise CredentialError("there is no new key", "pass it with `--api-key-stdin`")
    old = profile_row(machine, before, ca_file) if wanted.contact else _unasked(machine, before)
    if old.key == new.key:
        raise WrongUsage("this is the key that is stored already", _behind(machine, before, new.key))
    if old.key is None and old.problem is not None:
        output.warn(f"copies of the old key cannot be looked for: {old.problem.message}")
    after = before._replace(key=place, host=host_of(before) or new.host or wanted.connection.hosts[0])
    swap = _Swap(before, after, old, new, new.key)
    _compare(swap, asking=asking, confirmed=confirmed)
    return swap


def _rotate(machine: Machine, swap: _Swap, run_options: RunOptions) -> int:
    """Swap the key in the store, then in clients' files; then tell which key can be deleted."""
    old = swap.old.key
    plan = Plan(())
    if old is not None:
        plan = plan_rotation(everywhere(machine), old, swap.key, _places(swap.after), left_by_us(machine))
    code = carry_out(
        plan,
        run_options,
        machine,
        key=swap.new.document(),
        before_apply=partial(_swap, swap=swap),
        after_apply=partial(_clean, swap=swap),
        publish=partial(_publish, machine, swap),
    )
    if not run_options.json:
        _tell(machine, swap, code)
    return code


def _behind(machine: Machine, kept: Profile, key: Secret) -> str:
    """The way on: a new key, or the end of a rotation that was stopped between the store and clients' files."""
    host = _posthog(kept)
    hosts = {host} if region_of(host) == "self-hosted" else {None, host}
    found = inline_keys(everywhere(machine))
    behind = [one.found.client.id for one in found if one.key != key and one.host in hosts]
    new = f"make a new one at {key_page(host)}"
    return f"{new}; or lead clients that hold another key to this one: `{_add(behind, kept)}`" if behind else new


def _places(kept: Profile) -> tuple[str, ...]:
    """Where the profile's key may go."""
    return tuple(place for place in (_posthog(kept), kept.mcp_url) if place)


def _add(clients: Iterable[str], kept: Profile) -> str:
    return (
        f"posthog-wizard mcp add {' '.join(dict.fromkeys(clients)) or 'CLIENT'} --secret store{profile_flag(kept.name)}"
    )


def _posthog(kept: Profile) -> str:
    return host_of(kept) or CLOUD["us"]


def _swap(machine: Machine, swap: _Swap) -> None:
    keep(machine, swap.after, swap.key, swap.before, command="key rotate", replaces=swap.old.key)
    where = external_reference.reference_in_words(swap.after.key) if swap.after.key else "nowhere"
    output.say(f"the new key is in {where}")


def _clean(machine: Machine, swap: _Swap) -> None:
    """The journal of this run holds both keys, where files did."""
    for key in (swap.old.key, swap.key):
        if key is not None:
            clean(machine, swap.after, key)


def _publish(machine: Machine, swap: _Swap, _schema: str, **fields: Json) -> None:
    """The JSON document: the profile as it is now, what became of the clients, and the key that can be deleted."""
    row = Shown(
        swap.after, swap.key, swap.new.report or KeyReport("unchecked"), used_by(machine, swap.after.name, swap.key)
    )
    masked = swap.old.key.masked() if swap.old.key else None
    old = {"masked": masked, "label": swap.old.report.label, "page": key_list(_posthog(swap.after))}
    output.json_document(KEY_SCHEMA, profiles=[row.document()], old=old, **fields)


def _unasked(machine: Machine, kept: Profile) -> Shown:
    from posthog_wizard.settings import stored_key

    try:
        key = stored_key(machine, kept, None).read()
    except CredentialError as problem:
        return Shown(kept, None, KeyReport("none"), (), problem)
    return Shown(kept, key, KeyReport("unchecked"), used_by(machine, kept.name, key))


def _compare(swap: _Swap, *, asking: bool, confirmed: bool) -> None:
    """Ask where the new key leads elsewhere. Raises MissingInput where nobody can be asked, Cancelled."""
    old, new = swap.old.report, swap.new.report
    if new is None or not (old.usable and new.usable):
        if old.state == "invalid":
            output.warn("PostHog no longer takes the old key, so it could not be compared with the new one")
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
    if not asking:
        raise MissingInput(told, "accept that with `-y`, or make the new key with the access of the old one")
    if not ask.confirm(f"{told[0].upper()}{told[1:]}. Take it all the same?"):
        raise Cancelled


def _named(named: Named | None) -> str:
    return "none" if named is None else f"`{named.name or named.id}`"


def _tell(machine: Machine, swap: _Swap, code: int) -> None:
    """The old key, so that its owner finds it in PostHog's list."""
    old = swap.old
    if old.key is None:
        return
    label = f" (`{old.report.label}`)" if old.report.label else ""
    if code:
        left = (use.found.client.id for use in used_by(machine, swap.after.name, old.key) if use.how == "inline")
        add = _add(left, swap.after)
        output.warn(f"the old key {old.key.masked()}{label} is still in the files above: do not delete it yet")
        output.say(f"hint: once they can be changed, `{add}` leads them to the new key")
        return
    output.result(f"the key of the profile `{swap.after.name}` is now {swap.key.masked()}")
    output.say(f"next: delete the old key {old.key.masked()}{label} at {key_list(_posthog(swap.after))}")
    place = swap.before.key
    if place is not None and not place.ours and place != swap.after.key:
        output.say(f"{external_reference.reference_in_words(place)} is left as it is: the old key may still be there")
