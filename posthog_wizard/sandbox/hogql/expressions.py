"""Expressions: each node of the parsed tree that has a row here becomes DuckDB SQL; any other is refused by its name."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from typing import Any

from sqlglot import exp

from posthog_wizard.sandbox.hogql import aggregates
from posthog_wizard.sandbox.hogql.functions import FUNCTIONS, NAMES, cast, constant, interval, joined_sql, unit
from posthog_wizard.sandbox.hogql.scope import NameScope
from posthog_wizard.sandbox.hogql.syntax import node_text, refuse_others
from posthog_wizard.sandbox.hogql.tables import POSITION, deeper
from posthog_wizard.sandbox.hogql.terms import Term, Type, alike, as_boolean, as_number, as_text, as_time, string_term
from posthog_wizard.sandbox.reader import QueryRejected

_Subselect = Callable[[exp.Expr, NameScope], str]
_INSTEAD = {
    "windowfunnel": "Use a FunnelsQuery.",
    "retention": "Use min(timestamp) by person in a subquery, or a RetentionQuery where the API is asked.",
    "row_number": "It needs OVER (ORDER BY …).",
    "getsurveyresponse": "An answer is the property `$survey_response` or `$survey_response_<id of the question>`.",
    "sequencematch": "Use a FunnelsQuery.",
    "arraymap": "Functions with `->` are not translated; use arrayJoin and GROUP BY.",
    "arrayfilter": "Functions with `->` are not translated; use arrayJoin and WHERE.",
    "read_csv": "There are no files here; query `events` or `persons`.",
    "read_text": "There are no files here; query `events` or `persons`.",
    "sleep": "Nothing waits here.",
}
_CASTS: dict[str, tuple[str, Type]] = {
    **dict.fromkeys(
        ("BIGINT", "INT", "SMALLINT", "TINYINT", "UBIGINT", "UINT", "USMALLINT", "UTINYINT"), ("BIGINT", "Number")
    ),
    **dict.fromkeys(("DOUBLE", "FLOAT", "DECIMAL"), ("DOUBLE", "Number")),
    **dict.fromkeys(("TEXT", "VARCHAR", "NVARCHAR", "CHAR"), ("VARCHAR", "String")),
    **dict.fromkeys(("DATETIME", "DATETIME64", "TIMESTAMP"), ("TIMESTAMP", "Time")),
    "DATE": ("DATE", "Date"),
    "BOOLEAN": ("BOOLEAN", "Boolean"),
}


def term(node: Any, scope: NameScope, select: _Subselect) -> Term:
    """The node as SQL. Raises QueryRejected for what the sandbox does not know."""
    row = _ROWS.get(type(node))
    if row is None:
        raise QueryRejected(f"The sandbox does not understand `{node_text(node)}` ({type(node).__name__}).")
    allowed, translate = row
    refuse_others(node, allowed)
    return translate(node, scope, select)


# ------------------------------------------------------------------ names and constants


def _column(node: exp.Column, scope: NameScope, _: _Subselect) -> Term:
    return scope.find(chain(node))


def _dot(node: exp.Dot, scope: NameScope, select: _Subselect) -> Term:
    """`a.b.c.d.e`, and also `properties.list[1].name`."""
    start: exp.Expr = node
    keys: list[str] = []
    while isinstance(start, exp.Dot):
        keys.insert(0, str(start.expression.name))
        start = start.this
    if isinstance(start, exp.Column):
        return scope.find((*chain(start), *keys))
    return deeper(term(start, scope, select), tuple(int(key) if POSITION.fullmatch(key) else key for key in keys))


def chain(node: exp.Expr) -> tuple[str, ...]:
    """The parts of a dotted name, outermost first. The parser takes the `1.type` of `list.1.type` for one of them."""
    if isinstance(node, exp.Dot):
        return (*chain(node.this), *chain(node.expression))
    if isinstance(node, exp.Column):
        parts = (node.args.get(part) for part in ("catalog", "db", "table", "this"))
        return tuple(piece for part in parts if part is not None for piece in chain(part))
    if isinstance(node, exp.Identifier):
        return (str(node.this),) if node.args.get("quoted") else tuple(str(node.this).split("."))
    raise QueryRejected(f"The sandbox does not understand the name `{node_text(node)}`.")


def _literal(node: exp.Literal, _scope: NameScope, _: _Subselect) -> Term:
    return string_term(str(node.this)) if node.is_string else constant(str(node.this))


def _interval(node: exp.Interval, scope: NameScope, select: _Subselect) -> Term:
    amount = node.this
    if isinstance(amount, exp.Literal):  # the parser makes a text of the number
        return interval(constant(str(amount.this)), unit(string_term(node.text("unit")), "INTERVAL"))
    return interval(term(amount, scope, select), unit(string_term(node.text("unit")), "INTERVAL"))


def _bracket(node: exp.Bracket, scope: NameScope, select: _Subselect) -> Term:
    of = term(node.this, scope, select)
    for index in node.expressions:
        of = _element(of, index, scope, select)
    return of


def _element(of: Term, index: exp.Expr, scope: NameScope, select: _Subselect) -> Term:
    json = of.type.endswith("Json") or of.path is not None
    if json and isinstance(index, exp.Literal) and (index.is_string or str(index.this).isdecimal()):
        return deeper(of, (str(index.this) if index.is_string else int(index.this),))
    return Term(f"list_extract({of.sql}, CAST({as_number(term(index, scope, select)).sql} AS BIGINT))")


# ------------------------------------------------------------------ operators


def _compared(operator: str) -> Callable[[Any, NameScope, _Subselect], Term]:
    """Null is not equal to anything but null, and a comparison is never null: so HogQL has it."""

    def compared(node: exp.Binary, scope: NameScope, select: _Subselect) -> Term:
        left, right = alike(term(node.this, scope, select), term(node.expression, scope, select))
        plain = f"({left.sql} {operator} {right.sql})"
        return Term(plain if "DISTINCT" in operator else f"coalesce({plain}, false)", "Boolean")

    return compared


def _calculated(operator: str) -> Callable[[Any, NameScope, _Subselect], Term]:
    def calculated(node: exp.Binary, scope: NameScope, select: _Subselect) -> Term:
        left, right = term(node.this, scope, select), term(node.expression, scope, select)
        if "Interval" in {left.type, right.type}:
            if right.type != "Interval":
                left, right = right, left
            return Term(f"({as_time(left).sql} {operator} {right.sql})", "Time")
        if left.type == "Date" and right.type == "Number" and operator in "+-":
            return Term(f"({left.sql} {operator} CAST({right.sql} AS INTEGER))", "Date")
        if left.type == "Time" and right.type == "Number" and operator in "+-":
            return Term(f"({left.sql} {operator} to_seconds({right.sql}))", "Time")
        return Term(f"({as_number(left).sql} {operator} {as_number(right).sql})", "Number")

    return calculated


def _joined_by(operator: str) -> Callable[[Any, NameScope, _Subselect], Term]:
    def both(node: exp.Binary, scope: NameScope, select: _Subselect) -> Term:
        left, right = term(node.this, scope, select), term(node.expression, scope, select)
        return Term(f"({as_boolean(left).sql} {operator} {as_boolean(right).sql})", "Boolean")

    return both


def _alike(operator: str) -> Callable[[Any, NameScope, _Subselect], Term]:
    def matched(node: exp.Binary, scope: NameScope, select: _Subselect) -> Term:
        left, right = as_text(term(node.this, scope, select)), as_text(term(node.expression, scope, select))
        found = f"coalesce({left.sql} {operator} {right.sql} ESCAPE '\\', false)"
        return Term(f"(NOT {found})" if node.args.get("negate") else found, "Boolean")

    return matched


def _in(node: exp.In, scope: NameScope, select: _Subselect) -> Term:
    left = term(node.this, scope, select)
    query = node.args.get("query")
    if query is not None:
        found = f"coalesce({left.sql} IN ({select(query.this if isinstance(query, exp.Subquery) else query, scope)}), false)"
    else:
        values = [term(one, scope, select) for one in _several(node)]
        kind: Type = "Number" if any(one.type == "Number" for one in values) else left.type
        sides = [alike(left, one if kind != "Number" else as_number(one)) for one in values]
        if not sides:
            raise QueryRejected("IN needs at least one value.")
        found = f"coalesce({sides[0][0].sql} IN ({', '.join(right.sql for _, right in sides)}), false)"
    return Term(f"(NOT {found})" if node.args.get("negate") else found, "Boolean")


def _several(node: exp.In) -> list[exp.Expr]:
    """`IN ('a', 'b')`, and also `IN (('a', 'b'))`, `IN ['a', 'b']` and `IN tuple('a', 'b')`."""
    values: list[exp.Expr] = [node.args["field"]] if node.args.get("field") is not None else list(node.expressions)
    if len(values) == 1 and (isinstance(values[0], exp.Tuple | exp.Array) or _is_list(values[0])):
        return list(values[0].expressions)
    return values


def _is_list(node: exp.Expr) -> bool:
    return isinstance(node, exp.Anonymous) and str(node.this).lower() in {"tuple", "array"}


def _between(node: exp.Between, scope: NameScope, select: _Subselect) -> Term:
    of = term(node.this, scope, select)
    (one, low), (other, high) = (alike(of, term(node.args[side], scope, select)) for side in ("low", "high"))
    return Term(f"coalesce({one.sql} >= {low.sql} AND {other.sql} <= {high.sql}, false)", "Boolean")


def _is(node: exp.Is, scope: NameScope, select: _Subselect) -> Term:
    left, right = term(node.this, scope, select), term(node.expression, scope, select)
    if right.sql not in {"NULL", "TRUE", "FALSE"}:
        raise QueryRejected(f"IS is followed by NULL, TRUE or FALSE, not by `{node_text(node.expression)}`.")
    found = f"({(left if right.sql == 'NULL' else as_boolean(left)).sql} IS {right.sql})"
    return Term(f"(NOT {found})" if node.args.get("negate") else found, "Boolean")


def _cast(node: exp.Cast, scope: NameScope, select: _Subselect) -> Term:
    kind = node.args["to"]
    named = kind.this.name if isinstance(kind, exp.DataType) and hasattr(kind.this, "name") else ""
    if named not in _CASTS:
        raise QueryRejected(f"The sandbox does not know the type `{node_text(kind)}`; use Int64, Float64, String, Date, DateTime, Bool.")  # fmt: skip
    return cast(term(node.this, scope, select), *_CASTS[named])


def _case(node: exp.Case, scope: NameScope, select: _Subselect) -> Term:
    of = node.this and term(node.this, scope, select)
    pieces, kind = [], None
    for one in node.args["ifs"]:
        condition, value = term(one.this, scope, select), term(one.args["true"], scope, select)
        kind = kind or value.type
        when = as_boolean(condition).sql if of is None else condition.sql
        pieces.append(f"WHEN {when} THEN {value.sql}")
    other = node.args.get("default")
    last = f" ELSE {term(other, scope, select).sql}" if other is not None else ""
    return Term(f"CASE {of.sql + ' ' if of else ''}{' '.join(pieces)}{last} END", kind or "Any")


def _ternary(node: exp.If, scope: NameScope, select: _Subselect) -> Term:
    parts = [
        term(node.this if part == "this" else node.args[part], scope, select) for part in ("this", "true", "false")
    ]
    return FUNCTIONS["if"]("if", parts, scope.now)


def _subquery(node: exp.Subquery, scope: NameScope, select: _Subselect) -> Term:
    return Term(f"({select(node.this, scope)})")


def _exists(node: exp.Exists, scope: NameScope, select: _Subselect) -> Term:
    return Term(f"EXISTS ({select(node.this, scope)})", "Boolean")


def _joined_texts(node: exp.DPipe, scope: NameScope, select: _Subselect) -> Term:
    return joined_sql([as_text(term(side, scope, select)).sql for side in (node.this, node.expression)])


def _meaning(function: str) -> Callable[[Any, NameScope, _Subselect], Term]:
    """An operator that means a function: `a ?? b` is coalesce, `a REGEXP b` is match."""

    def applied(node: exp.Expr, scope: NameScope, select: _Subselect) -> Term:
        given = [node.this, *node.expressions, *([node.expression] if node.args.get("expression") else [])]
        return FUNCTIONS[function](function, [term(one, scope, select) for one in given], scope.now)

    return applied


# ------------------------------------------------------------------ functions


def _called(node: exp.Anonymous, scope: NameScope, select: _Subselect) -> Term:
    called = str(node.this)
    if aggregates.known(called):
        return _aggregate(node, scope, select)
    row = FUNCTIONS.get(called.lower())
    if row is None:
        raise QueryRejected(f"The sandbox does not know the function `{called}`.{_instead(called)}")
    return row(called, [_argument(one, scope, select) for one in node.expressions], scope.now)


def _argument(node: exp.Expr, scope: NameScope, select: _Subselect) -> Term:
    """An argument; a bare word such as the `day` of dateAdd(day, 1, x) is a text when it is no field."""
    if isinstance(node, exp.Column) and chain(node)[0].lower() in {"second", "minute", "hour", "day", "week", "month", "quarter", "year"}:  # fmt: skip
        return string_term(chain(node)[0])
    return term(node, scope, select)


def _instead(called: str) -> str:
    if called.lower() in _INSTEAD:
        return f" {_INSTEAD[called.lower()]}"
    close = difflib.get_close_matches(called.lower(), [*FUNCTIONS, *aggregates.AGGREGATES], n=1, cutoff=0.75)
    return f" Did you mean `{NAMES.get(close[0], close[0])}`?" if close else ""


def _filtered(node: exp.Filter, scope: NameScope, select: _Subselect) -> Term:
    """`sum(x) FILTER (WHERE condition)`, which is sumIf."""
    refuse_others(node.expression, ("this",))
    return _aggregate(node.this, scope, select, only=[term(node.expression.this, scope, select)])


def _aggregate(node: Any, scope: NameScope, select: _Subselect, only: Sequence[Term] = ()) -> Term:
    called, first, second = str(node.this), node.expressions, node.args.get("params")
    if not aggregates.known(called):
        raise QueryRejected(f"The sandbox does not know the function `{called}`.{_instead(called)}")
    arguments, parameters = (second, first) if second is not None else (first, [])
    distinct = len(arguments) == 1 and isinstance(arguments[0], exp.Distinct)
    if distinct:
        refuse_others(arguments[0], ("expressions",))
        arguments = arguments[0].expressions
    if len(arguments) == 1 and isinstance(arguments[0], exp.Star) and called.lower() == "count":
        arguments = []
    given = [term(one, scope, select) for one in arguments]
    before = [term(one, scope, select) for one in parameters]
    return aggregates.aggregated(called, before, given, distinct=distinct, only=only)


def _window(node: exp.Window, scope: NameScope, select: _Subselect) -> Term:
    called = str(node.this.this)
    if called.lower() in aggregates.WINDOWS:
        refuse_others(node.this, ("this", "expressions"))
        of = aggregates.aggregated(
            called, [], [term(one, scope, select) for one in node.this.expressions], distinct=False
        )
    else:
        of = _aggregate(node.this, scope, select)
    parts = [f"PARTITION BY {', '.join(term(one, scope, select).sql for one in node.args.get('partition_by') or [])}"]
    order = node.args.get("order")
    ordered = [f"ORDER BY {', '.join(ordering(one, scope, select) for one in order.expressions)}"] if order else []
    frame = [_frame(node.args["spec"])] if node.args.get("spec") else []
    return Term(
        f"{of.sql} OVER ({' '.join([*(parts if node.args.get('partition_by') else []), *ordered, *frame])})", of.type
    )


def _frame(node: exp.WindowSpec) -> str:
    refuse_others(node, ("kind", "start", "start_side", "end", "end_side"))
    kind = str(node.args.get("kind") or "ROWS").upper()
    if kind not in {"ROWS", "RANGE"}:
        raise QueryRejected(f"The sandbox does not know the window frame `{kind}`.")
    start = _bound(node.args.get("start"), node.args.get("start_side"))
    end = node.args.get("end")
    return f"{kind} BETWEEN {start} AND {_bound(end, node.args.get('end_side'))}" if end else f"{kind} {start}"


def _bound(of: Any, side: Any) -> str:
    amount = str(of.this) if isinstance(of, exp.Literal) else str(of).upper()
    if amount == "CURRENT ROW":
        return amount
    if amount != "UNBOUNDED" and not amount.isdecimal():
        raise QueryRejected(f"The sandbox does not understand the window bound `{amount}`.")
    if str(side).upper() not in {"PRECEDING", "FOLLOWING"}:
        raise QueryRejected("A window's bound is PRECEDING or FOLLOWING.")
    return f"{amount} {str(side).upper()}"


def ordering(node: exp.Expr, scope: NameScope, select: _Subselect) -> str:
    """One item of ORDER BY. Null comes last, as in ClickHouse, unless the query says otherwise."""
    if isinstance(node, exp.Ordered):
        refuse_others(node, ("this", "desc", "nulls_first"))
        nulls = "FIRST" if node.args.get("nulls_first") else "LAST"
        return f"{term(node.this, scope, select).sql} {'DESC' if node.args.get('desc') else 'ASC'} NULLS {nulls}"
    return f"{term(node, scope, select).sql} ASC NULLS LAST"


def _placeholder(node: exp.Placeholder, scope: NameScope, _: _Subselect) -> Term:
    called = str(node.this)
    if called not in scope.placeholders:
        raise QueryRejected(f"There is no value for the placeholder `{{{called}}}`.")
    for source in scope.sources:
        if source.table == "events":
            return Term(f"({scope.placeholders[called](source)})", "Boolean")
    raise QueryRejected(f"`{{{called}}}` belongs where `events` is read.")


def _negative(node: exp.Neg, scope: NameScope, select: _Subselect) -> Term:
    of = as_number(term(node.this, scope, select))
    return Term(f"(-{of.sql})", "Number", literal=f"-{of.literal}" if of.literal else None)


def _array(node: exp.Array, scope: NameScope, select: _Subselect) -> Term:
    return FUNCTIONS["array"]("array", [term(one, scope, select) for one in node.expressions], scope.now)


def _tuple(node: exp.Tuple, scope: NameScope, select: _Subselect) -> Term:
    return FUNCTIONS["tuple"]("tuple", [term(one, scope, select) for one in node.expressions], scope.now)


_BOTH = ("this", "expression")
_CALL = ("this", "expressions")
_Row = tuple[tuple[str, ...], Callable[[Any, NameScope, _Subselect], Term]]
_ROWS: dict[type, _Row] = {
    exp.Column: (("this", "table", "db", "catalog"), _column),
    exp.Dot: (_BOTH, _dot),
    exp.Identifier: (("this", "quoted"), _column),
    exp.Literal: (("this", "is_string"), _literal),
    exp.Null: ((), lambda *_: Term("NULL")),
    exp.Boolean: (("this",), lambda node, *_: Term(str(bool(node.this)).upper(), "Boolean")),
    exp.Interval: (("this", "unit"), _interval),
    exp.Paren: (("this",), lambda node, *rest: term(node.this, *rest)),
    exp.Alias: (("this", "alias"), lambda node, *rest: term(node.this, *rest)),
    exp.Bracket: (("this", "expressions", "offset"), _bracket),
    exp.EQ: (_BOTH, _compared("IS NOT DISTINCT FROM")),
    exp.NEQ: (_BOTH, _compared("IS DISTINCT FROM")),
    exp.GT: (_BOTH, _compared(">")), exp.GTE: (_BOTH, _compared(">=")),
    exp.LT: (_BOTH, _compared("<")), exp.LTE: (_BOTH, _compared("<=")),
    exp.Add: (_BOTH, _calculated("+")), exp.Sub: (_BOTH, _calculated("-")), exp.Mul: (_BOTH, _calculated("*")),
    exp.Div: ((*_BOTH, "typed", "safe"), _calculated("/")), exp.Mod: (_BOTH, _calculated("%")),
    exp.And: (_BOTH, _joined_by("AND")), exp.Or: (_BOTH, _joined_by("OR")),
    exp.Not: (("this",), lambda node, *rest: Term(f"(NOT {as_boolean(term(node.this, *rest)).sql})", "Boolean")),
    exp.Neg: (("this",), _negative),
    exp.DPipe: ((*_BOTH, "safe"), _joined_texts),
    exp.Like: ((*_BOTH, "negate"), _alike("LIKE")), exp.ILike: ((*_BOTH, "negate"), _alike("ILIKE")),
    exp.Coalesce: (_CALL, _meaning("coalesce")), exp.RegexpLike: (_BOTH, _meaning("match")),
    exp.In: (("this", "expressions", "query", "negate", "field", "unnest"), _in),
    exp.Between: (("this", "low", "high"), _between),
    exp.Is: ((*_BOTH, "negate"), _is),
    exp.Cast: (("this", "to"), _cast),
    exp.Case: (("this", "ifs", "default"), _case),
    exp.If: (("this", "true", "false"), _ternary),
    exp.Subquery: (("this",), _subquery),
    exp.Exists: (("this",), _exists),
    exp.Array: (("expressions", "value_constructor", "bracket_notation"), _array),
    exp.Tuple: (("expressions",), _tuple),
    exp.Anonymous: (_CALL, _called),
    exp.AnonymousAggFunc: (_CALL, _aggregate), exp.CombinedAggFunc: (_CALL, _aggregate),
    exp.ParameterizedAgg: ((*_CALL, "params"), _aggregate), exp.CombinedParameterizedAgg: ((*_CALL, "params"), _aggregate),
    exp.Filter: (_BOTH, _filtered),
    exp.Window: (("this", "partition_by", "order", "spec", "over"), _window),
    exp.Placeholder: (("this",), _placeholder),
}  # fmt: skip
