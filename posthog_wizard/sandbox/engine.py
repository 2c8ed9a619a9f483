"""The query engine: DuckDB in memory over the sample data, one in each process.

Two ways in: `query` for what strangers wrote, which is translated from an allow-list; `sql` for the API's own needs.
Behind both the database is locked: no files, no network, no settings, limits on memory, time and rows.

DuckDB runs with one thread and without its progress bar: sums of fractions would differ from run to run, and the bar
is drawn on stdout, where clients expect the protocol.
"""

from __future__ import annotations

import atexit
import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from posthog_wizard.errors import NotSupported, WizardError
from posthog_wizard.installer import this_installer
from posthog_wizard.own_files import refusal_hint
from posthog_wizard.sandbox.reader import QueryRejected, Reader, ResultTable, moment_text
from posthog_wizard.sandbox.sample import catalog, data

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_TYPES = {"BIGINT": "Int64", "INTEGER": "Int32", "SMALLINT": "Int16", "TINYINT": "Int8", "UBIGINT": "UInt64", "HUGEINT": "Int128",
          "DOUBLE": "Float64", "FLOAT": "Float32", "BOOLEAN": "Bool", "VARCHAR": "String", "JSON": "String", "DATE": "Date",
          "TIMESTAMP": "DateTime64(6, 'UTC')", "UUID": "UUID"}  # fmt: skip
_TABLES = Path(__file__).with_name("tables.sql")


class EngineLimits(NamedTuple):
    """What one process and one query may use."""

    seconds: float = 15.0
    memory: str = "512MB"
    threads: int = 1  # so that sums of fractions are the same in every process; queries take milliseconds
    rows: int = 50_000  # as PostHog's own limit


class Engine:
    """Answers queries from the sample data in `directory`, which are made when they are not there.

    Nothing is loaded before the first query, which takes a quarter of a second longer: the data take 150 MB, and
    clients keep servers that they seldom ask. May be used from several threads.
    """

    def __init__(
        self,
        directory: Path,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC).replace(tzinfo=None),  # as all times in the database
        limits: EngineLimits = EngineLimits(),  # noqa: B008 - frozen
    ) -> None:
        self.directory, self._now, self._limits = directory, now, limits
        self._opening = threading.Lock()
        self._connection: DuckDBPyConnection | None = None
        atexit.register(self.close)  # DuckDB complains on stderr of connections that outlive the program

    def query(
        self,
        query: Mapping[str, Any],
        *,
        project_id: int = catalog.PROJECT_ID,
        experiment: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The body of PostHog's answer to POST /query/ with `{"query": query}`.

        `experiment`: the row (feature_flag_key, start_date, end_date, parameters, ...) that `experiment_id` means.

        Raises:
            QueryRejected: what was not understood, or took too much.
            NotSupported: the extra `sandbox` is not installed.
            WizardError: the sample data can be neither made nor read.
        """
        from posthog_wizard.sandbox.queries import answered  # noqa: PLC0415 - sqlglot is heavy

        with self._reader(project_id, experiment) as reader:
            return answered(query, reader)

    def sql(self, text: str, parameters: Sequence[Any] = (), *, project_id: int = catalog.PROJECT_ID) -> ResultTable:
        """Run trusted DuckDB SQL over events, persons, sessions; `parameters` fill its question marks.

        Never for text that came from outside.
        """
        with self._reader(project_id, None) as reader:
            return reader.run(text, parameters)

    def close(self) -> None:
        """Give the memory back. A later query loads again."""
        atexit.unregister(self.close)
        with self._opening:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def _reader(self, project_id: int, experiment: Mapping[str, Any] | None) -> Iterator[Reader]:
        now = self._now()
        shift = (now.date() - data.LAST_DAY) // timedelta(days=1)
        with self._opening:
            if self._connection is None:
                check_installed()  # before anything is made
                self._connection = _loaded(self.directory, self._limits)
            cursor = self._connection.cursor()
        try:
            for name, value in (("now", now), ("shift", shift), ("project", project_id), ("home", catalog.PROJECT_ID)):
                cursor.execute(f"SET VARIABLE {name} = ?", [value])
            yield Reader(partial(self._run, cursor), now, self._limits.rows, experiment)
        finally:
            cursor.close()

    def _run(self, cursor: DuckDBPyConnection, text: str, parameters: Sequence[Any] = ()) -> ResultTable:
        import duckdb  # noqa: PLC0415 - see _loaded

        timer = threading.Timer(self._limits.seconds, cursor.interrupt)
        timer.daemon = True
        timer.start()
        try:
            cursor.execute(text, parameters or None)
            described = [(str(column[0]), _clickhouse_type(str(column[1]))) for column in cursor.description or ()]
            rows = [[_plain(value) for value in row] for row in cursor.fetchmany(self._limits.rows + 1)]
        except duckdb.InterruptException:
            raise QueryRejected(f"The query ran for more than {self._limits.seconds:g} seconds.") from None
        except duckdb.OutOfMemoryException:
            raise QueryRejected(f"The query needs more than {self._limits.memory} of memory.") from None
        except duckdb.Error as error:
            raise QueryRejected(_first_line(error)) from None
        finally:
            timer.cancel()
        return ResultTable(tuple(name for name, _ in described), tuple(kind for _, kind in described), rows)


def check_installed() -> None:
    """Raise NotSupported where the libraries of the extra `sandbox` are missing."""
    missing = [library for library in ("duckdb", "sqlglot", "filelock") if find_spec(library) is None]
    if missing:
        raise NotSupported(
            f"the sandbox needs {' and '.join(missing)}, which {'is' if len(missing) == 1 else 'are'} not installed",
            f"install it: `{this_installer().install('sandbox')}`",
        )


def _loaded(directory: Path, limits: EngineLimits) -> DuckDBPyConnection:
    """The database, with data made where there are none, and made anew where they cannot be read."""
    import duckdb  # noqa: PLC0415 - 50 ms

    try:
        path = data.ensure(directory)
        try:
            return _open(path, limits)
        except duckdb.Error:
            path.unlink(missing_ok=True)
            return _open(data.ensure(directory), limits)
    except (OSError, duckdb.Error) as error:
        hint = "free some space on that disk, then run the command again"
        if isinstance(error, OSError):
            hint = refusal_hint(error, directory) or "let this user write there"
        raise WizardError(
            f"the sandbox cannot make or read its sample data in `{directory}`: {_first_line(error)}", hint
        ) from error


def _open(path: Path, limits: EngineLimits) -> DuckDBPyConnection:
    """A database in memory with the sample data, and every door closed behind it."""
    import duckdb  # noqa: PLC0415 - see _loaded

    connection = duckdb.connect(":memory:", config={"threads": limits.threads, "memory_limit": limits.memory})
    connection.execute("SET enable_progress_bar = false")  # which goes to stdout, where clients expect the protocol
    connection.execute("CREATE TABLE everything AS SELECT * FROM read_parquet(?) ORDER BY timestamp", [str(path)])
    connection.execute(_TABLES.read_text(encoding="utf-8"))
    for setting in (
        "TimeZone = 'UTC'",
        "temp_directory = ''",
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")
    return connection


def _first_line(error: Exception) -> str:
    text = str(error).splitlines()[0]
    return text.partition(": ")[2] or text


def _clickhouse_type(name: str) -> str:
    if name.endswith("[]"):
        return f"Array({_clickhouse_type(name[:-2])})"
    return _TYPES.get(name, "Float64" if name.startswith("DECIMAL") else name.title())


def _plain(value: Any) -> Any:
    """A value of DuckDB as JSON has it: times as ISO texts in UTC, what is not a number as null."""
    for kind, convert in _PLAIN:
        if isinstance(value, kind):
            return convert(value)
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


_PLAIN: tuple[tuple[Any, Any], ...] = (
    (datetime, moment_text),
    (date, date.isoformat),
    (timedelta, timedelta.total_seconds),
    (Decimal, lambda value: _number(float(value))),
    (float, _number),
    (list | tuple, lambda values: [_plain(value) for value in values]),
    (dict, lambda value: {str(name): _plain(one) for name, one in value.items()}),
)
