"""Carrying a plan out: every step is tried, every failure is told, nothing is half done."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.clients import CLIENTS
from posthog_wizard.errors import Cancelled, Foreign, WriteRefused
from posthog_wizard.install.apply import LOOK_AFTER, LOOKS, Applied, apply
from posthog_wizard.install.attempt import ATTEMPTS, FRESH
from posthog_wizard.install.disk import LOCK, Disk
from posthog_wizard.install.history import Run, read_history
from posthog_wizard.install.undo import Undo, plan_undo
from posthog_wizard.model import Change, OutcomeKind, Plan, Prompted, Step
from tests.support.disks import MeddledDisk, TimelessDisk, after_replacing, before_call, failing
from tests.support.machines import KEY, lay, machine
from tests.support.plans import add, remove, together

OTHER = b'{"mcpServers": {"other": {"url": "https://example.com"}}}\n'


def lay_down(path: Path, content: bytes | None) -> None:
    if content is not None:
        path.write_bytes(content)


def carry_out(plan: Plan, root: Path, disk: Disk | None = None) -> Applied:
    return apply(plan, machine(root), command="mcp add", disk=disk or TimelessDisk())


def kinds(applied: Applied) -> list[str]:
    return [outcome.outcome for outcome in applied.outcomes]


def names(path: Path) -> list[str]:
    return sorted(json.loads(path.read_text())["mcpServers"])


def runs(root: Path) -> tuple[Run, ...]:
    return read_history(machine(root), Disk()).runs


def rewrite(path: Path, text: bytes = OTHER) -> Callable[[], None]:
    """What another program does: a new file over the old one."""

    def act() -> None:
        path.with_name("theirs").write_bytes(text)
        path.with_name("theirs").replace(path)

    return act


@pytest.mark.parametrize(
    ("before", "kind"),
    [(None, "added"), (b"", "added"), (OTHER, "added"), (OTHER.replace(b"other", b"posthog"), "updated")],
)
def test_writes_and_remembers(path: Path, tmp_path: Path, before: bytes | None, kind: OutcomeKind) -> None:
    lay_down(path, before)
    plan = add(path)
    applied = carry_out(plan, tmp_path)
    assert path.read_bytes() == plan.steps[0].change.after
    assert [(o.client, o.scope, o.path, o.outcome, o.next_step) for o in applied.outcomes] == [
        ("cursor", "user", path, kind, plan.steps[0].found.client.next_step(kind))
    ]
    (run,) = runs(tmp_path)
    (record,) = run.records
    assert (run.change_id, run.command, run.undoes) == (applied.change_id, "mcp add", None)
    assert (record.before, record.after, record.outcome, record.written) == (before, path.read_bytes(), kind, True)


def test_nothing_to_change_is_no_run(path: Path, tmp_path: Path) -> None:
    carry_out(add(path), tmp_path)
    again = carry_out(add(path), tmp_path, failing("open", errno.EIO))
    assert (again.change_id, kinds(again), again.outcomes[0].next_step) == (None, ["unchanged"], None)
    assert len(runs(tmp_path)) == 1


def test_a_run_with_nothing_to_change_still_sweeps_up(path: Path, tmp_path: Path) -> None:
    carry_out(add(path), tmp_path)
    path.with_name(".mcp.json.0123456789abcdef.posthog-wizard").touch()
    assert kinds(carry_out(add(path), tmp_path)) == ["unchanged"]
    assert [file.name for file in path.parent.iterdir()] == ["mcp.json"]


def test_one_failure_does_not_stop_the_others(path: Path, tmp_path: Path) -> None:
    protected = path.with_name("protected.json")
    protected.write_bytes(OTHER)
    protected.chmod(0o444)
    applied = carry_out(together(add(protected), add(path)), tmp_path)
    assert kinds(applied) == ["failed", "added"]
    assert applied.outcomes[0].reason == f"{protected}: the file `{protected}` is read-only"
    assert applied.outcomes[0].hint == "make the file writable, or leave this client out"
    assert (applied.outcomes[0].next_step, protected.read_bytes()) == (None, OTHER)
    assert [record.written for record in runs(tmp_path)[0].records] == [False, True]


@pytest.mark.parametrize(
    ("operation", "number", "on"),
    [("open", errno.ENOSPC, "journal"), ("make_directory", errno.EROFS, "journal"), ("listdir", errno.EIO, "journal")],
)
def test_what_cannot_be_remembered_is_not_done(
    path: Path, tmp_path: Path, operation: str, number: int, on: str
) -> None:
    applied = carry_out(add(path), tmp_path, failing(operation, number, on=on))
    assert (applied.change_id, kinds(applied), path.exists()) == (None, ["failed"], False)
    assert str(tmp_path / "state/journal") in str(applied.outcomes[0].reason)


def test_a_journal_that_is_full_halfway_leaves_no_half_run(path: Path, tmp_path: Path) -> None:
    disk = before_call("fsync", full)
    applied = carry_out(add(path), tmp_path, disk)
    assert (applied.change_id, kinds(applied), runs(tmp_path)) == (None, ["failed"], ())


def full() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_result_that_cannot_be_written_down_is_no_failure(path: Path, tmp_path: Path) -> None:
    """The intention is there, and the file tells the rest."""

    def meddle(operation: str, arguments: tuple[Any, ...]) -> None:
        if operation == "write" and b'"result"' in arguments[1]:
            full()

    applied = carry_out(add(path), tmp_path, MeddledDisk(meddle))
    assert (kinds(applied), runs(tmp_path)[0].records[0].written) == (["added"], None)


def test_two_steps_on_one_file(path: Path, tmp_path: Path) -> None:
    applied = carry_out(together(add(path, "one"), add(path, "two"), add(path, "one")), tmp_path)
    assert (kinds(applied), names(path)) == (["added", "added", "unchanged"], ["one", "two"])
    first, second = runs(tmp_path)[0].records
    assert (first.before, first.after, second.after) == (None, second.before, path.read_bytes())


def test_two_links_to_one_file(path: Path, tmp_path: Path) -> None:
    path.write_bytes(OTHER)
    link = path.with_name("link.json")
    link.symlink_to(path)
    applied = carry_out(together(add(path, "one"), add(link, "two")), tmp_path)
    assert (kinds(applied), names(path)) == (["added", "added"], ["one", "other", "two"])


def test_names_are_on_the_medium_before_the_next_part_begins(path: Path, tmp_path: Path) -> None:
    """The journal's before a client's file is touched, the clients' before the journal tells how it went: once a folder."""
    linked, real = tmp_path / "link.json", tmp_path / "real/mcp.json"
    real.parent.mkdir()
    real.write_bytes(OTHER)
    linked.symlink_to(real)
    new, story = tmp_path / "made/mcp.json", list[tuple[str, Path | None]]()
    carry_out(together(add(path), add(linked), add(new), add(path, "two")), tmp_path, noting(story))
    assert [what for what, _ in story[:2]] == ["replace", "fsync_directory"]
    assert story[1][1] == tmp_path / "state/journal"
    assert story[2:6] == [("replace", path), ("replace", real), ("replace", new), ("replace", path)]
    assert {*story[6:-1]} == {("fsync_directory", one.parent) for one in (path, real, new)}
    assert story[9:] == [("result", None)]


def noting(story: list[tuple[str, Path | None]]) -> MeddledDisk:
    """A disk that notes when files get their names, when these are on the medium, and when results are written."""

    def note(operation: str, arguments: tuple[Any, ...]) -> None:
        if operation in {"replace", "fsync_directory"}:
            story.append((operation, arguments[-1]))
        if operation == "write" and b'"result"' in arguments[1]:
            story.append(("result", None))

    return MeddledDisk(note)


@pytest.mark.parametrize("hidden", ["one", "two", "three"])
def test_a_folder_that_nobody_can_see_any_more_keeps_no_other_from_the_medium(tmp_path: Path, hidden: str) -> None:
    paths = {name: tmp_path / name / "mcp.json" for name in ("one", "two", "three")}
    lay(tmp_path, *(f"{name}/" for name in paths))
    story: list[tuple[str, Path | None]] = []
    noted = noting(story).meddle

    def meddle(operation: str, arguments: tuple[Any, ...]) -> None:
        noted(operation, arguments)
        if operation == "stat" and arguments[0] == tmp_path / hidden and ("replace", paths["three"]) in story:
            raise PermissionError(errno.EACCES, "Permission denied")

    applied = carry_out(together(*map(add, paths.values())), tmp_path, MeddledDisk(meddle))
    flushed = {folder for what, folder in story if what == "fsync_directory"}
    assert (kinds(applied), flushed) == (
        ["added"] * 3,
        {tmp_path / "state/journal", *(tmp_path / name for name in paths if name != hidden)},
    )


def test_a_name_that_is_gone_with_its_folder_is_flushed_above_it(tmp_path: Path) -> None:
    path, story = tmp_path / "made/mcp.json", list[tuple[str, Path | None]]()
    carry_out(add(path), tmp_path)
    past = read_history(machine(tmp_path), Disk())
    carry_out(plan_undo(Undo(past.last(), machine(tmp_path), Disk(), CLIENTS), past), tmp_path, noting(story))
    assert (path.parent.exists(), story[2:]) == (False, [("fsync_directory", tmp_path), ("result", None)])


# ------------------------------------------------------------------ another program


def test_a_file_that_changed_since_the_plan_is_planned_anew(path: Path, tmp_path: Path) -> None:
    plan = add(path)
    rewrite(path)()
    applied = carry_out(plan, tmp_path)
    assert (kinds(applied), names(path)) == (["added"], ["other", "posthog"])
    assert runs(tmp_path)[0].records[0].before == OTHER


@pytest.mark.parametrize("times", range(1, ATTEMPTS))
def test_a_file_that_changes_while_we_write_is_tried_again(path: Path, tmp_path: Path, times: int) -> None:
    count = iter(range(100))

    def meddle() -> None:
        rewrite(path, OTHER + b" " * next(count))()

    disk = before_call("fsync", meddle, nth=2, times=times)
    applied = carry_out(add(path), tmp_path, disk)
    assert (kinds(applied), names(path), disk.acted) == (["added"], ["other", "posthog"], times)
    assert runs(tmp_path)[0].records[0].before == OTHER + b" " * (times - 1)


def test_who_loses_every_time_says_so(path: Path, tmp_path: Path) -> None:
    count = iter(range(100))

    def contended() -> None:
        rewrite(path, OTHER.replace(b"other", b"other%d" % next(count)))()

    applied = carry_out(add(path), tmp_path, before_call("fchmod", contended, times=100))
    assert kinds(applied) == ["added"]  # a new file has no mode to keep, so nobody meddled
    applied = carry_out(add(path, "second"), tmp_path, before_call("fchmod", contended, times=100))
    assert kinds(applied) == ["failed"]
    assert applied.outcomes[0].reason == f"{path}: another program changed the file in the meantime"
    assert names(path) == ["other4"]


def test_without_a_new_plan_a_change_is_final(path: Path, tmp_path: Path) -> None:
    plan = add(path)
    rewrite(path)()
    applied = carry_out(Plan(tuple(step._replace(replan=None) for step in plan.steps)), tmp_path)
    assert (kinds(applied), path.read_bytes()) == (["failed"], OTHER)


def refuse(_content: bytes | None) -> Step:
    raise Foreign("that entry is not PostHog's", "use another name")


@pytest.mark.parametrize("moment", [1, 2])
def test_a_new_plan_may_be_refused(path: Path, tmp_path: Path, moment: int) -> None:
    """Before we write anything, or between two attempts."""
    path.write_bytes(b"{}")
    plan = Plan(tuple(step._replace(replan=refuse) for step in add(path).steps))
    disk = before_call({1: "resolve", 2: "fchmod"}[moment], rewrite(path))
    applied = carry_out(plan, tmp_path, disk)
    assert (kinds(applied), applied.outcomes[0].hint) == (["failed"], "use another name")
    assert path.read_bytes() == OTHER


def test_a_file_that_cannot_be_read_any_more_is_a_failure(path: Path, tmp_path: Path) -> None:
    plan = add(path)
    path.mkdir()
    assert kinds(carry_out(plan, tmp_path)) == ["failed"]


def test_a_file_that_becomes_a_folder_between_two_attempts_is_a_failure(path: Path, tmp_path: Path) -> None:
    path.write_bytes(b"{}")

    def folder() -> None:
        path.unlink()
        path.mkdir()

    deeds = {"fchmod": rewrite(path), "sleep": folder}
    disk = MeddledDisk(lambda operation, _arguments: deeds.get(operation, lambda: None)())
    applied = carry_out(add(path), tmp_path, disk)
    assert (kinds(applied), applied.outcomes[0].reason) == (["failed"], f"{path}: this is a directory, not a file")


def test_what_another_wizard_did_meanwhile_is_unchanged(path: Path, tmp_path: Path) -> None:
    plan = add(path)
    carry_out(add(path), tmp_path)
    applied = carry_out(plan, tmp_path)
    assert (applied.change_id, kinds(applied)) == (None, ["unchanged"])


# ------------------------------------------------------------------ a client that rewrites its file


def theirs(path: Path) -> Callable[[], None]:
    """The client writes what it had in memory: without us."""
    return rewrite(path)


def ours_in_their_layout(path: Path) -> Callable[[], None]:
    def act() -> None:
        rewrite(path, json.dumps(json.loads(path.read_text()), indent=8).encode())()

    return act


@pytest.mark.parametrize(("meddle", "waits"), [(theirs, 2), (ours_in_their_layout, 1)])
def test_looks_at_once_and_writes_again_what_is_gone(
    path: Path, tmp_path: Path, meddle: Callable[[Path], Callable[[], None]], waits: int
) -> None:
    path.write_bytes(OTHER)
    disk = after_replacing(path, meddle(path))
    applied = carry_out(add(path), tmp_path, disk)
    assert (kinds(applied), names(path), disk.acted) == (["added"], ["other", "posthog"], 1)
    assert len(disk.pauses) == waits


@pytest.mark.parametrize(("lost", "kind"), [(0, "added"), (1, "added"), (LOOKS - 1, "added"), (LOOKS, "failed")])
def test_comes_back_to_a_file_that_its_client_is_rewriting(path: Path, tmp_path: Path, lost: int, kind: str) -> None:
    path.write_bytes(OTHER)
    path.with_name("mcp.json.lock").mkdir()
    plan = add(path, client="claude-code")
    disk = before_call("sleep", rewrite(path), times=lost)
    applied = carry_out(plan, tmp_path, disk)
    assert (kinds(applied), disk.pauses) == ([kind], [LOOK_AFTER] * min(lost + 1, LOOKS))
    assert names(path) == {"added": ["other", "posthog"], "failed": ["other"]}[kind]


@pytest.mark.parametrize(("age", "pauses"), [(FRESH / 2, [LOOK_AFTER]), (FRESH * 2, [])])
def test_a_file_written_a_moment_ago_is_looked_at_again(
    path: Path, tmp_path: Path, age: float, pauses: list[float]
) -> None:
    path.write_bytes(OTHER)
    disk = TimelessDisk()
    disk.old = age
    assert (kinds(carry_out(add(path), tmp_path, disk)), disk.pauses) == (["added"], pauses)


def test_a_file_that_its_client_broke_is_a_failure(path: Path, tmp_path: Path) -> None:
    path.write_bytes(OTHER)
    applied = carry_out(add(path), tmp_path, after_replacing(path, rewrite(path, b"{,")))
    assert (kinds(applied), path.read_bytes()) == (["failed"], b"{,")
    assert str(applied.outcomes[0].reason).startswith(f"{path}:1:2: ")


def test_an_ordinary_run_waits_for_nothing(path: Path, tmp_path: Path) -> None:
    disk = TimelessDisk()
    carry_out(together(add(path, "one"), add(path, "two", client="claude-code")), tmp_path, disk)
    assert disk.pauses == []


def test_a_file_that_is_gone_when_looked_at_again_is_written_again(path: Path, tmp_path: Path) -> None:
    path.write_bytes(OTHER)
    path.with_name("mcp.json.lock").mkdir()
    applied = carry_out(add(path, client="claude-code"), tmp_path, before_call("sleep", path.unlink))
    assert (kinds(applied), names(path)) == (["added"], ["posthog"])


def test_an_entry_that_was_there_already_and_is_gone_when_looked_at_again_is_written(
    path: Path, tmp_path: Path
) -> None:
    """Another wizard had written it, so this run had nothing to begin with."""
    plan = add(path)
    carry_out(add(path), tmp_path)
    applied = carry_out(plan, tmp_path, before_call("sleep", rewrite(path)))
    assert (kinds(applied), names(path)) == (["added"], ["other", "posthog"])
    assert [(run.change_id, run.records[0].written) for run in runs(tmp_path)][1:] == [(applied.change_id, True)]


def test_what_was_never_begun_and_cannot_be_written_leaves_the_run_readable(path: Path, tmp_path: Path) -> None:
    """The other wizard's entry is gone when this run looks again, and its own cannot come to stand there."""
    plan = together(add(path.with_name("second.json")), add(path))
    carry_out(add(path), tmp_path)
    applied = carry_out(plan, tmp_path, before_call("sleep", rewrite(path, b"{")))
    history = read_history(machine(tmp_path), Disk())
    assert (kinds(applied), history.unread) == (["added", "failed"], ())
    assert [record.path for record in history.find(str(applied.change_id)).records] == [path.with_name("second.json")]


def test_a_lock_that_another_wizard_keeps_meanwhile_costs_no_other_outcome(path: Path, tmp_path: Path) -> None:
    path.write_bytes(OTHER)
    path.with_name("mcp.json.lock").mkdir()
    taken: list[int] = []

    def take() -> None:
        rewrite(path)()
        taken.append(Disk().open(tmp_path / "state/lock", LOCK, 0o600))
        Disk().lock(taken[0])

    plan = together(add(path.with_name("second.json")), add(path, client="claude-code"))
    applied = carry_out(plan, tmp_path, before_call("sleep", take))
    Disk().close(taken[0])
    assert (kinds(applied), names(path)) == (["added", "failed"], ["other"])
    assert "another wizard is at work" in str(applied.outcomes[1].reason)


def test_a_file_that_became_a_folder_when_looked_at_again_is_a_failure(path: Path, tmp_path: Path) -> None:
    path.write_bytes(OTHER)
    path.with_name("mcp.json.lock").mkdir()

    def folder() -> None:
        path.unlink()
        path.mkdir()

    applied = carry_out(add(path, client="claude-code"), tmp_path, before_call("sleep", folder))
    assert kinds(applied) == ["failed"]


# ------------------------------------------------------------------ interruptions


@pytest.mark.parametrize(("operation", "nth"), [("fchmod", 1), ("replace", 3)])
def test_an_interrupt_leaves_whole_files_and_a_journal(path: Path, tmp_path: Path, operation: str, nth: int) -> None:
    """While the second of two files is written."""
    second = path.with_name("second.json")
    second.write_bytes(OTHER)

    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(Cancelled, match="its old or its new text") as error:
        carry_out(together(add(path), add(second)), tmp_path, before_call(operation, interrupt, nth=nth))
    (run,) = runs(tmp_path)
    assert error.value.hint == f"run `posthog-wizard mcp undo {run.change_id}` to take back what was written"
    assert [record.written for record in run.records] == [True, None]
    assert (names(path), second.read_bytes()) == (["posthog"], OTHER)


def test_an_interrupt_before_anything_was_written_names_no_run(path: Path, tmp_path: Path) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    plan = add(path)
    carry_out(add(path), tmp_path)
    with pytest.raises(KeyboardInterrupt):  # and no "run `mcp undo None`"
        carry_out(plan, tmp_path, before_call("sleep", interrupt))


def test_another_wizard_that_does_not_let_go_stops_everything(path: Path, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    other = Disk().open(tmp_path / "state/lock", LOCK, 0o600)
    Disk().lock(other)
    with pytest.raises(WriteRefused, match="another wizard is at work"):
        carry_out(add(path), tmp_path)
    Disk().close(other)
    assert not path.exists()


def test_the_key_is_in_no_outcome_and_in_no_open_file(path: Path, tmp_path: Path) -> None:
    applied = carry_out(together(add(path), add(path.parent / "x/y.json")), tmp_path)
    assert KEY not in repr(applied)
    holding = [file for file in tmp_path.rglob("*") if file.is_file() and KEY.encode() in file.read_bytes()]
    assert len(holding) == 3
    assert {file.stat().st_mode & 0o777 for file in holding} == {0o600}


def test_a_question_for_the_key_is_two_edits(path: Path, tmp_path: Path) -> None:
    applied = carry_out(add(path, client="vscode", key=Prompted("posthog-api-key")), tmp_path)
    assert kinds(applied) == ["added"]
    assert [edit.keys for edit in runs(tmp_path)[0].records[0].edits] == [("inputs",), ("servers", "posthog")]


def test_remove_leaves_what_others_have(path: Path, tmp_path: Path) -> None:
    path.write_bytes(OTHER)
    carry_out(add(path), tmp_path)
    assert (kinds(carry_out(remove(path), tmp_path)), path.read_bytes()) == (["removed"], OTHER)


def test_a_step_without_edits_is_verified_by_its_bytes_alone(path: Path, tmp_path: Path) -> None:
    path.write_bytes(OTHER)
    (step,) = add(path).steps
    plain = step._replace(edits=(), change=Change(path, OTHER, b"new"), replan=None)
    applied = carry_out(Plan((plain,)), tmp_path, after_replacing(path, rewrite(path, b"{}")))
    assert (kinds(applied), path.read_bytes()) == (["failed"], b"{}")
    assert applied.outcomes[0].reason == f"{path}: another program changed the file in the meantime"
