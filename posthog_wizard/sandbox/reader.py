"""What the queries work with: the reader that asks the database, the table that it gives, and the error of a query.

A table has columns, their types in ClickHouse's words, and rows of plain JSON values.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

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


def moment_text(value: datetime) -> str:
    """A time in UTC as ISO text."""
    return value.replace(tzinfo=None).isoformat() + "Z"


def whole_number(given: Query, name: str, otherwise: int, *, least: int = 0, most: int = 10**9) -> int:
    """A whole number of a query. Raises QueryRejected."""
    value = given.get(name)
    if value is None:
        return otherwise
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise QueryRejected(f"`{name}` is a whole number from {least} to {most}.", name)
    return value
