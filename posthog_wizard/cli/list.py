"""`mcp list`: every known client, where its file is, and in what state our entry is."""

from __future__ import annotations

from posthog_wizard.cli import output, shared_options
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.clients import CLIENTS
from posthog_wizard.install.detect import detect
from posthog_wizard.install.ownership import left_by_us, written_by_us
from posthog_wizard.model import Found, Json
from posthog_wizard.plan.state import EntryState, installed_in, state_of
from posthog_wizard.settings import named_hosts

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
    machine = this_run().machine
    known, left, hosts = written_by_us(machine), left_by_us(machine), named_hosts(machine)
    rows = [
        (found, state_of(found, "posthog", machine.launcher, known, left, hosts))
        for found in detect(CLIENTS.values(), machine, scope)
    ]
    servers = [
        (found, name, state_of(found, name, machine.launcher, known, left, hosts))
        for found, _ in rows
        for name in installed_in(found, known, hosts)
    ]
    if json:
        output.json_document(
            output.SCHEMAS["list"],
            clients=[_row(found, state) for found, state in rows],
            installations=[_server(found, name, state) for found, name, state in servers],
        )
        return 0
    for found, state in rows:
        output.result(_line(found, state))
        for holder, name, its in servers:
            if holder is found:
                output.result(_server_line(name, its))
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
    if not found.detected:
        return f"  {found.client.title:24} not found on this machine"
    sign = {"current": "*", "outdated": "~", "foreign": "!", "unreadable": "!"}.get(state.standing, " ")
    how = f" ({state.transport}, key: {state.secret})" if state.transport else ""
    problem = f": {state.problem}" if state.problem else ""
    return f"{sign} {found.client.title:24} {_WORDS[state.standing]}{how}{problem}\n{'':27}{found.path}"
