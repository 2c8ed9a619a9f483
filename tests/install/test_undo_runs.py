"""Which run an undo takes, and what becomes of the runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from posthog_wizard.clients import CLIENTS
from posthog_wizard.errors import NothingFound
from posthog_wizard.install import journal
from posthog_wizard.install.apply import apply
from posthog_wizard.model import Machine, Outcome
from tests.support.disks import TimelessDisk
from tests.support.machines import KEY
from tests.support.plans import add, together
from tests.support.undoing import do, history, kinds, planned, undo

OTHER = b'{"mcpServers": {"other": {"url": "https://example.com"}}} // mine\n'


def edited(text: bytes) -> bytes:
    return text.replace(b"/mcp/posthog", b"/mcp/edited")


def test_undo_twice_takes_the_run_before(here: Machine, path: Path) -> None:
    path.write_bytes(OTHER)
    texts = [path.read_bytes()]
    do(here, add(path, "one"))
    texts.append(path.read_bytes())
    do(here, add(path, "two"))
    undo(here)
    assert path.read_bytes() == texts[1]
    undo(here)
    assert path.read_bytes() == texts[0]
    with pytest.raises(NothingFound):
        undo(here)


def test_an_undo_can_be_undone_and_redone(here: Machine, path: Path) -> None:
    path.write_bytes(OTHER)
    added = do(here, add(path))
    with_us = path.read_bytes()
    taken = undo(here).change_id
    assert kinds(undo(here, taken)) == ["restored"]
    assert path.read_bytes() == with_us
    assert history(here).last().change_id == added
    assert (kinds(undo(here)), path.read_bytes()) == (["restored"], OTHER)


def test_a_file_that_undo_deleted_comes_back_private(here: Machine, tmp_path: Path) -> None:
    path = tmp_path / "a/b/mcp.json"
    do(here, add(path))
    taken = undo(here).change_id
    assert kinds(undo(here, taken)) == ["restored"]
    assert (KEY in path.read_text(), path.stat().st_mode & 0o777) == (True, 0o600)


def test_a_run_that_was_taken_back_is_unchanged(here: Machine, path: Path) -> None:
    added = do(here, add(path))
    taken = undo(here).change_id
    again = undo(here, added)
    assert (again.change_id, [(o.outcome, o.reason) for o in again.outcomes]) == (
        None,
        [("unchanged", "this was taken back already")],
    )
    assert kinds(undo(here, taken)) == ["restored"]
    assert history(here).last().change_id == added


def test_one_client_of_a_run(here: Machine, path: Path) -> None:
    second = path.with_name("second.json")
    added = do(here, together(add(path), add(second, client="vscode")))
    applied = undo(here, added, "vscode")
    assert ([outcome.client for outcome in applied.outcomes], path.exists(), second.exists()) == (
        ["vscode"],
        True,
        False,
    )
    assert history(here).last().change_id == added
    applied = undo(here)
    assert ([(o.client, o.outcome) for o in applied.outcomes], path.exists()) == (
        [("cursor", "restored"), ("vscode", "unchanged")],
        False,
    )


def test_a_client_that_the_run_did_not_touch_is_an_error(here: Machine, path: Path) -> None:
    added = do(here, add(path))
    with pytest.raises(NothingFound, match=f"the change `{added}` did nothing to `zed`"):
        planned(here, added, "zed")


def test_a_failed_undo_can_be_tried_again(here: Machine, path: Path) -> None:
    path.write_bytes(OTHER)
    do(here, add(path))
    ours = path.read_bytes()
    path.write_bytes(edited(ours))
    assert kinds(undo(here)) == ["failed"]
    path.write_bytes(ours)
    assert (kinds(undo(here)), path.read_bytes()) == (["restored"], OTHER)


def test_a_mark_that_cannot_be_made_is_no_failure(here: Machine, path: Path) -> None:
    """The run was pruned in the meantime."""
    added = do(here, add(path))
    run, plan = planned(here)
    (journal.folder(here) / f"{added}.jsonl").unlink()
    applied = apply(plan, here, command="mcp undo", disk=TimelessDisk(), undoes=run.change_id)
    assert kinds(applied) == ["restored"]


@pytest.mark.parametrize("written", [True, False])
def test_a_run_that_was_killed_is_taken_back_if_it_came_that_far(here: Machine, path: Path, written: bool) -> None:
    path.write_bytes(OTHER)
    change_id = do(here, add(path))
    file = journal.folder(here) / f"{change_id}.jsonl"
    file.write_bytes(b"".join(file.read_bytes().splitlines(keepends=True)[:2]))
    path.write_bytes({True: path.read_bytes(), False: OTHER}[written])
    assert history(here).runs[0].records[0].written is None
    assert (kinds(undo(here)), path.read_bytes()) == (["restored" if written else "unchanged"], OTHER)


def test_outcomes_name_the_place(here: Machine, path: Path) -> None:
    do(here, add(path))
    assert undo(here).outcomes == (
        Outcome("cursor", "user", path, "restored", None, None, CLIENTS["cursor"].next_step("restored"), "posthog"),
    )
