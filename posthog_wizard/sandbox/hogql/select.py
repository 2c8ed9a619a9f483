"""SELECT: tables, columns, grouping, order and limits, each part from an allow-list.

Queries are written anew, not passed on: DuckDB SQL is made of our own pieces, in which only constants and quoted
names are the query's. What has no row is refused with its name.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlglot import exp

from posthog_wizard.sandbox.hogql.expressions import chain, ordering, term
from posthog_wizard.sandbox.hogql.scope import NameScope, Placeholder, TableSource, table_source
from posthog_wizard.sandbox.hogql.syntax import SHOWN, node_text, parse_select, refuse_others
from posthog_wizard.sandbox.hogql.terms import LONGEST_SQL, Term, as_boolean, sql_name
from posthog_wizard.sandbox.reader import QueryRejected

_USUAL_ROWS = 100  # what PostHog returns of a query without LIMIT
_PARTS = ("kind", "expressions", "distinct", "from_", "joins", "where", "prewhere", "group", "having", "qualify", "order",
         "limit", "offset", "with_", "operation_modifiers", "hint")  # fmt: skip
_SIDES = {"": "", "LEFT": "LEFT ", "RIGHT": "RIGHT ", "FULL": "FULL "}
_KINDS = {"": "", "INNER": "", "OUTER": "", "CROSS": "CROSS "}
_SET_OPERATIONS: dict[type, str] = {exp.Union: "UNION", exp.Intersect: "INTERSECT", exp.Except: "EXCEPT"}


class _Item(NamedTuple):
    name: str
    term: Term


def translated(
    text: str, *, now: datetime, most_rows: int, placeholders: Mapping[str, Placeholder] | None = None
) -> tuple[str, int, int]:
    """HogQL as DuckDB SQL, with its limit and offset; it gives one row more than the limit, where there is one.

    Raises QueryRejected with the part that was not understood.
    """
    query = parse_select(text)
    limit = min(_count(query.args.get("limit"), _USUAL_ROWS), most_rows)
    offset = _count(query.args.get("offset"), 0)
    query.set("limit", None)
    query.set("offset", None)
    try:
        sql, _ = _query(query, NameScope(now, _sql, placeholders=placeholders or {}))
    except RecursionError:
        raise QueryRejected("The query is nested too deeply.") from None
    if len(sql) > LONGEST_SQL:
        raise QueryRejected("The query is too long once its aliases are written out.")
    return f"{sql} LIMIT {limit + 1} OFFSET {offset}", limit, offset


def _count(node: exp.Expr | None, otherwise: int) -> int:
    if node is None:
        return otherwise
    refuse_others(node, ("expression",))
    value = node.args.get("expression")
    if not isinstance(value, exp.Literal) or value.is_string or not str(value.this).isdecimal():
        raise QueryRejected(f"`{node_text(node)}`: a whole number is expected.")
    return min(int(str(value.this)), 10**9)


def _sql(node: exp.Expr, scope: NameScope) -> str:
    return _query(node, scope)[0]


def _query(node: exp.Expr, scope: NameScope) -> tuple[str, Mapping[str, Term]]:
    """A SELECT or UNION as SQL, with the terms of its columns as seen from outside (without their table)."""
    if isinstance(node, exp.Subquery):
        refuse_others(node, ("this",))
        sql, fields = _query(node.this, scope)
        return f"({sql})", fields
    if isinstance(node, exp.SetOperation):
        return _set_operation(node, scope)
    if not isinstance(node, exp.Select):
        raise QueryRejected(f"Only SELECT is answered, not `{node_text(node)}`.")
    return _select(node, scope)


def _set_operation(node: exp.SetOperation, scope: NameScope) -> tuple[str, Mapping[str, Term]]:
    refuse_others(node, ("this", "expression", "distinct", "with_", "order"))
    _with(node, scope)
    if type(node) not in _SET_OPERATIONS or node.args.get("order"):
        raise QueryRejected(f"The sandbox does not understand `{node_text(node)}`.")
    left, fields = _query(node.this, scope.inner())
    every = "" if node.args.get("distinct") else " ALL"
    right = scope.select(node.expression)
    return f"SELECT * FROM (({left}) {_SET_OPERATIONS[type(node)]}{every} ({right}))", fields


def _select(node: exp.Select, scope: NameScope) -> tuple[str, Mapping[str, Term]]:
    refuse_others(node, _PARTS)
    _with(node, scope)
    tables, found = [], node.args.get("from_")
    if found is not None:
        refuse_others(found, ("this",))
        tables = [f"FROM {_source(found.this, scope)}", *(_join(one, scope) for one in node.args.get("joins") or [])]
    items = _items(node, scope)
    columns = ", ".join(f"{item.term.sql} AS {sql_name(item.name)}" for item in items)
    distinct = node.args.get("distinct")
    if distinct is not None:
        refuse_others(distinct, ())
    parts = [f"SELECT {'' if distinct is None else 'DISTINCT '}{columns}", *tables]
    parts += [*_conditions(node, scope, "prewhere", "where"), *_grouping(node, items, scope)]
    parts += [*_conditions(node, scope, "having"), *_conditions(node, scope, "qualify")]
    if node.args.get("order") is not None:
        parts.append("ORDER BY " + ", ".join(_ordered(one, items, scope) for one in node.args["order"].expressions))
    parts.extend(
        f"{clause.upper()} {_count(node.args[clause], 0)}"
        for clause in ("limit", "offset")
        if node.args.get(clause) is not None
    )
    return " ".join(parts), {item.name: Term(sql_name(item.name), item.term.type) for item in items}


def _with(node: exp.Expr, scope: NameScope) -> None:
    """WITH queries are written out where they are read; WITH constants are aliases."""
    found = node.args.get("with_")
    if found is None:
        return
    refuse_others(found, ("expressions",))
    for one in found.expressions:
        refuse_others(one, ("this", "alias", "scalar"))
        called = one.alias
        if one.args.get("scalar"):
            scope.aliases[called] = term(one.this, scope)
            continue
        inner = scope.inner()
        inner.outer = None
        scope.tables[called] = _query(one.this, inner)


# ------------------------------------------------------------------ tables


def _source(node: exp.Expr, scope: NameScope) -> str:
    """A table of ours, a WITH query or a subquery; it is added to the scope."""
    if isinstance(node, exp.Table):
        refuse_others(node, ("this", "alias"))
        if not isinstance(node.this, exp.Identifier):
            raise QueryRejected(f"There are no table functions here: `{node_text(node.this)}`.")
        called = str(node.this.this)
        alias = _alias(node) or called
        if called in scope.tables:
            return _derived(*scope.tables[called], alias, scope)
        scope.sources.append(table_source(called, alias))
        return f"{called} AS {sql_name(alias)}"
    if isinstance(node, exp.Subquery):
        refuse_others(node, ("this", "alias"))
        inner = scope.inner()
        inner.outer = scope.outer  # it does not see the tables beside it
        sql, fields = _query(node.this, inner)
        return _derived(sql, fields, _alias(node) or f"subquery {len(scope.sources)}", scope)
    raise QueryRejected(f"The sandbox cannot read from `{node_text(node)}`.")


def _alias(node: exp.Expr) -> str | None:
    alias = node.args.get("alias")
    if alias is not None:
        refuse_others(alias, ("this",))
    return node.alias or None


def _derived(sql: str, fields: Mapping[str, Term], alias: str, scope: NameScope) -> str:
    seen = {called: Term(f"{sql_name(alias)}.{one.sql}", one.type) for called, one in fields.items()}
    scope.sources.append(TableSource(alias, seen))
    if len(sql) > LONGEST_SQL:
        raise QueryRejected("The query is too long once its WITH queries are written out.")
    return f"({sql}) AS {sql_name(alias)}"


def _join(node: exp.Join, scope: NameScope) -> str:
    refuse_others(node, ("this", "side", "kind", "on", "using"))
    side, kind = str(node.args.get("side") or "").upper(), str(node.args.get("kind") or "").upper()
    if side not in _SIDES or kind not in _KINDS:
        raise QueryRejected(
            f"The sandbox does not know the join `{side} {kind}`; use INNER, LEFT, RIGHT, FULL or CROSS JOIN."
        )
    right = _source(node.this, scope)
    condition = node.args.get("on")
    if condition is None and not node.args.get("using"):
        return f"CROSS JOIN {right}"
    if condition is None:
        raise QueryRejected("Joins say ON here, not USING.")
    return f"{_SIDES[side]}{_KINDS[kind]}JOIN {right} ON {_on(condition, scope)}"


def _on(node: exp.Expr, scope: NameScope) -> str:
    """The condition of a join, in which null is not equal to null."""
    if isinstance(node, exp.And):
        return f"({_on(node.this, scope)} AND {_on(node.expression, scope)})"
    if isinstance(node, exp.Paren):
        return _on(node.this, scope)
    if isinstance(node, exp.EQ):
        sides = (term(one, scope).sql for one in (node.this, node.expression))
        return f"({' = '.join(sides)})"
    return as_boolean(term(node, scope)).sql


# ------------------------------------------------------------------ columns and the rest


def _items(node: exp.Select, scope: NameScope) -> list[_Item]:
    """The columns; each alias is known to those after it, and to every other clause."""
    items: list[_Item] = []
    for one in node.expressions:
        if isinstance(one, exp.Star) or (isinstance(one, exp.Column) and isinstance(one.this, exp.Star)):
            items.extend(_star(one, scope))
            continue
        found = term(one, scope)
        if isinstance(one, exp.Alias):
            scope.aliases[one.alias] = found
        items.append(_Item(_called(one), found))
    return items


def _star(node: exp.Expr, scope: NameScope) -> Sequence[_Item]:
    of = node.args["table"].name if isinstance(node, exp.Column) else None
    star = node.this if isinstance(node, exp.Column) else node
    refuse_others(star, ("except_",))
    refuse_others(node, ("this", "table", "except_"))
    left_out = {str(one.name) for one in star.args.get("except_") or []}
    found = [
        _Item(field, one)
        for source in scope.sources
        if of in {None, source.alias}
        for field, one in source.fields.items()
        if field not in left_out
    ]
    if not found:
        raise QueryRejected("`*` has no table to take its columns from.")
    return found


def _called(node: exp.Expr) -> str:
    if isinstance(node, exp.Alias):
        return str(node.alias)
    if isinstance(node, exp.Dot):
        return str(node.expression.name)
    return chain(node)[-1] if isinstance(node, exp.Column | exp.Identifier) else node_text(node)


def _conditions(node: exp.Select, scope: NameScope, *clauses: str) -> list[str]:
    """Clauses that are conditions, under the name of the last."""
    given = [node.args[clause].this for clause in clauses if node.args.get(clause) is not None]
    found = [as_boolean(term(one, scope)).sql for one in given]
    return [f"{clauses[-1].upper()} {' AND '.join(found)}"] if found else []


def _grouping(node: exp.Select, items: Sequence[_Item], scope: NameScope) -> list[str]:
    found = node.args.get("group")
    if found is None:
        return []
    refuse_others(found, ("expressions", "all"))
    if found.args.get("all"):
        return ["GROUP BY ALL"]
    # a column is named by its number, since its alias may also be the name of a field
    numbers = {item.term.sql: str(index) for index, item in reversed([*enumerate(items, 1)])}
    said = ["" if _is_position(one, items) else term(one, scope).sql for one in found.expressions]
    keys = (numbers.get(sql, sql) or str(int(one.this)) for sql, one in zip(said, found.expressions, strict=True))
    return [f"GROUP BY {', '.join(keys)}"]


def _is_position(node: exp.Expr, items: Sequence[_Item]) -> bool:
    """Whether the node is the number of a column; `1.5` and `1e3` are numbers, but of none."""
    said = str(node.this) if isinstance(node, exp.Literal) and not node.is_string else ""
    return said.isdecimal() and 0 < int(said) <= len(items)


def _ordered(node: exp.Expr, items: Sequence[_Item], scope: NameScope) -> str:
    inner = node.this if isinstance(node, exp.Ordered) else node
    if _is_position(inner, items):
        node = node.copy()
        (node.this if isinstance(node, exp.Ordered) else node).set("this", str(int(inner.this)))
    return ordering(node, scope)


def expression(text: str, source: TableSource, now: datetime) -> Term:
    """One HogQL expression over a table, as filters, breakdowns and math hold it. Raises QueryRejected."""
    query = parse_select(f"SELECT {text}")
    if not isinstance(query, exp.Select) or len(query.expressions) != 1:
        raise QueryRejected(f"One expression is expected, not `{text[:SHOWN]}`.")
    refuse_others(query, ("expressions",))
    return term(query.expressions[0], NameScope(now, _sql, sources=[source]))
