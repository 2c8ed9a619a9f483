"""The sandbox's tables as HogQL sees them: each field with the column behind it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from posthog_wizard.sandbox.hogql.terms import Term, Type, member, sql_name, step
from posthog_wizard.sandbox.reader import QueryRejected
from posthog_wizard.sandbox.sample import catalog

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
