"""Reading the journal: the runs, what each did to which file, and what has been taken back since."""

import os
import re
import shlex
from pathlib import Path
from typing import Any, NamedTuple

from posthog_wizard.errors import ConfigError, NothingFound, Unreadable
from posthog_wizard.install import files, journal
from posthog_wizard.install.disk import Disk
from posthog_wizard.install.key_placeholder import KeyPlaceholder, placeholder_of
from posthog_wizard.model import Edit, Item, Json, KeyPath, Machine, OutcomeKind, Scope, name_of

_Key = tuple[str, str, str]  # client, scope, path: one place within a run


class Span(NamedTuple):
    """The one stretch of bytes in which two contents differ."""

    start: int
    before: bytes
    after: bytes


class Digest(NamedTuple):
    """A file too large to be kept: its size in bytes, its SHA-256 in hexadecimal, and what was changed in it."""

    size: int
    sha256: str
    span: Span


Content = bytes | None | Digest


class _Modes(NamedTuple):
    """A file's mode bits that a run changed, and the group that they were for."""

    before: int
    after: int
    group: int


class Record(NamedTuple):
    """What a run did, or was about to do, to one file."""

    client: str
    scope: Scope
    path: Path
    container: tuple[str, ...]
    outcome: OutcomeKind
    private: bool
    makes: tuple[Path, ...]
    before: Content
    after: Content
    edits: tuple[Edit, ...]
    written: bool | None = None  # None: the run was killed before it could tell
    modes: _Modes | None = None

    @property
    def key(self) -> _Key:
        """The place within its run."""
        return self.client, self.scope, str(self.path)


class Run(NamedTuple):
    """One run of the wizard."""

    change_id: str
    when: str  # UTC, ISO 8601
    command: str
    undoes: str | None
    records: tuple[Record, ...]
    marks: dict[_Key, str | None]  # places that were taken back, by which run; None: there was nothing to take back
    placeholders: tuple[KeyPlaceholder, ...] = ()  # what stands in the records for keys

    @property
    def done(self) -> tuple[Record, ...]:
        """What was written, or may have been where it was killed."""
        return tuple(record for record in self.records if record.written is not False)

    @property
    def names(self) -> tuple[str, ...]:
        """The entries that it changed."""
        edits = ((edit.keys, len(record.container)) for record in self.done for edit in record.edits)
        return tuple(dict.fromkeys(name_of(keys[depth]) for keys, depth in edits if len(keys) > depth))


class History(NamedTuple):
    """All runs, oldest first, and why the others cannot be read: the error of each, with its file."""

    runs: tuple[Run, ...]
    unread: tuple[ConfigError, ...]

    def find(self, change_id: str) -> Run:
        """The run of that id, or of the one id that begins so. Raises NothingFound, Unreadable."""
        begin_so = [run for run in self.runs if run.change_id.startswith(change_id)]
        unread = next((one for one in self.unread if _file_name(one).startswith(change_id)), None)
        if unread is not None and not begin_so:
            raise unread
        exact = [run for run in begin_so if run.change_id == change_id]
        if len(exact or begin_so) == 1:
            return (exact or begin_so)[0]
        if begin_so:
            several = ", ".join(f"`{run.change_id}`" for run in begin_so)
            raise NothingFound(f"`{change_id}` begins several changes: {several}", "name one of them")
        raise NothingFound(f"there is no change `{change_id}`", "`posthog-wizard mcp undo --list` shows the changes")

    def last(self, client: str | None = None) -> Run:
        """The latest run with something left to take back (of that client), undos aside.

        Raises NothingFound, and Unreadable where a later run cannot be read, which might be the one.
        """
        due = (
            run
            for run in reversed(self.runs)
            if run.undoes is None and any(client in {None, record.client} for record in self.left(run))
        )
        run = next(due, None)
        since = "0" if run is None else f"{run.change_id}.jsonl"
        later = [one for one in self.unread if journal.age(_file_name(one)) > journal.age(since)]
        if later:
            raise later[-1]
        if run is not None:
            return run
        raise NothingFound("there is no change to take back", "`posthog-wizard mcp undo --list` shows the changes")

    def left(self, run: Run) -> tuple[Record, ...]:
        """What a run did that has not been taken back."""
        return tuple(one for one in run.done if not self.taken_back(run, one))

    def taken_back(self, run: Run, record: Record) -> bool:
        """Whether an undo, that was not itself undone, took this back: it says so, or a mark in this run does."""
        later = self.runs[self.runs.index(run) + 1 :]
        mark = run.marks.get(record.key)
        by = [
            other
            for other in later
            if other.change_id == mark
            or (other.undoes == run.change_id and any(one.written and one.key == record.key for one in other.records))
        ]
        if record.key in run.marks and mark not in {other.change_id for other in by}:
            return True
        return any(
            not any(self.taken_back(other, undone) for undone in other.records if undone.key == record.key)
            for other in by
        )


def read_history(machine: Machine, disk: Disk) -> History:
    """Every run in the journal; those that cannot be read are named. Raises Unreadable for the folder itself."""
    runs: list[Run] = []
    unread: list[ConfigError] = []
    with files.system_errors(journal.folder(machine), Unreadable, "read"):
        names = journal.run_files(machine, disk)
    for name in names:
        path = journal.folder(machine) / name
        try:
            data = files.read_file(path, disk)
            if data is not None:  # else another wizard has just pruned it
                runs.append(_run(path, data))
        except ConfigError as problem:
            unread.append(problem)
    return History(tuple(runs), tuple(unread))


def matches(content: Content, data: bytes | None) -> bool:
    """Whether a file's data is what the journal keeps."""
    if not isinstance(content, Digest):
        return content == data
    import hashlib  # noqa: PLC0415 - loads OpenSSL, which few runs need

    return data is not None and (len(data), hashlib.sha256(data).hexdigest()) == content[:2]


def before(record: Record, after: bytes | None) -> bytes | None:
    """The content before the change, given the whole content after it."""
    if not isinstance(record.before, Digest):
        return record.before
    span, after = record.before.span, after or b""
    return after[: span.start] + span.before + after[span.start + len(span.after) :]


def _file_name(problem: ConfigError) -> str:
    return Path(problem.path or "").name


def _run(path: Path, data: bytes) -> Run:
    """The run that a file tells of. Raises Unreadable where any of it is damaged, or of another format than ours."""
    try:
        rows = [row for row in data.split(b"\n")[:-1] if row]
        schema = str(journal.value_of(rows[0])["schema"])
        (version,) = map(int, re.findall(rf"\A{re.escape(journal.RUN_SCHEMA)}([1-9]\d{{0,8}})\Z", schema))
        if version <= journal.NEWEST:
            return _told([journal.value_of(row) for row in rows], path.stem, version)
    except (ValueError, LookupError, TypeError) as problem:
        raise Unreadable(
            "this run of the journal is damaged",
            f"name the run to take back, see `posthog-wizard mcp undo --list`, or give this one up: `rm {shlex.quote(str(path))}`",
            path=str(path),
        ) from problem
    raise Unreadable(
        f"a newer posthog-wizard wrote this run of the journal (format {version}; this one reads up to {journal.NEWEST})",
        "take it back with that version, or name another run, see `posthog-wizard mcp undo --list`",
        path=str(path),
    )


def _told(lines: list[dict[str, Json]], change_id: str, version: int) -> Run:
    head, *rest = lines
    steps: dict[int, Record] = {}
    marks: dict[_Key, str | None] = {}
    placeholders: list[KeyPlaceholder] = []
    count = head["steps"] if version > 1 else 1
    begun = rest[:count]
    if not (_fits(head, _HEAD) and head["change_id"] == change_id and count == len(begun) > 0):
        raise ValueError("not the head of this run")
    if any("outcome" not in line for line in begun) or (version > 1 and any("crc" not in line for line in lines)):
        raise ValueError("steps or sums are missing")
    for line in rest:
        shape = next((shape for name, shape in _LINES.items() if name in line), _STEP)
        if not _fits(line, shape):
            raise ValueError("a line of another shape")
        if "taken_back" in line:
            for client, scope, place in line["taken_back"]:
                marks[client, scope, place] = line["by"]
        elif "veil" in line:
            placeholders.append(placeholder_of(line))
        elif "result" in line:
            steps[line["step"]] = steps[line["step"]]._replace(written=line["written"])
        else:
            steps[line["step"]] = _record(line)
    records = tuple(steps.values())
    return Run(change_id, head["when"], head["command"], head["undoes"], records, marks, tuple(placeholders))


_TEXT = (str, None)
_CONTENT = (None, {"text": str}, {"size": int, "sha256": str})
_HEAD = {"schema": str, "change_id": str, "when": str, "command": str, "undoes": _TEXT}
_STEP = {
    "step": int,
    "private": bool,
    **dict.fromkeys(("before", "after"), _CONTENT),
    **dict.fromkeys(("client", "scope", "path", "outcome"), str),
    "container": [str],
    "makes": [str],
    "span": (None, {"start": int, "before": str, "after": str}),
    "edits": [{"keys": [(str, [str])], "before": _TEXT, "after": _TEXT}],
}
_LINES = {
    "taken_back": {"taken_back": [[str]], "by": _TEXT},
    "veil": {**dict.fromkeys(("veil", "reference", "host", "salt", "sha256"), str), "spelling": _TEXT},
    "result": {"step": int, "result": str, "written": bool},
}


def _fits(value: Json, shape: Any) -> bool:
    """Whether a value is what the format says: a type, a list or an object of such, or one of several."""
    if isinstance(shape, dict):
        return isinstance(value, dict) and all(name in value and _fits(value[name], shape[name]) for name in shape)
    if isinstance(shape, list):
        return isinstance(value, list) and all(_fits(item, shape[0]) for item in value)
    if isinstance(shape, tuple):
        return any(_fits(value, one) for one in shape)
    return value is None if shape is None else isinstance(value, shape)


def _record(line: Json) -> Record:
    return Record(
        line["client"],
        line["scope"],
        _path(line["path"]),
        tuple(line["container"]),
        line["outcome"],
        line["private"],
        tuple(_path(path) for path in line["makes"]),
        _content(line["before"], line["span"]),
        _content(line["after"], line["span"]),
        tuple(Edit(_keys(edit["keys"]), _bytes(edit["before"]), _bytes(edit["after"])) for edit in line["edits"]),
        modes=_Modes(*line["mode"]) if line.get("mode") else None,  # journals of old have none
    )


def _path(text: str) -> Path:
    if b"\0" in os.fsencode(text):
        raise ValueError("no path")
    return Path(text)


def _content(value: Json, span: Json) -> Content:
    if value is None:
        return None
    if "text" in value:
        return _bytes(value["text"])
    changed = Span(span["start"], span["before"].encode("latin-1"), span["after"].encode("latin-1"))
    return Digest(value["size"], value["sha256"], changed)


def _keys(value: list[Json]) -> KeyPath:
    return tuple(Item(*key) if isinstance(key, list) else key for key in value)


def _bytes(value: str | None) -> bytes | None:
    return None if value is None else value.encode("latin-1")
