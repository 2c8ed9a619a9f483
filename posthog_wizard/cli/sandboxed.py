"""The sandbox for commands: where it is kept, how it is opened, and what it says of its key."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from posthog_wizard.api.hosts import SANDBOX
from posthog_wizard.cli import output
from posthog_wizard.cli.verdict import Verdict
from posthog_wizard.errors import NotSupported, WizardError
from posthog_wizard.model import Limits, Machine, Secret, Wish

if TYPE_CHECKING:
    from posthog_wizard.api.key_report import KeyReport
    from posthog_wizard.cli.change import Manner
    from posthog_wizard.sandbox.data import Progress
    from posthog_wizard.sandbox.posthog import Sandbox
    from posthog_wizard.tools.workspace import Access

SHOWN = "claude-code"  # whose entry is shown where there is no client
LIBRARIES = ("duckdb", "sqlglot", "filelock")


def directory(machine: Machine) -> Path:
    """Where the sandbox keeps its data and its rows."""
    return machine.data_directory / "sandbox"


def check_installed() -> None:
    """Raise NotSupported where the libraries of the extra `sandbox` are missing."""
    missing = [name for name in LIBRARIES if find_spec(name) is None]
    if missing:
        raise NotSupported(
            f"the sandbox needs {' and '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed",
            "install it with `pip install 'posthog-wizard[sandbox]'`",
        )


def opened(machine: Machine, *, well_known_keys: bool = False) -> Sandbox:
    """The sandbox of this user, made where there is none. Raises WizardError where its folder cannot be used."""
    import sqlite3

    from posthog_wizard.sandbox.leafline import leafline

    try:
        return leafline(directory(machine), well_known_keys=well_known_keys)
    except OSError as problem:
        raise WizardError(
            f"the sandbox cannot be kept in `{directory(machine)}`: {problem.strerror or problem}",
            "make that folder writable, or set XDG_DATA_HOME",
        ) from problem
    except sqlite3.Error as problem:
        raise WizardError(
            f"the sandbox in `{directory(machine)}` cannot be read: {problem}",
            f"delete the folder `{directory(machine)}`: the next start makes it anew",
        ) from problem


def prepare(machine: Machine, progress: Progress) -> None:
    """Make the sample data and the rows where they are not there yet, so that nobody waits for them later."""
    from posthog_wizard.sandbox.data import ensure

    sandbox = opened(machine)
    try:
        ensure(directory(machine), progress)
    finally:
        sandbox.close()


def access(machine: Machine, limits: Limits) -> Access:
    """The sandbox as `mcp serve` reaches it: in this process."""
    from posthog_wizard.sources import KeySource
    from posthog_wizard.tools.workspace import Access

    sandbox = opened(machine)
    key = KeySource("store", "the sandbox", lambda: Secret(sandbox.key))
    return Access(host=SANDBOX, limits=limits, embedded=sandbox.exchange, source=key)


def settle(limits: Limits, machine: Machine, *, dry_run: bool) -> Verdict:
    """The verdict on the sandbox's own key. Unless it is a dry run, everything is made that an agent will ask for.

    Raises NotSupported without the libraries, WizardError where the sandbox cannot be kept.
    """
    check_installed()
    if not dry_run:
        with output.bar("making the sample data") as progress:
            prepare(machine, progress)
    return Verdict(None, "sandbox", report(limits))


def show_entry(wish: Wish, manner: Manner, machine: Machine) -> int:
    """What would be written, where there is no client to write it for."""
    verdict = settle(wish.limits, machine, dry_run=True)
    if manner.json:
        no_change = output.EMPTY[output.SCHEMAS["add"]]
        output.document(output.SCHEMAS["add"], **{**no_change, "dry_run": manner.dry_run, "key": verdict.document()})
        return 0
    from posthog_wizard.clients import CLIENTS
    from posthog_wizard.clients.entries import render
    from posthog_wizard.plan.servers import server_for

    client = CLIENTS[SHOWN]
    style = client.places[0].style
    entry = {client.places[0].container[0]: {wish.name: render(style, server_for(client, style, wish))}}
    output.say(f"no AI client was found on this machine; in {client.title} this would be added:")
    output.result(json.dumps(entry, indent=2))
    output.say("for another client: `posthog-wizard mcp print CLIENT --sandbox`")
    return 0


def report(limits: Limits) -> KeyReport:
    """What is known of the sandbox's key without opening it."""
    from posthog_wizard.api.key_report import KeyReport, Named
    from posthog_wizard.sandbox import story

    project = Named(int(limits.project)) if limits.project else Named(story.PROJECT_ID, story.PROJECT_NAME)
    return KeyReport(
        "valid",
        SANDBOX,
        "sandbox",
        user=story.USER_EMAIL,
        organization=Named(story.ORGANIZATION_ID, story.ORGANIZATION_NAME),
        project=project,
        scopes=("*",),
    )
