"""The sandbox for use cases: where it is kept, how it is opened, and what it says of its key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from posthog_wizard.api.hosts import SANDBOX_BASE
from posthog_wizard.errors import WizardError
from posthog_wizard.model import Limits, Machine, Secret
from posthog_wizard.operations.dialogue import Report
from posthog_wizard.operations.key_check import KeyCheck
from posthog_wizard.own_files import refusal_hint

if TYPE_CHECKING:
    from posthog_wizard.sandbox.posthog import Sandbox
    from posthog_wizard.sandbox.sample.data import Progress
    from posthog_wizard.tools.workspace import Access

EXAMPLE_CLIENT = "claude-code"  # whose entry is shown where there is no client


def _directory(machine: Machine) -> Path:
    return machine.data_directory / "sandbox"


def open_sandbox(machine: Machine, *, well_known_keys: bool = False) -> Sandbox:
    """The sandbox of this user, made where there is none. Raises WizardError where its folder cannot be used."""
    from posthog_wizard.sandbox.posthog import leafline

    with _kept_in(_directory(machine)) as folder:
        return leafline(folder, well_known_keys=well_known_keys)


@contextmanager
def _kept_in(folder: Path) -> Iterator[Path]:
    """What keeps the sandbox from its folder, in words."""
    import sqlite3

    try:
        yield folder
    except OSError as problem:
        hint = refusal_hint(problem, folder) or "make that folder writable, or set XDG_DATA_HOME"
        told = f"the sandbox cannot be kept in `{folder}`: {problem.strerror or problem}"
        raise WizardError(told, hint) from problem
    except sqlite3.OperationalError as problem:  # the disk is full, or somebody else writes: its rows are whole
        hint = "free some space on that disk, end other sandboxes, then try again"
        raise WizardError(f"the sandbox in `{folder}` cannot be used: {problem}", hint) from problem
    except sqlite3.Error as problem:
        hint = "move that folder away: the next start makes it anew, without what was made"
        raise WizardError(f"the sandbox in `{folder}` cannot be read: {problem}", hint) from problem


def prepare_sample(machine: Machine, progress: Progress) -> None:
    """Make the sample data and the rows where they are not there yet, so that nobody waits for them later."""
    from posthog_wizard.sandbox.sample.data import ensure

    with closing(open_sandbox(machine)), _kept_in(_directory(machine)) as folder:
        ensure(folder, progress)


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
    from posthog_wizard.api.key_report import KeyReport, Named
    from posthog_wizard.sandbox.engine import check_installed
    from posthog_wizard.sandbox.sample import catalog

    check_installed()
    if not dry_run:
        with report.bar("making the sample data") as progress:
            prepare_sample(machine, progress)
    known = KeyReport(
        "valid",
        SANDBOX_BASE,
        "sandbox",
        user=catalog.USER["email"],
        organization=Named(catalog.ORGANIZATION_ID, catalog.ORGANIZATION_NAME),
        project=Named(int(limits.project)) if limits.project else Named(catalog.PROJECT_ID, catalog.PROJECT_NAME),
        scopes=("*",),
    )
    return KeyCheck(None, "sandbox", known)
