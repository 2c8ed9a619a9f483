"""What is remembered of every run, and what of it is believed."""

from __future__ import annotations

import errno
import json
import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from posthog_wizard.errors import ConfigError, NothingFound, Unreadable
from posthog_wizard.install import journal
from posthog_wizard.install.apply import apply
from posthog_wizard.install.disk import Disk
from posthog_wizard.install.history import Digest, History, Span, before, matches, read_history
from posthog_wizard.install.journal import RUNS, WHOLE, sealed
from posthog_wizard.install.ownership import OwnWriting
from posthog_wizard.model import Change, Machine, Step
from tests.support.disks import MeddledDisk, TimelessDisk, before_call, failing
from tests.support.plans import add, remove


def run(here: Machine, path: Path, name: str = "posthog") -> str:
    change_id = apply(add(path, name), here, command="mcp add", disk=TimelessDisk()).change_id
    assert change_id
    return change_id


def history(here: Machine) -> History:
    return read_history(here, Disk())


def files_of(here: Machine) -> list[str]:
    return sorted(path.name for path in journal.folder(here).iterdir())


def test_is_private_and_its_ids_grow(here: Machine, path: Path) -> None:
    ids = [run(here, path, name) for name in ("one", "two", "three")]
    assert ids == sorted(ids) == [one.change_id for one in history(here).runs]
    assert [re.sub("...$", "", one) for one in ids] == ["0001-", "0002-", "0003-"]
    assert [stat.S_IMODE(file.stat().st_mode) for file in journal.folder(here).iterdir()] == [0o600] * 3
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in (here.state_directory, journal.folder(here))] == [
        0o700
    ] * 2


def test_tells_what_when_where_and_both_sides(here: Machine, path: Path) -> None:
    text = '\ufeff{"a": "ä\\n\U0001f600"}\r\n'.encode()
    path.write_bytes(text)
    run(here, path)
    (one,) = history(here).runs
    (record,) = one.records
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", one.when)
    assert (one.command, one.undoes, one.marks) == ("mcp add", None, {})
    assert (record.client, record.scope, record.path, record.container) == ("cursor", "user", path, ("mcpServers",))
    assert (record.before, record.after) == (text, path.read_bytes())
    assert [(edit.keys, edit.before) for edit in record.edits] == [(("mcpServers", "posthog"), None)]


@pytest.mark.parametrize("size", [WHOLE - 400, WHOLE + 1, 3 * WHOLE])
def test_keeps_of_a_large_file_the_span_alone(here: Machine, path: Path, size: int) -> None:
    old = b'{"other": "' + b"x" * size + b'", "mcpServers": {}}'
    path.write_bytes(old)
    run(here, path)
    (record,) = history(here).runs[0].records
    new = path.read_bytes()
    assert isinstance(record.before, Digest) == isinstance(record.after, Digest) == (size > WHOLE)
    assert (matches(record.before, old), matches(record.after, new), before(record, new)) == (True, True, old)
    assert (matches(record.before, new), matches(record.after, old), matches(record.after, None)) == (False,) * 3
    assert (journal.folder(here) / files_of(here)[0]).stat().st_size < max(2_000, 3 * WHOLE * (size <= WHOLE))


@pytest.mark.parametrize(
    ("old", "new", "span"),
    [
        (b"", b"abc", Span(0, b"", b"abc")),
        (b"abc", b"", Span(0, b"abc", b"")),
        (b"abc", b"abc", Span(3, b"", b"")),
        (b"aXc", b"aYYc", Span(1, b"X", b"YY")),
        (b"aa", b"aaa", Span(2, b"", b"a")),
        (b"abab", b"ab", Span(2, b"ab", b"")),
        (b"x" * 5000 + b"1" + b"y" * 5000, b"x" * 5000 + b"y" * 5000, Span(5000, b"1", b"")),
    ],
)
def test_a_span_is_the_one_stretch_that_differs(old: bytes, new: bytes, span: Span) -> None:
    assert Change(Path(), old, new).span == span
    assert new == old[: span.start] + span.after + old[span.start + len(span.before) :]


# ------------------------------------------------------------------ how much is kept


def seed(here: Machine, count: int, size: int = 10) -> None:
    folder = journal.folder(here)
    folder.mkdir(parents=True)
    for number in range(1, count + 1):
        with (folder / f"{number:04}-abc.jsonl").open("wb") as file:
            file.truncate(size)
        (folder / f"{number:04}-abc-cursor-user-mcp.json").touch()


@pytest.mark.parametrize(
    ("count", "size", "kept"),
    [
        (3, 10, 3),
        (RUNS - 1, 10, RUNS - 1),
        (RUNS, 10, RUNS - 1),
        (RUNS + 20, 10, RUNS - 1),
        (5, 60_000_000, 3),
        (2, 300_000_000, 0),
    ],
)
def test_drops_the_oldest_runs(here: Machine, path: Path, count: int, size: int, kept: int) -> None:
    """With the texts that an undo has saved of them. `kept` besides the new one."""
    seed(here, count, size)
    newest = run(here, path)
    assert newest.startswith(f"{count + 1:04}-")
    expected = [f"{number:04}-abc{ending}" for number in range(count - kept + 1, count + 1) for ending in ENDINGS]
    assert files_of(here) == sorted([*expected, f"{newest}.jsonl"])


ENDINGS = (".jsonl", "-cursor-user-mcp.json")


def test_ids_grow_beyond_four_digits(here: Machine, path: Path) -> None:
    folder = journal.folder(here)
    folder.mkdir(parents=True)
    (folder / "9999-zzz.jsonl").touch()
    assert [run(here, path, name)[:6] for name in ("one", "two")] == ["10000-", "10001-"]
    assert journal.run_files(here, Disk())[0] == "9999-zzz.jsonl"


# ------------------------------------------------------------------ what is not ours, or broken


HEAD = {
    "schema": "posthog-wizard.run/1",
    "change_id": "0007-bad",
    "when": "2026-01-01T00:00:00Z",
    "command": "x",
    "undoes": None,
}

STEP = {
    "step": 0,
    "client": "cursor",
    "scope": "user",
    "path": "/x",
    "container": [],
    "outcome": "added",
    "private": True,
    "makes": [],
    "before": {"size": 2, "sha256": "00"},
    "after": None,
    "span": None,
    "edits": [],
}
WELL = {**STEP, "before": None}


def line(value: object) -> bytes:
    return json.dumps(value).encode() + b"\n"


WHOLE_STEP = line(WELL)
NO_FORMATS = (5, None, "", "posthog-wizard.run/", "posthog-wizard.run/x", "posthog-wizard.run/0", "another/1")
NO_STEPS: tuple[tuple[str, object], ...] = (
    ("client", 5),
    ("path", "a\0b"),
    ("path", "\ud800"),
    ("container", "abc"),
    ("container", [1]),
    ("makes", None),
    ("before", {"text": "\u1234"}),
    ("after", {"text": 5}),
    ("edits", {}),
    ("edits", [{"keys": [["a"]], "before": None, "after": None}]),
    ("edits", [{"keys": ["a"], "before": 5, "after": None}]),
    ("mode", [1, 2]),
)
NO_LINES = (
    b"[]",
    b'"text"',
    b'{"step": 0}',
    b'{"step": 5, "result": "added", "written": true}',
    b'{"step": 0, "result": "added", "written": "yes"}',
    b'{"taken_back": [[1]], "by": null}',
    b'{"taken_back": [["a"]], "by": null}',
    b'{"taken_back": 5, "by": null}',
    b'{"taken_back": [], "by": 5}',
    b'{"veil": 5}',
    b'{"step": 0, "result": "added", "written": true, "crc": "00000000"}',
)


def refused(ask: Callable[[], object]) -> ConfigError:
    with pytest.raises(ConfigError) as error:
        ask()
    return error.value


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"hello",
        b"\xff\xfe\x00",
        b"[1, 2]\n",
        b"{}\n",
        b"[" * 100_000 + b"\n",
        *(json.dumps({**HEAD, "schema": schema}).encode() + b"\n" + WHOLE_STEP for schema in NO_FORMATS),
        b'{"schema": "posthog-wizard.run/1"}\n',
        line(HEAD),
        line({**HEAD, "change_id": "0001-abc"}) + WHOLE_STEP,
        line({**HEAD, "command": {}}) + WHOLE_STEP,
        json.dumps(HEAD).encode()[:-5],
        json.dumps(HEAD).encode() + b'\n{"step": 0}\n',
        line(HEAD) + line(STEP),
        *(line(HEAD) + line({**WELL, name: value}) for name, value in NO_STEPS),
        *(line(HEAD) + WHOLE_STEP + value + b"\n" for value in NO_LINES),
        line(HEAD) + b'{"torn\n' + WHOLE_STEP,  # in the middle: no crash does that
        sealed(line({**HEAD, "schema": "posthog-wizard.run/2", "steps": 2})[:-1])
        + b"\n"
        + sealed(WHOLE_STEP[:-1])
        + b"\n",  # cut between two lines
        line({**HEAD, "schema": "posthog-wizard.run/2", "steps": 1}) + WHOLE_STEP,  # without sums
    ],
)
def test_a_run_that_cannot_be_read_stops_undo(here: Machine, path: Path, content: bytes) -> None:
    good = run(here, path)
    bad = journal.folder(here) / "0007-bad.jsonl"
    bad.write_bytes(content)
    found = history(here)
    (problem,) = found.unread
    assert ([one.change_id for one in found.runs], problem.path) == ([good], str(bad))
    assert problem.message == "this run of the journal is damaged"
    assert refused(found.last) == refused(lambda: found.find("0007")) == refused(lambda: found.last("zed")) == problem
    assert found.find(good).change_id == good
    newer = run(here, path, "another")
    assert newer.startswith("0008-")
    assert history(here).last().change_id == newer


@pytest.mark.parametrize("content", [line(HEAD) + WHOLE_STEP, b"\n" + line(HEAD) + b"\n" + WHOLE_STEP + b'{"torn'])
def test_a_run_of_the_former_format_is_read(here: Machine, content: bytes) -> None:
    journal.folder(here).mkdir(parents=True)
    (journal.folder(here) / "0007-bad.jsonl").write_bytes(content)
    assert history(here).last().records[0].path == Path("/x")


def test_a_run_of_a_newer_format_stops_undo_and_says_so(here: Machine, path: Path) -> None:
    run(here, path)
    file = journal.folder(here) / "0007-new.jsonl"
    file.write_bytes(line({**HEAD, "schema": "posthog-wizard.run/3", "other": [{}]}) + b"\xff\n")
    problem = refused(history(here).last)
    assert str(problem) == (
        f"{file}: a newer posthog-wizard wrote this run of the journal (format 3; this one reads up to 2)"
    )


def test_skips_a_folder_among_the_runs(here: Machine, path: Path) -> None:
    good = run(here, path)
    (journal.folder(here) / "0007-bad.jsonl").mkdir()
    found = history(here)
    assert ([one.change_id for one in found.runs], len(found.unread)) == ([good], 1)


@pytest.mark.parametrize("cut", [1, 10, 30])
def test_a_torn_last_line_is_as_if_it_had_not_been_written(here: Machine, path: Path, cut: int) -> None:
    change_id = run(here, path)
    file = journal.folder(here) / f"{change_id}.jsonl"
    file.write_bytes(file.read_bytes()[:-cut])
    (one,) = history(here).runs
    assert (one.change_id, one.records[0].written) == (change_id, None)
    journal.mark_undone(here, Disk(), change_id, [one.records[0].key], None)
    assert history(here).runs[0].marks == {one.records[0].key: None}


class CountingDisk(TimelessDisk):
    """It counts the bytes that were read."""

    count = 0

    def read(self, descriptor: int, start: int | None = None) -> bytes:
        data = super().read(descriptor, start)
        self.count += len(data)
        return data


def test_a_line_more_is_no_reason_to_read_all_the_others(here: Machine, path: Path) -> None:
    path.write_bytes(b'{"x": "' + b"x" * 500_000 + b'"}')
    change_id, disk = run(here, path), CountingDisk()
    journal.mark_undone(here, disk, change_id, [("cursor", "user", str(path))], None)
    assert (disk.count, len(history(here).runs[0].marks)) == (1, 1)


def test_other_files_are_no_business_of_ours(here: Machine, path: Path) -> None:
    change_id = run(here, path)
    (journal.folder(here) / "notes.txt").write_text("mine")
    assert ([one.change_id for one in history(here).runs], history(here).unread) == ([change_id], ())


def test_a_run_that_another_wizard_prunes_meanwhile_is_no_broken_one(here: Machine, path: Path) -> None:
    change_id = run(here, path)
    disk = before_call("stat", (journal.folder(here) / f"{change_id}.jsonl").unlink)
    assert read_history(here, disk) == History((), ())


def test_no_journal_is_an_empty_one(here: Machine) -> None:
    assert history(here) == History((), ())


def test_a_journal_that_cannot_be_listed_is_an_error(here: Machine) -> None:
    with pytest.raises(Unreadable, match="permission denied"):
        read_history(here, failing("listdir", errno.EACCES))


# ------------------------------------------------------------------ asking


def test_finds_a_run_by_its_id(here: Machine, path: Path) -> None:
    ids = [run(here, path, name) for name in ("one", "two")]
    assert [history(here).find(one).change_id for one in ids] == ids
    with pytest.raises(NothingFound, match="there is no change `0009-xyz`") as error:
        history(here).find("0009-xyz")
    assert error.value.hint == "`posthog-wizard mcp undo --list` shows the changes"


def test_knows_what_it_wrote_latest_first(here: Machine, path: Path) -> None:
    run(here, path, "one")
    run(here, path, "two")
    apply(remove(path, "one"), here, command="mcp remove", disk=TimelessDisk())
    assert [(where, edit.keys) for where, edit in OwnWriting(here).entries] == [
        (path, ("mcpServers", "two")),
        (path, ("mcpServers", "one")),
    ]
    assert (OwnWriting(here).entries[0][1].after or b"\0") in path.read_bytes()


def test_does_not_know_what_it_failed_to_write(here: Machine, path: Path) -> None:
    path.write_bytes(b"{}")
    path.chmod(0o444)
    assert apply(add(path), here, command="mcp add", disk=TimelessDisk()).change_id is None
    assert OwnWriting(here).entries == ()


@pytest.mark.parametrize(
    ("write", "done"),
    [
        (lambda here, disk, run, step: journal.intend(here, disk, run, [(0, step)]), ["write", "fsync", "close"]),
        (lambda here, disk, run, _step: journal.record_outcomes(here, disk, run, []), ["write", "close"]),
    ],
    ids=["an intention", "an outcome"],
)
def test_an_intention_is_on_the_medium_before_its_file_is_replaced(
    write: Callable[[Machine, Disk, str, Step], None], done: list[str], here: Machine, path: Path
) -> None:
    (step,) = add(path).steps
    run = journal.begin_run(here, Disk(), command="mcp add", steps=[(0, step)], undoes=None)
    calls: list[str] = []
    write(here, MeddledDisk(lambda name, _arguments: calls.append(name)), run, step)
    assert [name for name in calls if name in {"write", "fsync", "close"}] == done
