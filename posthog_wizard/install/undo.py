"""Plan to take a run back: the same changes with the sides swapped, or, where a file moved on, our entry alone."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

from posthog_wizard.documents import jsonc
from posthog_wizard.errors import ChangedMeanwhile, ConfigError, NothingFound, WizardError
from posthog_wizard.install import files
from posthog_wizard.install.disk import Disk
from posthog_wizard.install.history import Digest, History, Record, Run, before, matches
from posthog_wizard.model import Change, Client, Dialect, Edit, Found, Machine, Outcome, Place, Plan, Step


def plan_undo(
    history: History,
    run: Run,
    machine: Machine,
    disk: Disk,
    clients: Mapping[str, Client],
    *,
    client: str | None = None,
) -> Plan:
    """A plan that takes back what is left of a run, or of one client in it; last step first.

    Raises NothingFound when the run did nothing to that client.
    """
    records = [record for record in run.records if client in (None, record.client)]
    if not records:
        raise NothingFound(f"the change `{run.change_id}` did nothing to `{client}`")
    ...
