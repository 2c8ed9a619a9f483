"""Every fault is found, nothing else is, the repair mends what it says and can be undone, and no key gets out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from posthog_wizard.cli.doctor import show_checks
from posthog_wizard.doctor.report import markdown
from posthog_wizard.doctor.runner import run_tasks
from tests.doctor.faults import FAULTS
from tests.support.doctor_contexts import Body, Fault, findings
from tests.support.leaks import leaks
from tests.support.machines import KEY
from tests.support.program import OTHER_KEY, PROJECT_KEY

TOKENS = (KEY, OTHER_KEY, PROJECT_KEY, "zK4mW9xQ2vB7nR5t", "Qw3rTy8Ui0pAs5dFgH2jKl9ZxCv7bNm1")


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))
def test_a_fault_is_found_and_nothing_else_no_key_gets_out_and_its_repair_can_be_undone(
    fault: Fault, public: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = fault.body(public)
    context, before = body.context(), body.contents()
    checks = run_tasks(context, body.rows)
    assert findings(checks) == fault.fires
    assert all(check.cause and check.fix for check in checks if check.status in {"warn", "fail"})
    assert any(check.fixable for check in checks) == (set(fault.fires) > set(fault.left))
    show_checks(checks, context.options)
    said = [check._asdict() | {"repair": None, "data": dict(check.data)} for check in checks]
    assert leaks((json.dumps(said) + markdown(context, checks) + capsys.readouterr().out).encode(), TOKENS) == []
    assert body.contents() == before
    change_id = body.repair(checks)
    assert sorted(body.findings()) == sorted(fault.left)
    body.undo(change_id)
    assert body.contents() == before


def test_the_table_is_large_and_its_names_are_told_apart() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 60


def test_a_machine_without_clients_is_told_so(public: Path) -> None:
    assert Body(public).findings() == {"install.entries": "warn"}
