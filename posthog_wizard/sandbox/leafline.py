"""The sandbox as users have it: the sample company's rows and events in one directory."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from posthog_wizard.sandbox.api.known_keys import KEYS
from posthog_wizard.sandbox.posthog import Sandbox
from posthog_wizard.sandbox.private import claim, claim_contents
from posthog_wizard.sandbox.sample.sample_rows import sample_rows

if TYPE_CHECKING:
    from posthog_wizard.sandbox.engine import Engine


def leafline(directory: Path, *, well_known_keys: bool = False) -> Sandbox:
    """The sandbox in that directory, which is made where there is none. The engine comes with the first query.

    `well_known_keys`: take the documented keys too. The directory and the one above it are this user's alone from now
    on. Raises WizardError where they cannot be, OSError for the system's refusals.
    """
    claim(directory.parent)
    claim(directory)
    claim_contents(directory)

    @cache
    def engine() -> Engine:
        from posthog_wizard.sandbox.engine import Engine  # noqa: PLC0415 - DuckDB is loaded with the first query

        return Engine(directory)

    return Sandbox(directory, samples=sample_rows, engine=engine, keys=KEYS if well_known_keys else ())
