"""What a name can mean within one SELECT: its tables, the aliases so far, and what lies around it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlglot import exp

from posthog_wizard.sandbox.hogql.tables import TableSource
from posthog_wizard.sandbox.hogql.terms import LONGEST_SQL, Term
from posthog_wizard.sandbox.reader import QueryRejected

_INSTEAD = {
    "session": "Join them: JOIN sessions ON sessions.session_id = events.$session_id.",
    "issue_id": "An error's issue is `properties.$exception_issue_id`.",
    "pdi": "Events have their `person_id`.",
    **dict.fromkeys((f"$group_{index}" for index in range(5)), "Nobody belongs to a group in the sandbox."),
}
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
        found = self._alias(chain) or self._field(chain)
        if found is not None:
            return found
        if self.outer is not None:
            return self.outer.find(chain)
        raise QueryRejected(f"Unknown field `{'.'.join(chain)}`.{self._instead(chain)}")

    def _alias(self, chain: tuple[str, ...]) -> Term | None:
        found = self.aliases.get(chain[0]) if len(chain) == 1 else None
        if found is not None and len(found.sql) > LONGEST_SQL:
            raise QueryRejected("Aliases within aliases make this query too long.")
        return found

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
