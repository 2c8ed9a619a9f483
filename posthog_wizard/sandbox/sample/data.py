"""The sample data as one Parquet file: made from a seed, under a lock, swapped in at once.

The file ends on `LAST_DAY`; whoever loads it moves every time by whole days, so that the newest day is today.
"""

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from posthog_wizard.own_files import PRIVATE, locked, own_folder
from posthog_wizard.sandbox.sample import catalog
from posthog_wizard.sandbox.sample.journeys import EventRow, errors, journey
from posthog_wizard.sandbox.sample.visitors import Person, everybody, uuid

_VERSION = 1  # of what is generated: raise it with any change of story, people or journeys
FILE = f"leafline-{_VERSION}.parquet"
LAST_DAY = date(2026, 1, 31)
_FIRST_MOMENT = datetime(2026, 1, 31, tzinfo=UTC) - timedelta(days=catalog.DAYS - 1)
_WAIT = 180.0  # seconds for another process that makes the same file, on a busy machine, too
_MAKING = "making-"  # the beginning of a folder in which the file is made
_STEP = 100  # people between two reports of progress

Progress = Callable[[int, int], None]  # done, total
COLUMNS = {
    "uuid": "VARCHAR",
    "event": "VARCHAR",
    "timestamp": "TIMESTAMP",
    "distinct_id": "VARCHAR",
    "person_id": "VARCHAR",
    "session_id": "VARCHAR",
    "properties": "VARCHAR",
    "person_properties": "VARCHAR",
    "first_seen": "TIMESTAMP",
}


def ensure(directory: Path, progress: Progress | None = None) -> Path:
    """The data file in that directory, made when it is not there. Other processes wait for the first.

    Raises OSError when the directory cannot be written.
    """
    path = directory / FILE
    if path.is_file():
        return path
    own_folder(directory)
    with locked(directory / "data.lock", _WAIT):
        if not path.is_file():
            for folder in directory.glob(f"{_MAKING}*"):  # of a process that was killed: we alone hold the lock
                shutil.rmtree(folder)
            _write(path, event_rows(progress or (lambda _done, _total: None)))
            for old in directory.glob("leafline-*.parquet"):
                if old != path:
                    with suppress(OSError):  # another process, of an older version, may read it
                        old.unlink()
    return path


def event_rows(progress: Progress) -> Iterator[dict[str, Any]]:
    """Every event in the order of time, as the file's columns."""
    random = Random(catalog.SEED)  # noqa: S311 - a story, not a secret
    people = everybody(random)
    made: list[EventRow] = []
    for person in people:
        made.extend(journey(random, person))
        if person.number % _STEP == 0:
            progress(person.number, len(people))
    made.extend(errors(random, [row for row in made if row.event == "$pageview"]))
    about = {
        person.id: {"person_properties": _described(person), "first_seen": _moment(person.first_seen)}
        for person in people
    }
    for row in sorted(made, key=lambda row: row.at):
        yield {
            "uuid": uuid(random),
            "event": row.event,
            "timestamp": _moment(row.at),
            "distinct_id": row.distinct_id,
            "person_id": row.person_id,
            "session_id": row.session_id,
            "properties": json.dumps(row.properties),
            **about[row.person_id],
        }
    progress(len(people), len(people))


def _moment(at: float) -> str:
    return (_FIRST_MOMENT + timedelta(seconds=round(at, 3))).replace(tzinfo=None).isoformat(sep=" ")


def _described(person: Person) -> str:
    """The person's properties. Who has not signed up has neither name nor address."""
    browser, system, _ = person.device
    pays = "subscription_started" in person.steps and "subscription_cancelled" not in person.steps
    known = {"email": person.email, "name": person.name, "plan": person.plan if pays else "free"}
    source = {"$initial_utm_source": person.source} if person.source else {}
    about = {"$geoip_country_code": person.country, "$browser": browser, "$os": system} | source
    return json.dumps((known if "signed_up" in person.steps else {}) | about)


def _write(path: Path, found: Iterator[dict[str, Any]]) -> None:
    """Write beside the file, then replace it: nobody ever sees half of it."""
    import duckdb  # noqa: PLC0415 - heavy

    with tempfile.TemporaryDirectory(dir=path.parent, prefix=_MAKING) as folder:
        lines, parquet = Path(folder) / "rows.json", Path(folder) / path.name
        with lines.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row) + "\n" for row in found)
        with duckdb.connect() as connection:
            connection.execute("SET enable_progress_bar = false")  # which goes to stdout
            try:
                connection.execute(
                    f"COPY (SELECT * FROM read_json($lines, format = 'newline_delimited', columns = {COLUMNS})) TO $parquet "
                    "(FORMAT parquet, COMPRESSION zstd)",
                    {"lines": str(lines), "parquet": str(parquet)},
                )
            except duckdb.IOException as problem:
                number = errno.ENOSPC if "No space" in str(problem) else errno.EIO
                raise OSError(number, str(problem)) from problem
        parquet.chmod(PRIVATE)
        os.replace(parquet, path)  # noqa: PTH105 - atomic on every system
