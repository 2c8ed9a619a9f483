"""`mcp list`: every known client, where its file is, and in what state our entry is."""

from posthog_wizard.cli import output
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.documents.masking import mask_text
from posthog_wizard.model import Found, Json, Scope
from posthog_wizard.operations import list
from posthog_wizard.plan.limits import words_of_limits
from posthog_wizard.plan.state import EntryState
from posthog_wizard.printable import printable

_LIMITS = ("organization", "project", "read_only", "features", "tools")
_OF_INSTALLED = ("client", "scope", "path", "name", "entry", "transport", "secret")
_WORDS = {
    "none": "no entry",
    "current": "has PostHog",
    "outdated": "has an old entry; `{add}` renews it",
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
            installations=[
                {field: shown[field] for field in _OF_INSTALLED}
                for row in rows
                for name, state in row.installed
                for shown in [_row(row.found, state, name)]
            ],
        )
        return 0
    for row in (row for row in rows if row.found.detected):
        lines = [_line(row.found, row.state), *(f"{'':4}and {_what(state)}" for state in row.further)]
        for name, state in row.installed:
            old = "; `mcp add --installation` renews it" if state.standing == "outdated" else ""
            way = f"{state.transport}, key: {state.secret}"
            lines.append(f"{'':4}and `{mask_text(name)}`, an installed server ({way}){old}")
        output.result(printable("\n".join(lines), keep="\n"))
    absent = [row.found.client.title for row in rows if not row.found.detected]
    output.result(f"not found on this machine: {', '.join(absent)}")
    return 0


def _row(found: Found, state: EntryState, name: str | None = None) -> dict[str, Json]:
    said = {"name": name or state.name or None, "host": state.host}
    said |= {field: getattr(state.limits, field) or None for field in _LIMITS}
    return {
        "client": found.client.id,
        "title": found.client.title,
        "detected": found.detected,
        "scope": found.place.scope,
        "path": str(found.path),
        "entry": state.standing,
        "transport": state.transport,
        "secret": state.secret,
        **output.masked_values(said),
    }


def _line(found: Found, state: EntryState) -> str:
    sign = {"current": "*", "outdated": "~", "foreign": "!", "unreadable": "!"}.get(state.standing, " ")
    add = "mcp add --scope project" if found.place.scope == "project" else "mcp add"
    told = _WORDS[state.standing].format(add=add)
    first, where = f"{sign} {found.client.title:24} {told}", f"\n{'':4}{found.path}"
    if state.transport or state.drifted:
        return f"{first}{where}\n{'':4}{_what(state)}"
    return f"{first}{f': {state.problem}' if state.problem else ''}{where}"


def _what(state: EntryState) -> str:
    """An entry in one line: its name, where it leads, how, and its limits."""
    host = f" of {state.host}" if state.host else ""
    way = (f"{state.transport}{host}", f"key: {state.secret}") if state.transport else ("another server",)
    parts = (*way, words_of_limits(state.limits))
    since = "; changed since `mcp add` wrote it, `mcp doctor` says how" if state.drifted else ""
    return mask_text(f"`{state.name or ''}`: {', '.join(filter(None, parts))}{since}")
