"""What a name can mean within one SELECT: the fields of our tables, the aliases so far, and what lies around it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlglot import exp

from posthog_wizard.sandbox.hogql.terms import LONGEST_SQL, Term, Type, member, sql_name, step
from posthog_wizard.sandbox.reader import QueryRejected
from posthog_wizard.sandbox.sample import catalog

_INSTEAD = {
    "session": "Join them: JOIN sessions ON sessions.session_id = events.$session_id.",
    "issue_id": "An error's issue is `properties.$exception_issue_id`.",
    "pdi": "Events have their `person_id`.",
    **dict.fromkeys((f"$group_{index}" for index in range(5)), "Nobody belongs to a group in the sandbox."),
}
POSITION = re.compile(r"[0-9]{1,9}")  # in a list
_Fields = Mapping[str, tuple[str, Type]]
_PERSON: _Fields = {
    "id": ("person_id", "String"), "properties": ("person_properties", "PersonJson"), "created_at": ("first_seen", "Time"),
}  # fmt: skip
_TABLES: Mapping[str, _Fields] = {
    "events": {
        "uuid": ("uuid", "String"), "event": ("event", "String"), "properties": ("properties", "EventJson"),
        "timestamp": ("timestamp", "Time"), "distinct_id": ("distinct_id", "String"), "person_id": ("person_id", "String"),
        "$session_id": ("session_id", "String"), "created_at": ("timestamp", "Time"),
    },
    "persons": {"id": ("id", "String"), "created_at": ("created_at", "Time"), "properties": ("properties", "PersonJson")},
    "person_distinct_ids": {"distinct_id": ("distinct_id", "String"), "person_id": ("person_id", "String")},
    "groups": {
        "index": ("index", "Number"), "key": ("key", "String"), "properties": ("properties", "Json"), "created_at": ("created_at", "Time"),
    },
    "sessions": {
        "session_id": ("session_id", "String"), "distinct_id": ("distinct_id", "String"),
        "$start_timestamp": ("start_timestamp", "Time"), "$end_timestamp": ("end_timestamp", "Time"),
        "$session_duration": ("duration", "Number"), "$pageview_count": ("pageviews", "Number"),
        "$autocapture_count": ("clicks", "Number"), "$entry_current_url": ("entry_url", "String"),
        "$entry_pathname": ("entry_path", "String"),
    },
}  # fmt: skip
_PROPERTIES: Mapping[Type, str] = {"EventJson": "event", "PersonJson": "person"}
_CASTS: Mapping[str, tuple[str, Type]] = {"Numeric": ("DOUBLE", "Number"), "Boolean": ("BOOLEAN", "Boolean")}


class TableSource(NamedTuple):
    """One table of a FROM: `alias` as the query says it, and its fields as terms."""

    alias: str
    fields: Mapping[str, Term]
    table: str | None = None  # which of ours it is

    def find(self, chain: tuple[str, ...]) -> Term | None:
        """The field that a dotted name leads to, None when it begins with none of ours."""
        if self.table == "events" and chain[0] == "person" and len(chain) > 1:
            person = {
                field: Term(f"{sql_name(self.alias)}.{column}", kind) for field, (column, kind) in _PERSON.items()
            }
            return TableSource("person", person).find(chain[1:])
        found = self.fields.get(chain[0])
        return found and deeper(found, chain[1:])


def table_source(of: str, alias: str) -> TableSource:
    """One of our tables. Raises QueryRejected for any other."""
    if of not in _TABLES:
        raise QueryRejected(f"Unknown table `{of}`: the sandbox has {', '.join(f'`{one}`' for one in _TABLES)}.")
    fields = {field: Term(f"{sql_name(alias)}.{column}", kind) for field, (column, kind) in _TABLES[of].items()}
    return TableSource(alias, fields, of)


def deeper(term: Term, keys: tuple[str | int, ...]) -> Term:
    """What is within a JSON value, with the type that the property's definition says."""
    if not keys:
        return term
    json, path = (term.sql, "$") if term.path is None else term.path
    if term.path is None and not term.type.endswith("Json"):
        raise QueryRejected(f"There is nothing within `{term.sql.rpartition('.')[2].strip(chr(34))}`: no `{keys[0]}`.")
    known = catalog.PROPERTIES.get(_PROPERTIES.get(term.type, ""), {}) if len(keys) == 1 else {}
    defined = known.get(str(keys[0]))
    for place, key in enumerate(keys):
        path = step(path, int(key) if place > 0 and POSITION.fullmatch(str(key)) else key)
    found = member(json, path)
    if defined is not None and defined.type in _CASTS:
        cast, kind = _CASTS[defined.type]
        return Term(f"TRY_CAST({found.sql} AS {cast})", kind, path=found.path)
    return found


Placeholder = Callable[[TableSource], str]  # from the table of events, as the query names it, to a condition on it


@dataclass
class NameScope:
    """The names within one SELECT. `outer`: those around it; `tables`: the WITH queries that it may read.

    `translate`: what makes SQL of a SELECT.
    """

    now: datetime
    translate: Callable[[exp.Expr, NameScope], str]
    tables: dict[str, tuple[str, Mapping[str, Term]]] = field(default_factory=dict)
    outer: NameScope | None = None
    sources: list[TableSource] = field(default_factory=list)
    aliases: dict[str, Term] = field(default_factory=dict)
    placeholders: Mapping[str, Placeholder] = field(default_factory=dict)

    def select(self, node: exp.Expr) -> str:
        """A SELECT within this one, as SQL."""
        return self.translate(node, self.inner())

    def inner(self) -> NameScope:
        """The names of a SELECT within this one."""
        return NameScope(self.now, self.translate, dict(self.tables), self, placeholders=self.placeholders)

    def find(self, chain: tuple[str, ...]) -> Term:
        """What a dotted name means: an alias, a field of a table, or either of the SELECT around. Raises QueryRejected."""
        alias = self.aliases.get(chain[0]) if len(chain) == 1 else None
        if alias is not None and len(alias.sql) > LONGEST_SQL:
            raise QueryRejected("Aliases within aliases make this query too long.")
        if (found := alias or self._field(chain)) is not None:
            return found
        if self.outer is not None:
            return self.outer.find(chain)
        raise QueryRejected(f"Unknown field `{'.'.join(chain)}`.{self._instead(chain)}")

    def _field(self, chain: tuple[str, ...]) -> Term | None:
        for source in self.sources:
            if source.alias == chain[0] and len(chain) > 1:
                return source.find(chain[1:])
        found = [term for source in self.sources if (term := source.find(chain)) is not None]
        if len(found) > 1:
            raise QueryRejected(
                f"`{'.'.join(chain)}` could be of several tables; say which, as in `table.{chain[-1]}`."
            )
        return found[0] if found else None

    def _instead(self, chain: tuple[str, ...]) -> str:
        if chain[-1] in _INSTEAD or chain[0] in _INSTEAD:
            return f" {_INSTEAD.get(chain[-1]) or _INSTEAD[chain[0]]}"
        if chain[-1][:1].isdigit():  # what is left of properties.a-1b, which the parser takes for a subtraction
            return (
                " A name with other characters than letters, digits, `_` and `$` stands in backticks: properties.`a-b`."
            )
        known = [*self.aliases, *(one for source in self.sources for one in source.fields)]
        close = difflib.get_close_matches(chain[-1], known, n=1, cutoff=0.75) if len(chain) == 1 else []
        if close:
            return f" Did you mean `{close[0]}`?"
        tables = {source.table for source in self.sources}
        if tables & {"events", "persons", "groups"}:
            return f" Did you mean `properties.{chain[-1]}`?"
        fields = [f"`{one}`" for source in self.sources for one in source.fields][:20]
        return f" There are {', '.join(fields)}." if fields else ""
