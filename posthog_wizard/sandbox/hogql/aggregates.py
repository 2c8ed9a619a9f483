"""HogQL's aggregate functions as rows, with the combinator If, and the functions that only windows know.

Meaning: https://clickhouse.com/docs/sql-reference/aggregate-functions
"""

from collections.abc import Sequence
from typing import NamedTuple

from posthog_wizard.sandbox.hogql.functions import CASTS, literal
from posthog_wizard.sandbox.hogql.terms import Term, Type, as_boolean, sql_number
from posthog_wizard.sandbox.reader import QueryRejected


class _Aggregate(NamedTuple):
    """An aggregate. `takes`: a letter for each argument as in `Function`; `to`: SQL with {0}, {1}, {distinct}, and {p}.

    {p} are the parameters of `name(parameters)(arguments)`. `gives`: None for the first argument's type. `where`: SQL
    for the rows that count, with {0}. {all} are the arguments, the first of type `takes`.
    """

    takes: str
    to: str
    gives: Type | None = None
    parameters: tuple[int, int] = (0, 0)  # least and most
    where: str = ""
    most: int = 0  # arguments, where some may be left out
    slices: bool = False  # whether the parameter is how many elements of the list are wanted


_COUNT = _Aggregate("", "count(*)", "Number")
_COUNT_OF = _Aggregate("x", "count({distinct}{0})", "Number")
_UNIQUE = _Aggregate("x", "count(DISTINCT {0})", "Number")
AGGREGATES: dict[str, _Aggregate] = {
    "countdistinct": _UNIQUE, "uniq": _UNIQUE, "uniqexact": _UNIQUE, "uniqcombined": _UNIQUE, "uniqhll12": _UNIQUE,
    "sum": _Aggregate("n", "sum({distinct}{0})", "Number"),
    "avg": _Aggregate("n", "avg({distinct}{0})", "Number"),
    "min": _Aggregate("x", "min({0})"),
    "max": _Aggregate("x", "max({0})"),
    "any": _Aggregate("x", "any_value({0})"),
    "anylast": _Aggregate("x", "last({0})"),
    "argmin": _Aggregate("xx", "arg_min({0}, {1})"),
    "argmax": _Aggregate("xx", "arg_max({0}, {1})"),
    "median": _Aggregate("n", "quantile_cont({0}, 0.5)", "Number"),
    "quantile": _Aggregate("n", "quantile_cont({0}, {p})", "Number", (0, 1)),
    "quantileexact": _Aggregate("n", "quantile_disc({0}, {p})", "Number", (0, 1)),
    "quantiles": _Aggregate("n", "quantile_cont({0}, [{p}])", "Array", (1, 20)),
    "grouparray": _Aggregate("x", "list({distinct}{0})", "Array", (0, 1), where="{0} IS NOT NULL", slices=True),
    "groupuniqarray": _Aggregate("x", "list(DISTINCT {0})", "Array", (0, 1), where="{0} IS NOT NULL", slices=True),
    "topk": _Aggregate("x", "approx_top_k({0}, {p})", "Array", (1, 1)),
    "stddevpop": _Aggregate("n", "stddev_pop({0})", "Number"),
    "stddevsamp": _Aggregate("n", "stddev_samp({0})", "Number"),
    "varpop": _Aggregate("n", "var_pop({0})", "Number"),
    "varsamp": _Aggregate("n", "var_samp({0})", "Number"),
    "corr": _Aggregate("nn", "corr({0}, {1})", "Number"),
    "covarpop": _Aggregate("nn", "covar_pop({0}, {1})", "Number"),
}  # fmt: skip
_LAG, _LEAD = _Aggregate("x", "lag({all})", most=3), _Aggregate("x", "lead({all})", most=3)
WINDOWS: dict[str, _Aggregate] = {
    "row_number": _Aggregate("", "row_number()", "Number"),
    "rank": _Aggregate("", "rank()", "Number"),
    "dense_rank": _Aggregate("", "dense_rank()", "Number"),
    "lag": _LAG, "lead": _LEAD, "laginframe": _LAG, "leadinframe": _LEAD,
    "first_value": _Aggregate("x", "first_value({0})"), "last_value": _Aggregate("x", "last_value({0})"),
}  # fmt: skip
_DEFAULTS = {"quantile": "0.5", "quantileexact": "0.5"}


def known(name: str) -> bool:
    """Whether a function gathers rows."""
    lower = name.lower()
    return lower == "count" or lower in AGGREGATES or (lower.endswith("if") and known(lower[:-2]) and lower != "if")


def aggregated(
    name: str, parameters: Sequence[Term], arguments: Sequence[Term], *, distinct: bool, only: Sequence[Term] = ()
) -> Term:
    """A call of an aggregate function, over the rows where all of `only` is true.

    Raises QueryRejected for arguments that do not fit.
    """
    lower = name.lower()
    while lower not in {"count", *AGGREGATES, *WINDOWS}:  # sumIf(x, condition): the last argument says which rows count
        if not arguments:
            raise QueryRejected(f"`{name}` needs a condition.")
        name, lower, arguments, only = name[:-2], lower[:-2], arguments[:-1], [*only, arguments[-1]]
    row = WINDOWS.get(lower) or AGGREGATES.get(lower) or (_COUNT_OF if arguments else _COUNT)
    if row is _UNIQUE and len(arguments) > 1:
        arguments = [Term(f"row({', '.join(one.sql for one in arguments)})")]
    if not len(row.takes) <= len(arguments) <= max(len(row.takes), row.most):
        raise QueryRejected(f"`{name}` takes {len(row.takes)} arguments, not {len(arguments)}.")
    least, most = row.parameters
    if not least <= len(parameters) <= most:
        raise QueryRejected(f"`{name}` takes {least} to {most} parameters before its arguments.")
    numbers = [sql_number(literal(one, f"a parameter of `{name}`")) for one in parameters]
    cast = [CASTS[letter](one) for letter, one in zip(row.takes.ljust(len(arguments), "x"), arguments, strict=True)]
    given, which = [one.sql for one in cast], "DISTINCT " if distinct else ""
    sql = row.to.format(*given, all=", ".join(given), distinct=which, p=", ".join(numbers) or _DEFAULTS.get(lower, ""))
    where = [*([row.where.format(*given)] if row.where else []), *(as_boolean(one).sql for one in only)]
    sql += f" FILTER (WHERE {' AND '.join(where)})" if where else ""
    if row.slices and numbers:
        sql = f"list_slice({sql}, 1, {numbers[0]})"
    kind = row.gives or (cast[0].type if cast else "Any")
    return Term(sql, "String" if kind.endswith("Json") else kind)
