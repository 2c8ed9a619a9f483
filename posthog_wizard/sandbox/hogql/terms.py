"""Pieces of DuckDB SQL with what we know of their type. All text from outside gets in through `sql_text` and `sql_name`."""

import re
from datetime import datetime
from typing import Literal, NamedTuple

from posthog_wizard.sandbox.reader import QueryRejected

Type = Literal[
    "String", "Number", "Boolean", "Time", "Date", "Interval", "Array", "EventJson", "PersonJson", "Json", "Any"
]
_JSON = ("EventJson", "PersonJson", "Json")
_NUMBER = re.compile(r"[0-9]{1,40}(\.[0-9]{0,40})?([eE][+-]?[0-9]{1,3})?")
LONGEST_SQL = 200_000  # characters, which aliases within aliases reach soon


class Term(NamedTuple):
    """A piece of SQL. `literal`: the text or number itself where it is one; `path`: where in a JSON value it stands."""

    sql: str
    type: Type = "Any"
    literal: str | None = None
    path: tuple[str, str] | None = None  # the JSON's SQL, and the path that leads to here


def sql_text(value: str) -> str:
    """A text as SQL. DuckDB has no escapes in it but the doubled quote."""
    if "\x00" in value:
        raise QueryRejected("A text has a zero byte in it.")
    return "'" + value.replace("'", "''") + "'"


def sql_name(value: str) -> str:
    """A name as SQL, whatever its characters."""
    if "\x00" in value:
        raise QueryRejected("A name has a zero byte in it.")
    return '"' + value.replace('"', '""') + '"'


def sql_number(value: str) -> str:
    """A number as SQL. Raises QueryRejected for what is none."""
    if not _NUMBER.fullmatch(value):
        raise QueryRejected(f"`{value}` is not a number that the sandbox understands.")
    return value


def moment_term(value: datetime) -> Term:
    """A time."""
    return Term(f"TIMESTAMP {sql_text(value.isoformat(sep=' '))}", "Time")


def string_term(value: str) -> Term:
    """A text constant."""
    return Term(sql_text(value), "String", literal=value)


def member(json: str, path: str, kind: Type = "String") -> Term:
    """What stands at a path (`$."plan"`) of a JSON value, as text or null."""
    return Term(f"json_extract_string({json}, {sql_text(path)})", kind, path=(json, path))


def step(path: str, key: str | int) -> str:
    """The path one level deeper; ClickHouse counts from one, JSON paths from zero."""
    if isinstance(key, int):
        if key == 0:
            raise QueryRejected("Positions in a list count from 1.")
        return f"{path}[{key - 1 if key > 0 else f'#{key}'}]"
    if '"' in key or "\\" in key:
        raise QueryRejected(f"The sandbox cannot look for a property whose name has quotes: `{key}`.")
    return f'{path}."{key}"'


def as_number(term: Term) -> Term:
    """Texts that are no numbers become null, as toFloat has it."""
    if term.type in {"String", *_JSON} and not (term.literal and _NUMBER.fullmatch(term.literal)):
        return Term(f"TRY_CAST({term.sql} AS DOUBLE)", "Number")
    if term.type == "Boolean":
        return Term(f"CAST({term.sql} AS INTEGER)", "Number")
    if term.type in {"Time", "Date"}:
        return Term(f"epoch({term.sql})", "Number")
    return term if term.type == "Number" else Term(f"CAST({term.sql} AS DOUBLE)", "Number")


def as_time(term: Term) -> Term:
    """Texts that are no times become null."""
    if term.type == "Time":
        return term
    if term.type == "Number":
        return Term(f"make_timestamp(CAST(CAST({term.sql} AS DOUBLE) * 1000000 AS BIGINT))", "Time")
    return Term(f"TRY_CAST({term.sql} AS TIMESTAMP)", "Time")


def as_text(term: Term) -> Term:
    """Everything has a text."""
    return term if term.type == "String" else Term(f"CAST({term.sql} AS VARCHAR)", "String")


def as_boolean(term: Term) -> Term:
    """Numbers but zero are true."""
    if term.type == "Boolean":
        return term
    if term.type == "Number":
        return Term(f"({term.sql} <> 0)", "Boolean")
    return Term(f"TRY_CAST({term.sql} AS BOOLEAN)", "Boolean")


def alike(left: Term, right: Term) -> tuple[Term, Term]:
    """Both sides of a comparison with one type, as HogQL casts a property to what it is compared with."""
    return _towards(left, right.type), _towards(right, left.type)


def _towards(term: Term, other: Type) -> Term:
    if term.type not in {"String", *_JSON} or (term.literal is not None and other != "Number"):
        return term
    casts = {"Number": as_number, "Time": as_time, "Date": as_time, "Boolean": as_boolean}
    cast = casts.get(other)
    return cast(term) if cast else term
