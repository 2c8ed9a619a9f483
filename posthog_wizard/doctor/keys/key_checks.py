"""`key.*`, as far as PostHog has to be asked: whose key it is, where it works, and what it may do."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from posthog_wizard.api.hosts import key_page, region_of
from posthog_wizard.api.key_report import KeyReport
from posthog_wizard.api.scopes import missing_scopes, required_scopes
from posthog_wizard.clients.entries import EntryFields
from posthog_wizard.clients.recognise import proxy_of
from posthog_wizard.credentials.profiles import Profile, profile_flag, profiles
from posthog_wizard.doctor.check import NEEDS_NETWORK, Check, Status, host_flag
from posthog_wizard.doctor.context import Context
from posthog_wizard.doctor.destinations import BOTH, Destination, destination_of, key_defect
from posthog_wizard.doctor.probes.reachability import bases_of_source, route_to
from posthog_wizard.errors import CredentialError, RateLimited, ServerFault, WizardError, WrongUsage
from posthog_wizard.model import Json, Secret
from posthog_wizard.net.addresses import parse_address
from posthog_wizard.sandbox.api.known_keys import SANDBOX_KEY_PREFIX
from posthog_wizard.settings import stored_key
from posthog_wizard.sign_in.token import AccessToken

if TYPE_CHECKING:
    from posthog_wizard.api.http_probe import RoutedTransport
    from posthog_wizard.api.retry_policy import RetryPolicy

_TIMEOUT = 10.0  # seconds until a key counts as not checkable
_MARGIN = 0.5  # seconds before the limit
_KINDS = (
    ("phx_", "personal API key"),
    ("pha_", "OAuth access token"),
    ("phc_", "project API key"),
    ("phs_", "project secret key"),
)
_PROXY_SCOPE = "project:read"  # all that PostHog's proxy before an installed server needs


class _Use(NamedTuple):
    """Something that uses a key, and where it takes it."""

    name: str  # for people: "Cursor's entry `posthog`"
    where: Destination


class _Group(NamedTuple):
    """All uses of one key for the same PostHogs: one question."""

    key: Secret
    uses: tuple[_Use, ...]

    def __str__(self) -> str:
        return " and ".join(use.name for use in self.uses)

    @property
    def where(self) -> Destination:
        """Where the key goes."""
        return self.uses[0].where

    @property
    def data(self) -> dict[str, Json]:
        """What every check says of it."""
        return {"key": self.key.masked(), "kind": kind_of(self.key), "used_by": [use.name for use in self.uses]}


def entry_keys(context: Context) -> tuple[tuple[_Group], ...]:
    """The keys that stand in entries and could be some, each once for each set of PostHogs.

    A key whose PostHog is known goes nowhere else.
    """
    found: dict[tuple[Secret, tuple[str, ...]], list[_Use]] = {}
    for use in _uses(context):
        if use.where.key is not None and _defect(use.where.key) is None:
            found.setdefault((use.where.key, use.where.bases), []).append(use)
    certain = {key for key, bases in found if len(bases) == 1}
    kept = {place: uses for place, uses in found.items() if len(place[1]) == 1 or place[0] not in certain}
    return tuple((_Group(key, tuple(uses)),) for (key, _), uses in kept.items())


def stored_keys(context: Context) -> tuple[tuple[tuple[_Use, ...]], ...]:
    """The keys that programs read from a store, each with its uses."""
    found: dict[str, list[_Use]] = {}  # where it is kept, in words
    for use in _uses(context):
        if use.where.kept is not None:
            found.setdefault(use.where.kept.words, []).append(use)
    return tuple((tuple(uses),) for uses in found.values())


def kind_of(key: Secret) -> str:
    """What kind of key it is, by its beginning."""
    return next((kind for beginning, kind in _KINDS if key.reveal().startswith(beginning)), "old personal API key")


def _uses(context: Context) -> Iterator[_Use]:
    for entry in context.trusted:
        where = destination_of(entry, context.machine)
        if where.bases and not entry.switched_off:
            yield _Use(f"{entry.client.title}'s entry `{entry.name}`", where)


def _defect(key: Secret) -> CredentialError | None:
    """Why it can be no key; those in entries are told of by the checks that ask nobody."""
    return key_defect(key.reveal(), signed_in=isinstance(key, AccessToken))


def check_stored_key(context: Context, uses: tuple[_Use, ...]) -> Iterator[Check]:
    """A key that is kept in a store, read from there as the program reads it."""
    kept = uses[0].where.kept
    assert kept is not None  # noqa: S101 - `stored_keys` has looked
    try:
        key = kept.now(offline=context.options.offline)
        if isinstance(key, AccessToken) and not context.options.offline:
            refused = look_up_key(key, uses[0].where, context).state == "invalid"  # our clock may be wrong
            key = kept.after(key if refused else None)
        yield from examine_key(context, _Group(key, uses))
    except WizardError as problem:
        data = {"used_by": [use.name for use in uses]}
        yield Check("key.valid", "fail", f"the key in {kept.words}", problem.message, problem.hint, data=data)


def check_own_key(context: Context) -> Iterator[Check]:
    """The key of our own commands; what is told of it as the key of an entry is not told again."""
    source = context.key()
    check = Check("key.source", "ok", "the key of our own commands", data={"notes": list(source.notes)})
    if source.problem is not None:
        yield check._replace(status="fail", cause=str(source.problem), fix=source.problem.hint)
        return
    if source.key is None:
        told = "; ".join(source.notes) or "neither the environment nor a profile holds one"
        yield check._replace(status="skip", cause=f"there is none: {told}")
        return
    data = {**check.data, "source": source.source, "key": source.key.masked(), "kind": kind_of(source.key)}
    check = check._replace(title=f"{check.title}: from {source.source}", data=data)
    defect, where = _defect(source.key), Destination(source.key, bases_of_source(source))
    if defect is not None:
        yield check._replace(status="warn", cause=defect.message, fix=defect.hint)
        return
    yield check
    known = {group.key for (group,) in entry_keys(context)}
    kept = {use.where.kept.words for use in _uses(context) if use.where.kept is not None}
    if where.bases and source.key not in known and source.source not in kept:
        yield from examine_key(context, _Group(source.key, (_Use(str(source.source), where),)))


def check_accounts(context: Context) -> Iterator[Check]:
    """Whether two profiles are sign-ins of one account, and nothing tells them apart."""
    fine, seen = Check("key.account", "ok", "the sign-ins of the profiles"), dict[object, str]()
    twice = False
    for kept in _signed_in(context):
        try:
            key = stored_key(context.machine, kept, None).read()
            report = look_up_key(key, Destination(key, (str(kept.host),)), context)
        except WizardError as problem:
            yield fine._replace(status="skip", title=f"the profile `{kept.name}`", cause=problem.message)
            continue
        same = (report.host, report.user, report.project, tuple(sorted(report.scopes)), kept.limits)
        first = seen.setdefault(same, kept.name) if report.user else kept.name
        if first != kept.name:
            twice = True
            told = f"`{first}` and `{kept.name}` are sign-ins of one account, with the same access to the same project"
            fix = f"sign out of one of them: `posthog-wizard logout{profile_flag(kept.name)}`"
            yield fine._replace(status="warn", cause=told, fix=fix)
    if not twice:
        yield fine


def _signed_in(context: Context) -> list[Profile]:
    """The profiles that came by a sign-in, where one PostHog has several; a file that cannot be read `key.source` tells."""
    if context.options.offline or context.key().problem is not None:
        return []
    found = [one for one in profiles(context.machine) if one.way and one.host]
    hosts = Counter(one.host for one in found)
    return [one for one in found if hosts[one.host] > 1]


def examine_key(context: Context, group: _Group) -> Iterator[Check]:
    """What PostHog says of a key."""
    check = Check("key.valid", "ok", f"the key `{group.key.masked()}`", data=group.data)
    if not context.may_ask(*group.where.bases):
        yield check._replace(status="skip", cause=NEEDS_NETWORK)
        return
    try:
        report = look_up_key(group.key, group.where, context)
        other = look_up_in_other_region(group.key, group.where, context) if report.state == "invalid" else None
    except WrongUsage as problem:
        yield check._replace(status="skip", cause=f"PostHog could not be asked: {problem.message}", fix=problem.hint)
        return
    if other is None or not other.usable:
        yield from _judged(check, group, report)
        return
    yield _owned(check, other)  # a good key, sent to the wrong region
    title, region = f"the region of the key `{group.key.masked()}`", region_of(other.host or "")
    cause = f"it belongs to `{other.host}`, but {group} takes it to `{group.where.bases[0]}`"
    fix = f"run `posthog-wizard mcp add --region {region}`"
    yield Check("key.region", "fail", title, cause, fix, data={**group.data, "region": region, "host": other.host})


def _judged(check: Check, group: _Group, report: KeyReport) -> Iterator[Check]:
    if report.usable:
        yield _owned(check, report)
        yield Check("key.region", "ok", f"the region of {check.title}: {report.region}", data=check.data)
        yield from _scopes(group, report)
    elif report.state == "invalid":
        told = report.problem.message if report.problem else "PostHog does not accept it"
        page, host = key_page(group.where.bases[0]), host_flag(group.where.bases[0])
        renew = f"make a key at {page} and run `posthog-wizard mcp add{host}` with it"
        fix = "sign in again: `posthog-wizard login --oauth`" if isinstance(group.key, AccessToken) else renew
        yield check._replace(status="fail", cause=f"{told} ({group})", fix=fix)
    else:
        told = report.problem.message if report.problem else "no answer"
        status: Status = "warn" if isinstance(report.problem, RateLimited | ServerFault) else "skip"
        yield check._replace(status=status, cause=f"PostHog could not be asked: {told}")


def _owned(check: Check, report: KeyReport) -> Check:
    known = report.document(None)
    told = [name for name in (report.user, report.organization and report.organization.name) if name]
    place = f"project {report.project.name or report.project.id}" if report.project else None
    title = ", ".join([f"{check.title} at `{report.host}`", *map(str, told), *([place] if place else [])])
    fields = ("host", "region", "user", "organization", "project", "scopes")
    data = {**check.data, **{name: known[name] for name in fields}, "notes": list(report.notes)}
    return check._replace(title=title, data=data)


def _scopes(group: _Group, report: KeyReport) -> Iterator[Check]:
    if not report.scopes and report.state == "valid":
        return  # this PostHog does not tell
    wide = Check("key.access", "ok", f"what the key `{group.key.masked()}` may do", data=group.data)
    page = key_page(report.host or "")
    if report.all_access and not group.key.reveal().startswith(SANDBOX_KEY_PREFIX):
        cause = "it may do everything that its owner may, in every project: far more than the tools need"
        yield wide._replace(status="warn", cause=cause, fix=f"make a key with the MCP scopes at {page}")
        return
    yield wide
    narrow = Check("key.scopes", "ok", f"the scopes of the key `{group.key.masked()}`", data=group.data)
    lacking = report.missing_scopes
    if report.state == "valid":  # those that the tools of any of its uses need and the key has not
        places = [use.where for use in group.uses]
        needed = [(_PROXY_SCOPE,) if proxy_of(EntryFields(at.url)) else required_scopes(at.limits) for at in places]
        lacking = missing_scopes(sorted({scope for scopes in needed for scope in scopes}), report.scopes)
    if not lacking:
        yield narrow
        return
    cause = f"it lacks {', '.join(f'`{scope}`' for scope in lacking)}: the tools that need them are left out"
    fix = f"add them to the key at {page}, or limit the entry with `--features`"
    data = {**group.data, "missing_scopes": list(lacking)}
    yield narrow._replace(status="warn", cause=cause, fix=fix, data=data)


# ------------------------------------------------------------------ asking, once for each key and each set of hosts


def look_up_key(key: Secret, where: Destination, context: Context) -> KeyReport:
    """What the PostHogs of a destination say of the key. Raises WrongUsage for a proxy or a file of no use."""

    async def owner() -> KeyReport:
        from posthog_wizard.api.key_validation import check_key  # noqa: PLC0415 - it loads httpx

        transport, patience = way_to(where.bases, where.ca_file, context)
        async with transport:
            return await check_key(key, where.bases, transport=transport, allow_http=True, patience=patience)

    return context.answers.ask(("owner", key, where.bases, where.ca_file), lambda: asyncio.run(owner()))


def look_up_in_other_region(key: Secret, where: Destination, context: Context) -> KeyReport | None:
    """What PostHog Cloud's other region says of a key that one region refused.

    None where there is no other, and for a key in a store: that is bound to its host.
    """
    if where.kept is not None or len(where.bases) != 1 or where.bases[0] not in BOTH:
        return None
    return look_up_key(key, Destination(key, tuple(base for base in BOTH if base not in where.bases)), context)


def way_to(bases: Iterable[str], ca_file: Path | None, context: Context) -> tuple[RoutedTransport, RetryPolicy]:
    """How requests get from this machine to PostHogs, and how often and long. Raises WrongUsage for a proxy of no use."""
    from posthog_wizard.api.http_probe import RoutedTransport  # noqa: PLC0415 - it loads httpx
    from posthog_wizard.api.retry_policy import RetryPolicy  # noqa: PLC0415

    environment = context.machine.environment
    routes = {base: route_to(parse_address(base, allow_http=True), environment, ca_file) for base in bases}
    left = max(0.1, min(_TIMEOUT, context.deadline - _MARGIN - time.monotonic()))
    return RoutedTransport(routes), RetryPolicy(budget=left, attempts=2)
