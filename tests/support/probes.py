"""A machine whose clients hold the entries that a test gives them, examined by the checks that ask somebody."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from posthog_wizard.clients import CLIENTS
from posthog_wizard.doctor.check import Check, Status
from posthog_wizard.doctor.checks import PROBES
from posthog_wizard.doctor.collecting import collect
from posthog_wizard.doctor.context import DoctorOptions, OwnKey
from posthog_wizard.doctor.runner import run_tasks
from posthog_wizard.model import Scope
from tests.support.homes import FILES, PROJECT_FILES, container, home
from tests.support.leaks import leaks
from tests.support.machines import KEY, machine
from tests.support.program import OTHER_KEY

PATH = "/usr/bin:/bin"
NOBODY_THERE = {"HTTPS_PROXY": "http://127.0.0.1:9"}  # the way to every PostHog ends there
ASKING = tuple(row for row in PROBES if not row.id.startswith("installation."))
"""The checks that ask somebody, but for those of installed servers, which have tests of their own."""


class Trial(NamedTuple):
    """What was found, and after how many seconds."""

    checks: tuple[Check, ...]
    seconds: float

    @property
    def statuses(self) -> dict[str, Status]:
        """Id -> status of what is not in order, the worst where there are several."""
        bad = sorted((check for check in self.checks if check.status in {"warn", "fail"}), key=_badness)
        return {check.id: check.status for check in bad}

    def of(self, check_id: str) -> list[Check]:
        """The checks of that id."""
        return [check for check in self.checks if check.id == check_id]

    def one(self, check_id: str) -> Check:
        """The only check of that id."""
        (only,) = self.of(check_id)
        return only

    @property
    def leaked(self) -> list[str]:
        """How keys got into what is said."""
        said = [check._asdict() | {"repair": None, "data": dict(check.data)} for check in self.checks]
        return leaks(json.dumps(said).encode(), (KEY, OTHER_KEY))


def _badness(check: Check) -> bool:
    return check.status == "fail"


def examined(
    root: Path,
    entries: Mapping[str, Any],
    *,
    environment: Mapping[str, str] | None = None,
    timeout: float = 20.0,
    scope: Scope = "user",
    launcher: tuple[str, ...] = ("/opt/posthog-wizard/bin/posthog-wizard",),
    source: OwnKey | None = OwnKey(None),  # noqa: B008 - a frozen value
    **options: Any,
) -> Trial:
    """`source` None: the machine's own. Each client of `entries` with its entry `posthog`; a dict of dicts under `*` gives names of their own."""
    files = FILES if scope == "user" else PROJECT_FILES
    place = home(root, *entries)
    for client, entry in entries.items():
        named = entry.get("*", {"posthog": entry})
        (place / files[client]).parent.mkdir(parents=True, exist_ok=True)
        (place / files[client]).write_text(json.dumps({container(client): named}))
    known = {"PATH": PATH, "HOME": str(place), **(environment or {})}
    context = collect(
        machine(root, launcher=launcher, environment=known),
        DoctorOptions(tuple(CLIENTS[client] for client in entries), timeout=timeout, scope=scope, **options),
        None if source is None else lambda: source,
    )
    begun = time.monotonic()
    return Trial(run_tasks(context, ASKING), time.monotonic() - begun)
