"""`mcp list`: every known client, where its file is, and in what state our entry is."""

from __future__ import annotations

from typing import Any

from posthog_wizard.cli import output
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.documents.masking import mask_text
from posthog_wizard.model import Found, Json, Scope
from posthog_wizard.operations import list
from posthog_wizard.plan.limits import words_of_limits
from posthog_wizard.plan.state import EntryState
from posthog_wizard.printable import printable

_LIMITS = ("organization", "project", "read_only", "features", "tools")
_WORDS = {
    "none": "no entry",
    "current": "has PostHog",
    "outdated": "has an old entry; `mcp add` renews it",
    "foreign": "has an entry of that name which is not PostHog's",
    "unreadable": "cannot be read",
}


def command(scope: Scope = "user", json: bool = False) -> int:
    """Show every known client, and where PostHog is.

    posthog-wizard mcp list

    posthog-wizard mcp list --scope project
    """
    rows = list.run(scope, this_run().machine)
    if json:
        output.json_document(
            output.SCHEMAS["list"],
            clients=[_row(row.found, state) for row in rows for state in (row.state, *row.further)],
            installations=[_server(row.found, name, state) for row in rows for name, state in row.installed],
        )
        return 0
    for row in (row for row in rows if row.found.detected):
        lines = [_line(row.found, row.state), *(f"{'':4}and {_what(state)}" for state in row.further)]
        lines += [_server_line(name, state) for name, state in row.installed]
        output.result(printable("\n".join(lines), keep="\n"))
    absent = [row.found.client.title for row in rows if not row.found.detected]
    output.result(f"not found on this machine: {', '.join(absent)}")
    return 0


def _row(found: Found, state: EntryState) -> Json:
    return {
        "client": found.client.id,
        "title": found.client.title,
        "detected": found.detected,
        "scope": found.place.scope,
        "path": str(found.path),
        "entry": state.standing,
        "transport": state.transport,
        "secret": state.secret,
        "name": mask_text(state.name) if state.name else None,
        "host": state.host and mask_text(state.host),
        **{field: _masked(getattr(state.limits, field) or None) for field in _LIMITS},
    }


def _masked(limit: Any) -> Json:
    if isinstance(limit, tuple):
        return [mask_text(name) for name in limit]
    return mask_text(limit) if isinstance(limit, str) else limit


def _server(found: Found, name: str, state: EntryState) -> Json:
    """An entry for a server that is installed in PostHog; the entries of PostHog itself are the clients' rows."""
    row = {**_row(found, state), "name": mask_text(name)}
    return {field: row[field] for field in ("client", "scope", "path", "name", "entry", "transport", "secret")}


def _server_line(name: str, state: EntryState) -> str:
    old = "; `mcp add --installation` renews it" if state.standing == "outdated" else ""
    return f"{'':4}and `{mask_text(name)}`, an installed server ({state.transport}, key: {state.secret}){old}"


def _line(found: Found, state: EntryState) -> str:
    sign = {"current": "*", "outdated": "~", "foreign": "!", "unreadable": "!"}.get(state.standing, " ")
    problem = f": {state.problem}" if state.problem else ""
    where = f"{'':4}{found.path}"
    if not (state.transport or state.drifted):
        return f"{sign} {found.client.title:24} {_WORDS[state.standing]}{problem}\n{where}"
    return f"{sign} {found.client.title:24} {_WORDS[state.standing]}\n{where}\n{'':4}{_what(state)}"


def _what(state: EntryState) -> str:
    """An entry in one line: its name, where it leads, how, and its limits."""
    host = f" of {state.host}" if state.host else ""
    limits = words_of_limits(state.limits)
    way = (f"{state.transport}{host}", f"key: {state.secret}") if state.transport else ("another server",)
    parts = (*way, limits)
    since = "; changed since `mcp add` wrote it, `mcp doctor` says how" if state.drifted else ""
    return mask_text(f"`{state.name or ''}`: {', '.join(filter(None, parts))}{since}")
