"""The journal's format and its writing: one file per run, complete enough to take the run back.

`<state directory>/journal/<change id>.jsonl`, mode 0600 in a folder of mode 0700. A change id is a number that only
grows and three random characters: `0042-k7q`. Every line is one JSON object; lines are only ever appended, so that a
run that was killed leaves at worst a last line without its end, which counts as not written and goes with the next one.
Everything else that is missing or different is damage, and shows: the file begins whole, with a new name, the head says
how many steps follow at once, and every line ends in a sum of its bytes (`"crc"`). A run that is damaged, or written in
a format that is not known here, is never passed over in silence: it may be the one to take back.

1. `{"schema": "posthog-wizard.run/2", "change_id", "when": "2026-11-22T21:34:01Z", "command", "undoes": id or null,
     "steps": number}`; `run/1`, which may have no sums and says no number, is still read
2. before a file is replaced, and again when it was planned anew:
   `{"step": 0, "client", "scope", "path", "container": [keys], "outcome": what it will be, "private": bool,
     "makes": [directories], "mode": [bits before, bits after, group] where bits change, or null, "before": C, "after": C, "span": S, "edits": [{"keys": K, "before": T, "after": T}]}`
3. afterwards: `{"step": 0, "result": outcome, "written": bool}`; without this line the run was killed in between,
   and the file tells which side it holds.
4. in the run that was taken back: `{"taken_back": [[client, scope, path], ...], "by": id of the undo, or null}`
5. for a key that was taken out of the texts above: what stands in its place, and where the key is (see `placeholder`)

K are names, and `[field, name]` for the item of a list that has this name in that field.
T is text or null, bytes as Latin-1, so that any file survives the round trip. C is null (no file), `{"text": T}`, or
above a megabyte `{"size", "sha256"}`; then S is `{"start", "before": T, "after": T}`, the one span that differs, with
the words at its ends whole, so that a key is never cut in two.
"""

import binascii
import json
import os
import re
import stat
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from posthog_wizard.errors import WriteRefused
from posthog_wizard.install import files
from posthog_wizard.install.compare_and_swap import Terms, compare_and_swap
from posthog_wizard.install.disk import APPEND, Disk
from posthog_wizard.model import Change, Json, Machine, Step

RUN_SCHEMA = "posthog-wizard.run/"
NEWEST = 2  # the format that is written; those before it are read
WHOLE = 1_000_000  # bytes up to which a file is kept as a whole
RUNS = 50
_SIZE = 200_000_000  # bytes of all runs together
RUN_FILE_NAME = re.compile(r"(\d{4,})-[0-9a-z]{3}\.jsonl")
_LONGEST_WORD = 1000  # bytes; keys are shorter
_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # none that is mistaken for another


def folder(machine: Machine) -> Path:
    """Where the runs are kept."""
    return machine.state_directory / "journal"


def begin_run(
    machine: Machine, disk: Disk, *, command: str, steps: Sequence[tuple[int, Step]], undoes: str | None
) -> str:
    """Write down what is about to be done, on the medium before this returns; the change id.

    Steps come with the number by which they are named later. `command` must not contain a key. Raises WriteRefused.
    """
    with files.system_errors(folder(machine), WriteRefused, "write"):
        files.own_directory(folder(machine), disk)
        runs = run_files(machine, disk)
        change_id = f"{age(runs[-1])[0] + 1 if runs else 1:04}-{''.join(_LETTERS[b % 32] for b in os.urandom(3))}"
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        head = {"schema": f"{RUN_SCHEMA}{NEWEST}", "change_id": change_id, "when": when, "command": command}
        begun = [_intention(index, step, disk) for index, step in steps]
        lines = [{**head, "undoes": undoes, "steps": len(begun)}, *begun]
        compare_and_swap(Change(_path(machine, change_id), None, _encode(lines)), disk, Terms(private=True))
        _prune(machine, [*runs, f"{change_id}.jsonl"], disk)
    return change_id


def intend(machine: Machine, disk: Disk, change_id: str, steps: Sequence[tuple[int, Step]]) -> None:
    """Write down steps that were planned anew, on the medium before this returns. Raises WriteRefused."""
    _append(_path(machine, change_id), [_intention(index, step, disk) for index, step in steps], disk, flush=True)


def record_outcomes(machine: Machine, disk: Disk, change_id: str, results: Sequence[tuple[int, str, bool]]) -> None:
    """Write down what became of steps: their index, outcome, and whether the file was written. Raises WriteRefused.

    Not flushed: where it is lost with the power, the files themselves tell.
    """
    lines = [{"step": index, "result": outcome, "written": written} for index, outcome, written in results]
    _append(_path(machine, change_id), lines, disk, flush=False)


def mark_undone(
    machine: Machine, disk: Disk, change_id: str, places: Sequence[tuple[str, str, str]], by: str | None
) -> None:
    """Mark places (client, scope, path) of a run as taken back by another run, or as having nothing to take back."""
    _append(_path(machine, change_id), [{"taken_back": places, "by": by}], disk, flush=False)


def run_files(machine: Machine, disk: Disk) -> list[str]:
    """The file names of all runs, oldest first; none when there is no journal. Raises OSError."""
    try:
        found = disk.listdir(folder(machine))
    except FileNotFoundError:
        return []
    return sorted((name for name in found if RUN_FILE_NAME.fullmatch(name)), key=age)


def age(name: str) -> tuple[int, str]:
    """What sorts runs by their age, the oldest first: change ids, or the names of their files."""
    return int(name.partition("-")[0]), name


def sealed(line: bytes) -> bytes:
    """An object's text with the sum of its bytes as the last member."""
    body = line.removesuffix(b"}")
    return body + b', "crc": "%08x"}' % binascii.crc32(body)


def unsealed(line: bytes) -> bytes:
    """The same without it. Raises ValueError where it is not the sum of these bytes, or there is none."""
    body, _, _ = line.rpartition(b', "crc": "')
    if sealed(body) != line:
        raise ValueError("the sum differs")
    return body + b"}"


def value_of(line: bytes) -> dict[str, Json]:
    """A line's object. Raises ValueError for one that is none, or has another sum than it says."""
    try:
        value = json.loads(line)
    except RecursionError as problem:
        raise ValueError("nested too deep") from problem
    if not isinstance(value, dict):
        raise ValueError("no object")  # noqa: TRY004 - one error for all damage
    if "crc" in value:
        unsealed(line)
    return value


def _text(data: bytes | None) -> str | None:
    """Any bytes as JSON text."""
    return None if data is None else data.decode("latin-1")


def _intention(index: int, step: Step, disk: Disk) -> Json:
    """A step as line 2 of the format."""
    path, before, after = step.change
    makes = () if after is None else files.missing_directories(disk.resolve(path), disk)
    large = max(len(before or b""), len(after or b"")) > WHOLE
    status = None if step.mode is None else files.status_of(path, disk)
    return {
        "step": index,
        "client": step.found.client.id,
        "scope": step.found.place.scope,
        "path": str(path),
        "container": step.found.place.container,
        "outcome": step.outcome,
        "private": step.holds_key,
        "makes": [str(folder) for folder in makes],
        "mode": status and [stat.S_IMODE(status.st_mode), step.mode, status.st_gid],
        "before": _content(before, large=large),
        "after": _content(after, large=large),
        "span": _span(step.change) if large else None,
        "edits": [{"keys": keys, "before": _text(old), "after": _text(new)} for keys, old, new in step.edits],
    }


def _content(data: bytes | None, *, large: bool) -> Json:
    if data is None or not large:
        return data if data is None else {"text": _text(data)}
    import hashlib  # noqa: PLC0415 - loads OpenSSL, which few runs need

    return {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _span(change: Change) -> Json:
    start, old, new = change.span
    before, behind = change.before or b"", start + len(old)
    head = re.findall(rb"[\w./+~=\\-]*\Z", before[max(start - _LONGEST_WORD, 0) : start])[0]
    tail = re.findall(rb"\A[\w./+~=\\-]*", before[behind : behind + _LONGEST_WORD])[0]
    return {"start": start - len(head), "before": _text(head + old + tail), "after": _text(head + new + tail)}


def _path(machine: Machine, change_id: str) -> Path:
    return folder(machine) / f"{change_id}.jsonl"


def _encode(lines: Iterable[Json]) -> bytes:
    return b"".join(sealed(json.dumps(line).encode()) + b"\n" for line in lines)


def _append(path: Path, lines: list[Json], disk: Disk, *, flush: bool) -> None:
    with files.system_errors(path, WriteRefused, "write"):
        descriptor = disk.open(path, APPEND, 0)
        try:
            if disk.read(descriptor, max(disk.fstat(descriptor).st_size - 1, 0)) != b"\n":  # a line that was torn
                disk.truncate(descriptor, disk.read(descriptor, 0).rfind(b"\n") + 1)
            disk.write(descriptor, _encode(lines))
            if flush:
                disk.fsync(descriptor)
        finally:
            disk.close(descriptor)


def _prune(machine: Machine, runs: list[str], disk: Disk) -> None:
    """Drop the oldest runs, with the texts that an undo saved of them; the newest stays, however large it is."""
    size = 0
    for age, name in enumerate(reversed(runs)):
        with suppress(OSError):
            size += disk.stat(folder(machine) / name).st_size
            if age and (age >= RUNS or size > _SIZE):
                _drop(machine, name.removesuffix(".jsonl"), disk)


def _drop(machine: Machine, change_id: str, disk: Disk) -> None:
    for name in disk.listdir(folder(machine)):
        if name == f"{change_id}.jsonl" or name.startswith(f"{change_id}-"):
            disk.remove(folder(machine) / name)
