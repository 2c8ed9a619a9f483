"""The sandbox as users have it: the sample company's rows and events in one directory."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from posthog_wizard.sandbox.posthog import Sandbox
from posthog_wizard.sandbox.samples import rows

if TYPE_CHECKING:
    from posthog_wizard.sandbox.engine import Engine


def leafline(directory: Path) -> Sandbox:
    """The sandbox in that directory, which is made where there is none. The engine comes with the first query."""

    @cache
    def engine() -> Engine:
        from posthog_wizard.sandbox.engine import Engine  # noqa: PLC0415 - DuckDB is loaded with the first query

        return Engine(directory)

    return Sandbox(directory, samples=rows, engine=engine)
