"""The attacks would succeed if the decision were another one, and nobody else makes it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import posthog_wizard
from posthog_wizard.clients import CLIENTS
from posthog_wizard.doctor.checks import CHECKS
from posthog_wizard.doctor.collecting import collect
from posthog_wizard.doctor.context import DoctorOptions, Entry, OwnKey
from posthog_wizard.doctor.runner import run_tasks
from tests.attacks.test_project_files import BRIDGE, HOSTED, PROXIED, REFERENCE, by_name, remote
from tests.support.canaries import Canaries

Decide = Callable[[Entry], Entry]
ROWS: dict[str, Callable[[Canaries], Any]] = {
    "a program": lambda c: {"command": c.program("posthog-wizard"), "args": BRIDGE},
    "a shell": lambda c: {"command": "/bin/sh", "args": ["-c", c.program("git"), HOSTED]},
    "PATH": lambda c: {**by_name(BRIDGE, PATH=str(Path(c.program("bin/npx")).parent)), "command": "npx"},
    "an address": lambda c: remote(c.server.url, "phx_abcdefghijklmnopqrstuvwxyz0123"),
    "an installed server": lambda c: remote(c.server.url + PROXIED, REFERENCE),
}


def as_judged(entry: Entry) -> Entry:
    return entry


def as_trusted(entry: Entry) -> Entry:
    return entry._replace(doubt=None)


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize(("decide", "sings"), [(as_judged, False), (as_trusted, True)])
def test_it_is_the_decision_that_holds(name: str, decide: Decide, sings: bool, tmp_path: Path) -> None:
    from tests.attacks.test_properties import visited

    with Canaries(tmp_path) as canaries:
        canaries.plant(lambda _: ROWS[name](canaries), "claude-code")
        options = DoctorOptions((CLIENTS["claude-code"],), scope="project", timeout=10)
        patient = collect(visited(canaries), options, lambda: OwnKey(None))
        run_tasks(patient._replace(entries=tuple(map(decide, patient.entries))), CHECKS)
        assert bool(canaries.sung) == sings


def test_only_two_modules_say_that_an_entry_is_trusted() -> None:
    folder = Path(posthog_wizard.__file__).parent
    says = [
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*.py")
        if re.search(r"\bTrusted\(", path.read_text())
    ]
    assert sorted(says) == ["doctor/context.py", "doctor/trust.py"]
