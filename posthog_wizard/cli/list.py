"""`mcp list`: every known client, where its file is, and in what state our entry is."""

from __future__ import annotations

from posthog_wizard.cli import output, shared_options
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.model import Found, Json
from posthog_wizard.operations import list
from posthog_wizard.plan.state import EntryState

_WORDS = {
    "none": "no entry",
    "current": "has PostHog",
    "outdated": "has an old entry; `mcp add` renews it",
    "foreign": "has an entry of that name which is not PostHog's",
    "unreadable": "cannot be read",
}


def command(scope: shared_options.ScopeOption = "user", json: shared_options.JsonOption = False) -> int:
    """Show every known client, and where PostHog is.

    posthog-wizard mcp list

    posthog-wizard mcp list --scope project
    """
    rows = list.run(scope, this_run().machine)
    if json:
        output.json_document(
            output.SCHEMAS["list"],
            clients=[_row(row.found, row.state) for row in rows],
            installations=[_server(row.found, name, state) for row in rows for name, state in row.installed],
        )
        return 0
    for row in (row for row in rows if row.found.detected):
        output.result(_line(row.found, row.state))
        for name, state in row.installed:
            output.result(_server_line(name, state))
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
    }


def _server(found: Found, name: str, state: EntryState) -> Json:
    """An entry for a server that is installed in PostHog; the entries of PostHog itself are the clients' rows."""
    from posthog_wizard.documents.masking import mask_text

    row = _row(found, state)
    return {
        **{field: row[field] for field in ("client", "scope", "path")},
        "name": mask_text(name),
        **{field: row[field] for field in ("entry", "transport", "secret")},
    }


def _server_line(name: str, state: EntryState) -> str:
    from posthog_wizard.documents.masking import mask_text

    old = "; `mcp add --installation` renews it" if state.standing == "outdated" else ""
    return f"{'':27}and `{mask_text(name)}`, an installed server ({state.transport}, key: {state.secret}){old}"


def _line(found: Found, state: EntryState) -> str:
    sign = {"current": "*", "outdated": "~", "foreign": "!", "unreadable": "!"}.get(state.standing, " ")
    how = f" ({state.transport}, key: {state.secret})" if state.transport else ""
    problem = f": {state.problem}" if state.problem else ""
    return f"{sign} {found.client.title:24} {_WORDS[state.standing]}{how}{problem}\n{'':27}{found.path}"
