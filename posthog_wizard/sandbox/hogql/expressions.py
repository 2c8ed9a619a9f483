"""Expressions: each node of the parsed tree that has a row here becomes DuckDB SQL; any other is refused by its name."""

import difflib
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlglot import exp

from posthog_wizard.sandbox.hogql import aggregates
from posthog_wizard.sandbox.hogql.functions import FUNCTIONS, NAMES, UNITS, cast, constant, interval, unit
from posthog_wizard.sandbox.hogql.scope import POSITION, NameScope, deeper
from posthog_wizard.sandbox.hogql.syntax import node_text, refuse_others
from posthog_wizard.sandbox.hogql.terms import Term, Type, alike, as_boolean, as_number, as_time, string_term
from posthog_wizard.sandbox.reader import QueryRejected

_Translate = Callable[[Any, NameScope], Term]
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


def term(node: Any, scope: NameScope) -> Term:
    """The node as SQL. Raises QueryRejected for what the sandbox does not know."""
    row = _ROWS.get(type(node))
    if row is None:
        raise QueryRejected(f"The sandbox does not understand `{node_text(node)}` ({type(node).__name__}).")
    allowed, translate = row
    refuse_others(node, allowed)
    found = translate(node, scope)
    return Term(f"(NOT {found.sql})", "Boolean") if node.args.get("negate") else found


def _terms(nodes: Iterable[Any], scope: NameScope) -> list[Term]:
    return [term(one, scope) for one in nodes]


# ------------------------------------------------------------------ names and constants


def _column(node: exp.Column, scope: NameScope) -> Term:
    return scope.find(chain(node))


def _dot(node: exp.Dot, scope: NameScope) -> Term:
    """`a.b.c.d.e`, and also `properties.list[1].name`."""
    start: exp.Expr = node
    keys: list[str] = []
    while isinstance(start, exp.Dot):
        keys.insert(0, str(start.expression.name))
        start = start.this
    if isinstance(start, exp.Column):
        return scope.find((*chain(start), *keys))
    return deeper(term(start, scope), tuple(int(key) if POSITION.fullmatch(key) else key for key in keys))


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


def _interval(node: exp.Interval, scope: NameScope) -> Term:
    of = node.this  # the parser makes a text of a number
    amount = constant(str(of.this)) if isinstance(of, exp.Literal) else term(of, scope)
    return interval(amount, unit(string_term(node.text("unit")), "INTERVAL"))


def _bracket(node: exp.Bracket, scope: NameScope) -> Term:
    of = term(node.this, scope)
    for index in node.expressions:
        json = of.type.endswith("Json") or of.path is not None
        if json and isinstance(index, exp.Literal) and (index.is_string or str(index.this).isdecimal()):
            of = deeper(of, (str(index.this) if index.is_string else int(index.this),))
        else:
            of = Term(f"list_extract({of.sql}, CAST({as_number(term(index, scope)).sql} AS BIGINT))")
    return of


# ------------------------------------------------------------------ operators


def _binary(meaning: Callable[[str, Term, Term], Term], operator: str) -> _Translate:
    return lambda node, scope: meaning(operator, *_terms((node.this, node.expression), scope))


def _compared(operator: str, left: Term, right: Term) -> Term:
    """Null is not equal to anything but null, and a comparison is never null: so HogQL has it."""
    left, right = alike(left, right)
    plain = f"({left.sql} {operator} {right.sql})"
    return Term(plain if "DISTINCT" in operator else f"coalesce({plain}, false)", "Boolean")


def _calculated(operator: str, left: Term, right: Term) -> Term:
    if "Interval" in {left.type, right.type}:
        if right.type != "Interval":
            left, right = right, left
        return Term(f"({as_time(left).sql} {operator} {right.sql})", "Time")
    if left.type == "Date" and right.type == "Number" and operator in "+-":
        return Term(f"({left.sql} {operator} CAST({right.sql} AS INTEGER))", "Date")
    if left.type == "Time" and right.type == "Number" and operator in "+-":
        return Term(f"({left.sql} {operator} to_seconds({right.sql}))", "Time")
    return Term(f"({as_number(left).sql} {operator} {as_number(right).sql})", "Number")


def _joined_by(operator: str, left: Term, right: Term) -> Term:
    return Term(f"({as_boolean(left).sql} {operator} {as_boolean(right).sql})", "Boolean")


def _in(node: exp.In, scope: NameScope) -> Term:
    left = term(node.this, scope)
    query = node.args.get("query")
    if query is not None:
        wanted = scope.select(query.this if isinstance(query, exp.Subquery) else query)
        return Term(f"coalesce({left.sql} IN ({wanted}), false)", "Boolean")
    nodes = [node.args["field"]] if node.args.get("field") is not None else list(node.expressions)
    one = nodes[0] if len(nodes) == 1 else None  # IN (('a', 'b')), IN ['a', 'b'], IN tuple('a', 'b')
    is_call = isinstance(one, exp.Anonymous) and str(one.this).lower() in {"tuple", "array"}
    values = _terms(one.expressions if one and (is_call or isinstance(one, exp.Tuple | exp.Array)) else nodes, scope)
    if any(one.type == "Number" for one in [*values, left]):
        values = [as_number(one) for one in values]
    sides = [alike(left, one) for one in values]
    if not sides:
        raise QueryRejected("IN needs at least one value.")
    return Term(f"coalesce({sides[0][0].sql} IN ({', '.join(right.sql for _, right in sides)}), false)", "Boolean")


def _between(node: exp.Between, scope: NameScope) -> Term:
    of = term(node.this, scope)
    (one, low), (other, high) = (alike(of, term(node.args[side], scope)) for side in ("low", "high"))
    return Term(f"coalesce({one.sql} >= {low.sql} AND {other.sql} <= {high.sql}, false)", "Boolean")


def _is(node: exp.Is, scope: NameScope) -> Term:
    left, right = _terms((node.this, node.expression), scope)
    if right.sql not in {"NULL", "TRUE", "FALSE"}:
        raise QueryRejected(f"IS is followed by NULL, TRUE or FALSE, not by `{node_text(node.expression)}`.")
    return Term(f"({(left if right.sql == 'NULL' else as_boolean(left)).sql} IS {right.sql})", "Boolean")


def _cast(node: exp.Cast, scope: NameScope) -> Term:
    kind = node.args["to"]
    named = kind.this.name if isinstance(kind, exp.DataType) and hasattr(kind.this, "name") else ""
    if named not in _CASTS:
        raise QueryRejected(f"The sandbox does not know the type `{node_text(kind)}`; use Int64, Float64, String, Date, DateTime, Bool.")  # fmt: skip
    return cast(term(node.this, scope), *_CASTS[named])


def _case(node: exp.Case, scope: NameScope) -> Term:
    of = node.this and term(node.this, scope)
    pieces, kind = [], None
    for one in node.args["ifs"]:
        condition, value = term(one.this, scope), term(one.args["true"], scope)
        kind = kind or value.type
        when = as_boolean(condition).sql if of is None else condition.sql
        pieces.append(f"WHEN {when} THEN {value.sql}")
    other = node.args.get("default")
    last = f" ELSE {term(other, scope).sql}" if other is not None else ""
    return Term(f"CASE {of.sql + ' ' if of else ''}{' '.join(pieces)}{last} END", kind or "Any")


def _meaning(function: str, *parts: str) -> _Translate:
    """A piece of grammar that means a function of its parts: `a ?? b` is coalesce, `a REGEXP b` is match."""

    def applied(node: exp.Expr, scope: NameScope) -> Term:
        given = (node.args.get(part) or [] for part in parts)
        nodes = [one for some in given for one in (some if isinstance(some, list) else [some])]
        return FUNCTIONS[function](function, _terms(nodes, scope), scope.now)

    return applied


# ------------------------------------------------------------------ functions


def _called(node: exp.Anonymous, scope: NameScope) -> Term:
    called = str(node.this)
    if aggregates.known(called):
        return _aggregate(node, scope)
    row = FUNCTIONS.get(called.lower())
    if row is None:
        raise QueryRejected(f"The sandbox does not know the function `{called}`.{_instead(called)}")
    return row(called, [_argument(one, scope) for one in node.expressions], scope.now)


def _argument(node: exp.Expr, scope: NameScope) -> Term:
    """An argument; a bare word such as the `day` of dateAdd(day, 1, x) is a text when it is no field."""
    if isinstance(node, exp.Column) and chain(node)[0].lower() in UNITS:
        return string_term(chain(node)[0])
    return term(node, scope)


def _instead(called: str) -> str:
    if called.lower() in _INSTEAD:
        return f" {_INSTEAD[called.lower()]}"
    close = difflib.get_close_matches(called.lower(), [*FUNCTIONS, *aggregates.AGGREGATES], n=1, cutoff=0.75)
    return f" Did you mean `{NAMES.get(close[0], close[0])}`?" if close else ""


def _filtered(node: exp.Filter, scope: NameScope) -> Term:
    """`sum(x) FILTER (WHERE condition)`, which is sumIf."""
    refuse_others(node.expression, ("this",))
    return _aggregate(node.this, scope, only=[term(node.expression.this, scope)])


def _aggregate(node: Any, scope: NameScope, only: Sequence[Term] = ()) -> Term:
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
    before, given = _terms(parameters, scope), _terms(arguments, scope)
    return aggregates.aggregated(called, before, given, distinct=distinct, only=only)


def _window(node: exp.Window, scope: NameScope) -> Term:
    called = str(node.this.this)
    if called.lower() in aggregates.WINDOWS:
        refuse_others(node.this, ("this", "expressions"))
        of = aggregates.aggregated(called, [], _terms(node.this.expressions, scope), distinct=False)
    else:
        of = _aggregate(node.this, scope)
    parts, order = node.args.get("partition_by"), node.args.get("order")
    over = [f"PARTITION BY {', '.join(one.sql for one in _terms(parts, scope))}"] if parts else []
    over += [f"ORDER BY {', '.join(ordering(one, scope) for one in order.expressions)}"] if order else []
    over += [_frame(node.args["spec"])] if node.args.get("spec") else []
    return Term(f"{of.sql} OVER ({' '.join(over)})", of.type)


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


def ordering(node: exp.Expr, scope: NameScope) -> str:
    """One item of ORDER BY. Null comes last, as in ClickHouse, unless the query says otherwise."""
    if isinstance(node, exp.Ordered):
        refuse_others(node, ("this", "desc", "nulls_first"))
        nulls = "FIRST" if node.args.get("nulls_first") else "LAST"
        return f"{term(node.this, scope).sql} {'DESC' if node.args.get('desc') else 'ASC'} NULLS {nulls}"
    return f"{term(node, scope).sql} ASC NULLS LAST"


def _placeholder(node: exp.Placeholder, scope: NameScope) -> Term:
    called = str(node.this)
    if called not in scope.placeholders:
        raise QueryRejected(f"There is no value for the placeholder `{{{called}}}`.")
    for source in scope.sources:
        if source.table == "events":
            return Term(f"({scope.placeholders[called](source)})", "Boolean")
    raise QueryRejected(f"`{{{called}}}` belongs where `events` is read.")


def _negative(node: exp.Neg, scope: NameScope) -> Term:
    of = as_number(term(node.this, scope))
    return Term(f"(-{of.sql})", "Number", literal=f"-{of.literal}" if of.literal else None)


_BOTH = ("this", "expression")
_CALL = ("this", "expressions")
_ROWS: dict[type, tuple[tuple[str, ...], _Translate]] = {
    exp.Column: (("this", "table", "db", "catalog"), _column),
    exp.Dot: (_BOTH, _dot),
    exp.Identifier: (("this", "quoted"), _column),
    exp.Literal: (("this", "is_string"), lambda node, _: (string_term if node.is_string else constant)(str(node.this))),
    exp.Null: ((), lambda *_: Term("NULL")),
    exp.Boolean: (("this",), lambda node, *_: Term(str(bool(node.this)).upper(), "Boolean")),
    exp.Interval: (("this", "unit"), _interval),
    exp.Paren: (("this",), lambda node, scope: term(node.this, scope)),
    exp.Alias: (("this", "alias"), lambda node, scope: term(node.this, scope)),
    exp.Bracket: (("this", "expressions", "offset"), _bracket),
    exp.EQ: (_BOTH, _binary(_compared, "IS NOT DISTINCT FROM")),
    exp.NEQ: (_BOTH, _binary(_compared, "IS DISTINCT FROM")),
    exp.GT: (_BOTH, _binary(_compared, ">")), exp.GTE: (_BOTH, _binary(_compared, ">=")),
    exp.LT: (_BOTH, _binary(_compared, "<")), exp.LTE: (_BOTH, _binary(_compared, "<=")),
    exp.Add: (_BOTH, _binary(_calculated, "+")), exp.Sub: (_BOTH, _binary(_calculated, "-")), exp.Mul: (_BOTH, _binary(_calculated, "*")),
    exp.Div: ((*_BOTH, "typed", "safe"), _binary(_calculated, "/")), exp.Mod: (_BOTH, _binary(_calculated, "%")),
    exp.And: (_BOTH, _binary(_joined_by, "AND")), exp.Or: (_BOTH, _binary(_joined_by, "OR")),
    exp.Not: (("this",), lambda node, scope: Term(f"(NOT {as_boolean(term(node.this, scope)).sql})", "Boolean")),
    exp.Neg: (("this",), _negative),
    exp.DPipe: ((*_BOTH, "safe"), _meaning("concat", *_BOTH)),
    exp.Like: ((*_BOTH, "negate"), _meaning("like", *_BOTH)), exp.ILike: ((*_BOTH, "negate"), _meaning("ilike", *_BOTH)),
    exp.Coalesce: (_CALL, _meaning("coalesce", *_CALL)), exp.RegexpLike: (_BOTH, _meaning("match", *_BOTH)),
    exp.In: (("this", "expressions", "query", "negate", "field", "unnest"), _in),
    exp.Between: (("this", "low", "high"), _between),
    exp.Is: ((*_BOTH, "negate"), _is),
    exp.Cast: (("this", "to"), _cast),
    exp.Case: (("this", "ifs", "default"), _case),
    exp.If: (("this", "true", "false"), _meaning("if", "this", "true", "false")),
    exp.Subquery: (("this",), lambda node, scope: Term(f"({scope.select(node.this)})")),
    exp.Exists: (("this",), lambda node, scope: Term(f"EXISTS ({scope.select(node.this)})", "Boolean")),
    exp.Array: (("expressions", "value_constructor", "bracket_notation"), _meaning("array", "expressions")),
    exp.Tuple: (("expressions",), _meaning("tuple", "expressions")),
    exp.Anonymous: (_CALL, _called),
    exp.AnonymousAggFunc: (_CALL, _aggregate), exp.CombinedAggFunc: (_CALL, _aggregate),
    exp.ParameterizedAgg: ((*_CALL, "params"), _aggregate), exp.CombinedParameterizedAgg: ((*_CALL, "params"), _aggregate),
    exp.Filter: (_BOTH, _filtered),
    exp.Window: (("this", "partition_by", "order", "spec", "over"), _window),
    exp.Placeholder: (("this",), _placeholder),
}  # fmt: skip
