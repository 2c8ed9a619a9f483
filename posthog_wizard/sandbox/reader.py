"""What the queries work with: the reader that asks the database, the table that it gives, and the error of a query.

A table has columns, their types in ClickHouse's words, and rows of plain JSON values.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

_TYPES = {"BIGINT": "Int64", "INTEGER": "Int32", "SMALLINT": "Int16", "TINYINT": "Int8", "UBIGINT": "UInt64", "HUGEINT": "Int128",
          "DOUBLE": "Float64", "FLOAT": "Float32", "BOOLEAN": "Bool", "VARCHAR": "String", "JSON": "String", "DATE": "Date",
          "TIMESTAMP": "DateTime64(6, 'UTC')", "UUID": "UUID"}  # fmt: skip


Query = Mapping[str, Any]
"""A query, or a part of one, as the API takes it."""
Answer = dict[str, Any]
"""What the API answers to one, or a row of it."""


class QueryRejected(Exception):
    """`detail` says what was not understood, or went wrong, and what to write instead; `attribute` names the field.

    The API answers it with 400.
    """

    def __init__(self, detail: str, attribute: str = "query") -> None:
        super().__init__(detail)
        self.detail, self.attribute = detail, attribute


class ResultTable(NamedTuple):
    """Rows with the names and types of their columns."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[list[Any]]

    def records(self) -> list[dict[str, Any]]:
        """The rows as objects."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


class Reader(NamedTuple):
    """What the queries of one kind work with: a way to ask the database, and what time it is there.

    `experiment` is the API's row of the experiment that is asked about, None for another query.
    """

    run: Callable[..., ResultTable]
    now: datetime  # naive, in UTC
    most_rows: int
    experiment: Mapping[str, Any] | None = None


def clickhouse_type(name: str) -> str:
    """DuckDB's name of a type in ClickHouse's words."""
    if name.endswith("[]"):
        return f"Array({clickhouse_type(name[:-2])})"
    return _TYPES.get(name, "Float64" if name.startswith("DECIMAL") else name.title())


def plain(value: Any) -> Any:
    """A value of DuckDB as JSON has it: times as ISO texts in UTC, what is not a number as null."""
    for kind, convert in _PLAIN:
        if isinstance(value, kind):
            return convert(value)
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def moment_text(value: datetime) -> str:
    """A time in UTC as ISO text."""
    return value.replace(tzinfo=None).isoformat() + "Z"


_PLAIN: tuple[tuple[Any, Any], ...] = (
    (datetime, moment_text),
    (date, date.isoformat),
    (timedelta, timedelta.total_seconds),
    (Decimal, lambda value: _number(float(value))),
    (float, _number),
    (list | tuple, lambda values: [plain(value) for value in values]),
    (dict, lambda value: {str(name): plain(one) for name, one in value.items()}),
)
