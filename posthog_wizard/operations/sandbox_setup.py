"""The sandbox for use cases: where it is kept, how it is opened, and what it says of its key."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from posthog_wizard.api.hosts import SANDBOX_BASE
from posthog_wizard.errors import WizardError
from posthog_wizard.model import DesiredServer, Json, Limits, Machine, Secret
from posthog_wizard.operations.dialogue import Report
from posthog_wizard.operations.key_check import KeyCheck
from posthog_wizard.own_files import refusal_hint

if TYPE_CHECKING:
    from posthog_wizard.api.key_report import KeyReport
    from posthog_wizard.sandbox.posthog import Sandbox
    from posthog_wizard.sandbox.sample.data import Progress
    from posthog_wizard.tools.workspace import Access

EXAMPLE_CLIENT = "claude-code"  # whose entry is shown where there is no client


def _directory(machine: Machine) -> Path:
    """Where the sandbox keeps its data and its rows."""
    return machine.data_directory / "sandbox"


def open_sandbox(machine: Machine, *, well_known_keys: bool = False) -> Sandbox:
    """The sandbox of this user, made where there is none. Raises WizardError where its folder cannot be used."""
    import sqlite3

    from posthog_wizard.sandbox.posthog import leafline

    try:
        return leafline(_directory(machine), well_known_keys=well_known_keys)
    except OSError as problem:
        raise _unkept(machine, problem) from problem
    except sqlite3.OperationalError as problem:  # the disk is full, or somebody else writes: its rows are whole
        told = f"the sandbox in `{_directory(machine)}` cannot be used: {problem}"
        raise WizardError(told, "free some space on that disk, end other sandboxes, then try again") from problem
    except sqlite3.Error as problem:
        told = f"the sandbox in `{_directory(machine)}` cannot be read: {problem}"
        raise WizardError(
            told, "move that folder away: the next start makes it anew, without what was made"
        ) from problem


def _unkept(machine: Machine, problem: OSError) -> WizardError:
    hint = refusal_hint(problem, _directory(machine)) or "make that folder writable, or set XDG_DATA_HOME"
    return WizardError(f"the sandbox cannot be kept in `{_directory(machine)}`: {problem.strerror or problem}", hint)


def prepare_sample(machine: Machine, progress: Progress) -> None:
    """Make the sample data and the rows where they are not there yet, so that nobody waits for them later."""
    from posthog_wizard.sandbox.sample.data import ensure

    sandbox = open_sandbox(machine)
    try:
        ensure(_directory(machine), progress)
    except OSError as problem:
        raise _unkept(machine, problem) from problem
    finally:
        sandbox.close()


def sandbox_access(machine: Machine, limits: Limits) -> Access:
    """The sandbox as `mcp serve` reaches it: in this process."""
    from posthog_wizard.settings import KeySource
    from posthog_wizard.tools.workspace import Access

    sandbox = open_sandbox(machine)
    key = KeySource("store", "the sandbox", lambda: Secret(sandbox.key))
    return Access(host=SANDBOX_BASE, limits=limits, embedded=sandbox.exchange, source=key)


def sandbox_key_check(limits: Limits, machine: Machine, report: Report, *, dry_run: bool) -> KeyCheck:
    """The verdict on the sandbox's own key. Unless it is a dry run, everything is made that an agent will ask for.

    Raises NotSupported without the libraries, WizardError where the sandbox cannot be kept.
    """
    from posthog_wizard.sandbox.engine import check_installed

    check_installed()
    if not dry_run:
        with report.bar("making the sample data") as progress:
            prepare_sample(machine, progress)
    return KeyCheck(None, "sandbox", _report(limits))


def example_entry(desired: DesiredServer) -> Json:
    """What would be written for one client, where there is none to write it for."""
    from posthog_wizard.clients import CLIENTS
    from posthog_wizard.clients.entries import render_entry
    from posthog_wizard.plan.servers import server_for

    client = CLIENTS[EXAMPLE_CLIENT]
    place = client.places[0]
    entry = render_entry(place.schema, server_for(client, place.schema, desired), desired.name)
    return {place.container[0]: {desired.name: entry}}


def _report(limits: Limits) -> KeyReport:
    """What is known of the sandbox's key without opening it."""
    from posthog_wizard.api.key_report import KeyReport, Named
    from posthog_wizard.sandbox.sample import catalog

    project = Named(int(limits.project)) if limits.project else Named(catalog.PROJECT_ID, catalog.PROJECT_NAME)
    return KeyReport(
        "valid",
        SANDBOX_BASE,
        "sandbox",
        user=catalog.USER["email"],
        organization=Named(catalog.ORGANIZATION_ID, catalog.ORGANIZATION_NAME),
        project=project,
        scopes=("*",),
    )
