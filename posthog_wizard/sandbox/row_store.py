"""The rows that the sandbox keeps: documents in SQLite, one table, several processes at once.

Write-ahead logging lets readers go on while another process writes; writers wait for each other.
See https://sqlite.org/wal.html.

Dates of samples are kept as `~30d`, days before today, so that they keep company with the events.
"""

import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from posthog_wizard.own_files import PRIVATE, create, own_folder

Row = dict[str, Any]
SampleRow = tuple[str, int, Row]  # resource, project (0: none), document with its `id`
SIGN_IN_ROWS = "sign_in."  # begins the name of every resource that is about who may come in
_VERSION = 1  # of the table; a file of another version is filled anew
_PATIENCE = 30.0  # seconds that a process waits for another one's writing
_IN_PROJECT = "resource = ? AND project = ?"
_TABLE = """
CREATE TABLE IF NOT EXISTS documents (
    resource TEXT NOT NULL, project INTEGER NOT NULL, id TEXT NOT NULL, number INTEGER, document TEXT NOT NULL,
    PRIMARY KEY (resource, id)
) WITHOUT ROWID
"""


class RowStore:
    """The rows in the file at `path`. It is made, and filled with `samples`, by whoever comes first.

    Every method is atomic by itself; `changing` makes several so. Safe to use from several threads.
    """

    def __init__(self, path: Path, samples: Callable[[], Iterable[SampleRow]]) -> None:
        self._samples, self._lock = samples, threading.RLock()
        own_folder(path.parent)
        # SQLite gives the files beside it the same mode: https://sqlite.org/wal.html. An existing one is not opened: closing
        # it would take this process's locks of it away from SQLite (https://sqlite.org/howtocorrupt.html, 2.2).
        with suppress(FileExistsError):
            os.close(create(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE))
        self._connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
        self._prepare()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._connection.close()

    def reset(self) -> None:
        """Forget every row and begin with the samples again; other processes see it at once. Secrets and grants stay."""
        with self.changing():
            self._all("DELETE FROM documents WHERE resource NOT LIKE ?", f"{SIGN_IN_ROWS}%")
            self._add_samples()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """All that happens within happens, or nothing does; no other process writes meanwhile."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def secret(self, name: str, make: Callable[[], str]) -> str:
        """The store's own secret of that name, which is made once: whoever comes first makes it for all processes."""
        wanted = "SELECT value FROM secrets WHERE name = ?"
        if not (kept := self._all(wanted, name)):
            with self.changing():
                self._all("INSERT OR IGNORE INTO secrets VALUES (?, ?)", name, make())
                kept = self._all(wanted, name)
        return str(kept[0][0])

    def rows(self, resource: str, project: int = 0) -> list[Row]:
        """The rows of a resource in that project, oldest first, without those that were deleted softly."""
        found = self._all(f"SELECT document FROM documents WHERE {_IN_PROJECT} ORDER BY number, id", resource, project)
        return [row for row in (json.loads(text) for (text,) in found) if not row.get("deleted")]

    def row(self, resource: str, identifier: object, project: int = 0) -> Row | None:
        """The row of that id, a softly deleted one too."""
        statement = f"SELECT document FROM documents WHERE {_IN_PROJECT} AND id = ?"
        found = self._all(statement, resource, project, str(identifier))
        return json.loads(found[0][0]) if found else None

    def add(self, resource: str, row: Mapping[str, Any], project: int = 0) -> Row:
        """Keep a new row; one without `id` gets the next number of its resource, whatever the project."""
        with self.changing():
            made = dict(row)
            if "id" not in row:
                statement = "SELECT coalesce(max(number), 0) + 1 FROM documents WHERE resource = ?"
                made = {"id": self._all(statement, resource)[0][0], **row}
            self._put(resource, made, project)
            return made

    def save(self, resource: str, row: Mapping[str, Any], project: int = 0) -> None:
        """Keep what became of a row."""
        with self.changing():
            self._put(resource, row, project)

    def remove(self, resource: str, identifier: object, project: int = 0) -> None:
        """Take a row out for good."""
        with self.changing():
            self._all(f"DELETE FROM documents WHERE {_IN_PROJECT} AND id = ?", resource, project, str(identifier))

    def _all(self, statement: str, *values: object) -> list[Any]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def _put(self, resource: str, row: Mapping[str, Any], project: int) -> None:
        number = row["id"] if isinstance(row["id"], int) else None
        values = (resource, project, str(row["id"]), number, json.dumps(row, ensure_ascii=False))
        self._all("INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?)", *values)

    def _prepare(self) -> None:
        deadline = time.monotonic() + _PATIENCE  # SQLite does not wait for others who switch the file over, too
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
                break
            except sqlite3.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        self._connection.execute("PRAGMA synchronous = NORMAL")
        # an older file has none
        self._all("CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
        if self._version() == _VERSION:
            return
        with self.changing():
            if self._version() != _VERSION:  # nobody was faster
                self._all("DROP TABLE IF EXISTS documents")
                self._all(_TABLE)
                self._add_samples()
                self._all(f"PRAGMA user_version = {_VERSION}")

    def _version(self) -> int:
        return int(self._all("PRAGMA user_version")[0][0])

    def _add_samples(self) -> None:
        for resource, project, row in self._samples():
            self._put(resource, row, project)
