"""`installation.*`: servers that are installed in PostHog, those of the entries and those of the project of our own key.

Of the servers that no entry uses only those that wait for somebody to sign in are told: who switched one off meant
it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from posthog_wizard.api.installation_errors import KnownProblem, known_problem_in
from posthog_wizard.clients.recognise import InstallationProxy, proxy_of
from posthog_wizard.doctor.check import Check, finding
from posthog_wizard.doctor.client_files import entry_repairs
from posthog_wizard.doctor.context import Context, Entry, Trusted
from posthog_wizard.doctor.destinations import Destination, destination_of
from posthog_wizard.doctor.keys.key_checks import KEY_KINDS, kind_of
from posthog_wizard.doctor.keys.key_lookup import look_up_key, way_to
from posthog_wizard.doctor.probes.probe_failure import ProbeFailure
from posthog_wizard.doctor.probes.reachability import bases_of_source
from posthog_wizard.errors import ApiError, MissingScope, WrongUsage
from posthog_wizard.model import Secret
from posthog_wizard.plan.shell_words import word

if TYPE_CHECKING:
    from posthog_wizard.api.installations import Installation

_OFFLINE = "it needs the network (`--offline`)"
_NOT_FOUND = "(status 404)"  # in a sentence of the bridge's or of doctor's
_GONE = KnownProblem(
    _NOT_FOUND,
    "the server that it leads to is no longer installed in PostHog, or not for the owner of its key",
    "`posthog-wizard mcp remove {client} --name {name}`",
)
_PERSONAL = KEY_KINDS[0][1]
_COMMAND = "`posthog-wizard mcp installations {}`"
_Listed = tuple["Installation", ...]


class _Project(NamedTuple):
    """A project of a PostHog, and how it is asked."""

    base: str
    number: str
    key: Secret
    ca_file: Path | None


class _Used(NamedTuple):
    """An entry that leads to an installed server."""

    entry: Trusted
    proxy: InstallationProxy
    where: Destination

    @property
    def title(self) -> str:
        """For people."""
        return f"{self.entry.client.title}: `{self.entry.name}`"


def used_installations(context: Context) -> Iterator[tuple[_Used]]:
    """The entries that lead to installed servers."""
    for entry in context.trusted:
        proxy = proxy_of(entry.fields)
        if proxy is not None and not entry.switched_off:
            yield (_Used(entry, proxy, destination_of(entry, context.machine)),)


# ------------------------------------------------------------------ an entry


def check_installation(context: Context, one: _Used) -> Iterator[Check]:
    """Whether the server of an entry is there, switched on and signed in."""
    check = finding("ok", one.title, data={**one.entry.where, "installation": one.proxy.installation})
    key = one.where.key or _own_key(one.proxy.base, context)
    if key is None:
        yield check._replace(status="skip", cause="its key is not known here, so nobody can be asked")
        return
    project = _Project(one.proxy.base, one.proxy.project, key, one.where.ca_file)
    try:
        listed = _listed(project, context)
    except (ApiError, WrongUsage) as problem:
        yield check._replace(status="skip", cause=f"PostHog could not be asked: {problem.message}", fix=problem.hint)
        return
    found = None if listed is None else next((each for each in listed if each.id == one.proxy.installation), None)
    if listed is None:
        yield check._replace(status="skip", cause=_OFFLINE)
    elif found is None:
        fix = _GONE.hint.format(client=one.entry.client.id, name=word(one.entry.name))
        yield check._replace(status="warn", cause=_GONE.message, fix=fix, repair=entry_repairs.drop(one.entry))
    else:
        yield from _judged(check, found)


def _own_key(base: str, context: Context) -> Secret | None:
    """The key of our own commands, if it is known to be that PostHog's: the one that a keyless entry's bridge finds."""
    source = context.key()
    return source.key if bases_of_source(source) == (base,) else None


def _judged(check: Check, found: Installation) -> Iterator[Check]:
    """The check of an installation that is there."""
    check = check._replace(title=f"{check.title} leads to `{found.name}`")
    yield check
    if not found.enabled:
        fix = _COMMAND.format(f"update {word(found.id)} --enable")
        cause = f"`{found.name}` is switched off in PostHog"
        yield check._replace(id="installation.enabled", status="warn", cause=cause, fix=fix)
    elif found.needs_sign_in:
        yield _unsigned(check, found)


def _unsigned(check: Check, found: Installation) -> Check:
    fix = _COMMAND.format(f"authorize {word(found.id)}")
    cause = f"somebody must sign in to `{found.name}` again"
    return check._replace(id="installation.signed_in", status="warn", cause=cause, fix=fix)


def of_installation(entry: Entry, failure: ProbeFailure) -> ProbeFailure | None:
    """What PostHog's proxy says of an installed server, in our words: its 401 and 403 are not about the key."""
    proxy = proxy_of(entry.fields)
    fault = None if proxy is None else _GONE if _NOT_FOUND in failure.cause else known_problem_in(failure.cause)
    if proxy is None or fault is None:
        return None
    hint = fault.hint.replace(" ID", f" {word(proxy.installation)}")
    fix = hint.format(client=entry.client.id, name=word(entry.name))
    return ProbeFailure("error", fault.message or failure.cause, fix, failure.data)


# ------------------------------------------------------------------ the project


def check_project(context: Context) -> Iterator[Check]:
    """The project's other servers: only what somebody can do something about; nothing without a key of our own."""
    if context.key().key is None:
        return
    check = finding("ok", "the MCP servers that are installed in the project")
    try:
        listed = _of_own_key(context)
    except (ApiError, WrongUsage) as problem:
        scope = isinstance(problem, MissingScope)
        told = "the key is not allowed to see them" if scope else f"PostHog could not be asked: {problem.message}"
        yield check._replace(status="skip", cause=told)
        return
    if listed is None:
        cause = "they are not known: the key's project is not, or nobody may be asked"
        yield check._replace(status="skip", cause=cause)
        return
    used = {one.proxy.installation for (one,) in used_installations(context)}
    unsigned = [each for each in listed if each.id not in used and each.enabled and each.needs_sign_in]
    for each in unsigned:
        yield _unsigned(check._replace(title=f"`{each.name}` in PostHog", data={"installation": each.id}), each)
    if not unsigned:
        yield check._replace(data={"installations": len(listed)})


def _of_own_key(context: Context) -> _Listed | None:
    """The installations of the project that our own key works in; None where there is none, or nobody may be asked."""
    source = context.key()
    if source.key is None or kind_of(source.key) != _PERSONAL:
        return None
    where = _where(source.key, context)
    if not where.bases or not context.may_ask(*where.bases):
        return None
    report = look_up_key(source.key, where, context)
    if report.host is None or report.project is None or not report.usable:
        return None
    return _listed(_Project(report.host, str(report.project.id), source.key, where.ca_file), context)


def _where(key: Secret, context: Context) -> Destination:
    """Where that key belongs, as an entry that holds it says, which is asked about it anyway; else as its source does."""
    led = (destination_of(entry, context.machine) for entry in context.trusted if not entry.switched_off)
    known = next((where for where in led if where.key == key and where.bases), None)
    return known or Destination(key, bases_of_source(context.key()))


# ------------------------------------------------------------------ asking


def _listed(project: _Project, context: Context) -> _Listed | None:
    """The project's installations, asked once; None where nobody may be asked. Raises ApiError, WrongUsage."""
    if not context.may_ask(project.base):
        return None
    return context.answers.ask(("installations", *project), lambda: asyncio.run(_fetched(project, context)))


async def _fetched(project: _Project, context: Context) -> _Listed:
    from posthog_wizard.api.client import ApiClient  # noqa: PLC0415 - it loads httpx
    from posthog_wizard.api.installations import Installations  # noqa: PLC0415

    transport, patience = way_to((project.base,), project.ca_file, context)
    given, left = (project.base, project.key), patience.budget
    async with (
        transport,
        ApiClient(*given, transport=transport, allow_http=True, read_timeout=left, patience=patience) as client,
    ):
        return await Installations(client, project.number).all()
