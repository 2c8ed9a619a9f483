"""`installation.*`: servers that are installed in PostHog, those of the entries and those of the project of our own key.

Of the servers that no entry uses only those that wait for somebody to sign in are told: who switched one off meant
it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from posthog_wizard.api.installation_errors import KnownProblem, known_problem_in
from posthog_wizard.clients.recognise import InstallationProxy, proxy_of
from posthog_wizard.doctor.check import NEEDS_NETWORK, Check, finding, remove_command
from posthog_wizard.doctor.client_files import entry_repairs
from posthog_wizard.doctor.context import Context, Entry, Trusted
from posthog_wizard.doctor.destinations import Destination, destination_of
from posthog_wizard.doctor.keys.key_checks import kind_of, look_up_key, way_to
from posthog_wizard.doctor.probes.probe_failure import ProbeFailure
from posthog_wizard.doctor.probes.reachability import bases_of_source
from posthog_wizard.errors import ApiError, MissingScope, WrongUsage
from posthog_wizard.model import Secret
from posthog_wizard.printable import word

if TYPE_CHECKING:
    from posthog_wizard.api.installations import Installation

_NOT_FOUND = "(status 404)"  # in a sentence of the bridge's or of doctor's
_GONE = KnownProblem(
    _NOT_FOUND,
    "the server that it leads to is no longer installed in PostHog, or not for the owner of its key",
    "",  # `remove_command`
)


def used_installations(context: Context) -> Iterator[tuple[Trusted, InstallationProxy]]:
    """The entries that lead to installed servers."""
    led = ((entry, proxy_of(entry.fields)) for entry in context.trusted if not entry.switched_off)
    return ((entry, proxy) for entry, proxy in led if proxy is not None)


def check_installation(context: Context, entry: Trusted, proxy: InstallationProxy) -> Iterator[Check]:
    """Whether the server of an entry is there, switched on and signed in."""
    title, data = f"{entry.client.title}: `{entry.name}`", {**entry.where, "installation": proxy.installation}
    check, where = finding("ok", title, data=data), destination_of(entry, context.machine)
    # That of our own commands is the one that a keyless entry's bridge finds, if it is known to be that PostHog's.
    key = where.key or (context.key().key if bases_of_source(context.key()) == (proxy.base,) else None)
    if key is None:
        yield check._replace(status="skip", cause="its key is not known here, so nobody can be asked")
        return
    try:
        listed = _listed(proxy.base, proxy.project, key, where.ca_file, context)
    except (ApiError, WrongUsage) as problem:
        yield check._replace(status="skip", cause=f"PostHog could not be asked: {problem.message}", fix=problem.hint)
        return
    if listed is None:
        yield check._replace(status="skip", cause=NEEDS_NETWORK)
        return
    found = next((each for each in listed if each.id == proxy.installation), None)
    if found is None:
        yield check._replace(
            status="warn", cause=_GONE.message, fix=remove_command(entry), repair=entry_repairs.drop(entry)
        )
        return
    check = check._replace(title=f"{check.title} leads to `{found.name}`")
    yield check
    there = f" --project {word(proxy.project)}"  # our own key's may be another one
    if not found.enabled:
        fix = f"`posthog-wizard mcp installations update {word(found.id)} --enable{there}`"
        cause = f"`{found.name}` is switched off in PostHog"
        yield check._replace(id="installation.enabled", status="warn", cause=cause, fix=fix)
    elif found.needs_sign_in:
        yield _unsigned(check, found, there)


def _unsigned(check: Check, found: Installation, there: str = "") -> Check:
    fix = f"`posthog-wizard mcp installations authorize {word(found.id)}{there}`"
    cause = f"somebody must sign in to `{found.name}` again"
    return check._replace(id="installation.signed_in", status="warn", cause=cause, fix=fix)


def of_installation(entry: Entry, failure: ProbeFailure) -> ProbeFailure | None:
    """What PostHog's proxy says of an installed server, in our words: its 401 and 403 are not about the key."""
    proxy = proxy_of(entry.fields)
    fault = None if proxy is None else _GONE if _NOT_FOUND in failure.cause else known_problem_in(failure.cause)
    if proxy is None or fault is None:
        return None
    named = f" {word(proxy.installation)} --project {word(proxy.project)}"
    fix = fault.hint.replace(" ID", named) or remove_command(entry)
    return ProbeFailure("error", fault.message or failure.cause, fix, failure.data)


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
    used = {proxy.installation for _, proxy in used_installations(context)}
    unsigned = [each for each in listed if each.id not in used and each.enabled and each.needs_sign_in]
    for each in unsigned:
        yield _unsigned(check._replace(title=f"`{each.name}` in PostHog", data={"installation": each.id}), each)
    if not unsigned:
        yield check._replace(data={"installations": len(listed)})


def _of_own_key(context: Context) -> tuple[Installation, ...] | None:
    """The installations of the project that our own key works in; None where there is none, or nobody may be asked."""
    source = context.key()
    if source.key is None or kind_of(source.key) != "personal API key":
        return None
    # Where that key belongs, as an entry that holds it says, which is asked about it anyway; else as its source does.
    led = (destination_of(entry, context.machine) for entry in context.trusted if not entry.switched_off)
    own = Destination(source.key, bases_of_source(source))
    where = next((where for where in led if where.key == source.key and where.bases), own)
    if not where.bases or not context.may_ask(*where.bases):
        return None
    report = look_up_key(source.key, where, context)
    if report.host is None or report.project is None or not report.usable:
        return None
    return _listed(report.host, str(report.project.id), source.key, where.ca_file, context)


def _listed(
    base: str, project: str, key: Secret, ca_file: Path | None, context: Context
) -> tuple[Installation, ...] | None:
    """The project's installations, asked once; None where nobody may be asked. Raises ApiError, WrongUsage."""
    if not context.may_ask(base):
        return None

    async def fetched() -> tuple[Installation, ...]:
        from posthog_wizard.api.client import ApiClient  # noqa: PLC0415 - it loads httpx
        from posthog_wizard.api.installations import Installations  # noqa: PLC0415

        transport, patience = way_to((base,), ca_file, context)
        left = patience.budget
        api = ApiClient(base, key, transport=transport, allow_http=True, read_timeout=left, patience=patience)
        async with transport, api as client:
            return await Installations(client, project).all()

    asked = ("installations", base, project, key, ca_file)
    return context.answers.ask(asked, lambda: asyncio.run(fetched()))
