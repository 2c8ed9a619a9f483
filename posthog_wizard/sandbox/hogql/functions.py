"""HogQL's functions as rows: what each takes, what it gives, and how DuckDB says it. What has no row is refused.

Meaning of the functions: https://clickhouse.com/docs/sql-reference/functions
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from posthog_wizard.sandbox.hogql.tables import deeper
from posthog_wizard.sandbox.hogql.terms import (
    Term,
    Type,
    as_boolean,
    as_it_is,
    as_number,
    as_text,
    as_time,
    moment_term,
    sql_number,
    sql_text,
    string_term,
)
from posthog_wizard.sandbox.reader import QueryRejected

_ANY_NUMBER = 1000
_LONGEST_TEXT = 65_536  # characters that joining texts may give: a text doubled again and again would fill the memory
_LONGEST_REPLACED, _LONGEST_REPLACEMENT = 8192, 64
_UNITS = ("second", "minute", "hour", "day", "week", "month", "quarter", "year")
CASTS: dict[str, Callable[[Term], Term]] = {"n": as_number, "t": as_time, "s": as_text, "b": as_boolean, "x": as_it_is}
# The codes of formatDateTime that mean something else in strftime.
_FORMATS = {"%i": "%M", "%M": "%B", "%s": "%S", "%h": "%I", "%e": "%-d", "%F": "%Y-%m-%d", "%T": "%H:%M:%S", "%W": "%A",
           "%R": "%H:%M", "%D": "%m/%d/%y", "%c": "%-m", "%r": "%I:%M %p", "%Q": "%m", "%l": "%-I", "%k": "%-H"}  # fmt: skip
_PLAIN_FORMATS = frozenset("YmdHSjyabpIuw%")


class _Function(NamedTuple):
    """A function. `takes`: a letter for each argument (n number, t time, s text, b boolean, x any), the last for the rest.

    `to`: SQL with {0}, {1}, or {*} for all arguments, or a Python function of the arguments.
    """

    takes: str
    to: str | Callable[[Sequence[Term], datetime], Term]
    gives: Type = "Any"
    least: int | None = None  # arguments; None: as many as `takes` has letters
    most: int | None = None

    def __call__(self, called: str, arguments: Sequence[Term], now: datetime) -> Term:
        """The call as a term. Raises QueryRejected for too few or too many arguments."""
        least = len(self.takes) if self.least is None else self.least
        most = max(least, len(self.takes)) if self.most is None else self.most
        if not least <= len(arguments) <= most:
            wanted = (
                str(least) if least == most else f"{least} to {most}" if most < _ANY_NUMBER else f"at least {least}"
            )
            raise QueryRejected(f"`{called}` takes {wanted} arguments, not {len(arguments)}.")
        if not isinstance(self.to, str):
            return self.to(arguments, now)
        cast = [CASTS[(self.takes[index:] or self.takes[-1:])[0]](one).sql for index, one in enumerate(arguments)]
        return Term(
            self.to.replace("{*}", ", ".join(cast).replace("{", "{{").replace("}", "}}")).format(*cast), self.gives
        )


def literal(term: Term, of: str) -> str:
    """The text or number that an argument must be as it stands."""
    if term.literal is None:
        raise QueryRejected(f"{of} must be a constant, not an expression.")
    return term.literal


def unit(term: Term, of: str) -> str:
    """A unit of time from the list, in the singular."""
    found = literal(term, of).lower().removesuffix("s")
    if found not in _UNITS:
        raise QueryRejected(f"{of}: `{found}` is no unit of time; there are {', '.join(_UNITS)}.")
    return found


def interval(amount: Term, of: str) -> Term:
    """So many units, as an interval."""
    return Term(f"to_{of}s(CAST({as_number(amount).sql} AS BIGINT))", "Interval")


# ------------------------------------------------------------------ those that one template cannot say


def _week(arguments: Sequence[Term], _: datetime) -> Term:
    """Weeks begin on Sunday (mode 0, the default) or on Monday (1 and 3)."""
    mode = literal(arguments[1], "`toStartOfWeek`'s mode") if len(arguments) > 1 else "0"
    at = as_time(arguments[0]).sql
    if mode in {"1", "3"}:
        return Term(f"CAST(date_trunc('week', {at}) AS DATE)", "Date")
    return Term(f"CAST(date_trunc('week', {at} + to_days(1)) - to_days(1) AS DATE)", "Date")


def _difference(arguments: Sequence[Term], _: datetime) -> Term:
    of = unit(arguments[0], "`dateDiff`'s unit")
    return Term(f"date_diff('{of}', {as_time(arguments[1]).sql}, {as_time(arguments[2]).sql})", "Number")


def _truncated(arguments: Sequence[Term], _: datetime) -> Term:
    return Term(f"date_trunc('{unit(arguments[0], '`dateTrunc`’s unit')}', {as_time(arguments[1]).sql})", "Time")


def _moved(sign: str) -> Callable[[Sequence[Term], datetime], Term]:
    def moved(arguments: Sequence[Term], _: datetime) -> Term:
        if len(arguments) == 3:  # noqa: PLR2004 - unit, amount, time
            by, at = interval(arguments[1], unit(arguments[0], "the unit")), arguments[2]
        else:
            at, by = arguments[0], arguments[1]
            if by.type != "Interval":
                raise QueryRejected("`dateAdd` and `dateSub` with two arguments take a time and an INTERVAL.")
        return Term(f"({as_time(at).sql} {sign} {by.sql})", "Time")

    return moved


def _bucket(arguments: Sequence[Term], _: datetime) -> Term:
    at, by = as_time(arguments[0]), arguments[1]
    if by.type != "Interval":
        raise QueryRejected("`toStartOfInterval` takes a time and an INTERVAL.")
    return Term(f"time_bucket({by.sql}, {at.sql}, TIMESTAMP '1969-12-29')", "Time")


def _formatted(arguments: Sequence[Term], _: datetime) -> Term:
    pattern = literal(arguments[1], "`formatDateTime`'s format")
    return Term(f"strftime({as_time(arguments[0]).sql}, {sql_text(re.sub('%.?', _code, pattern))})", "String")


def _code(found: re.Match[str]) -> str:
    code = found.group()
    if code in _FORMATS or code[1:] in _PLAIN_FORMATS:
        return _FORMATS.get(code, code)
    raise QueryRejected(f"`formatDateTime` does not know `{code}` here.")


def _multi_if(arguments: Sequence[Term], _: datetime) -> Term:
    if len(arguments) % 2 == 0:
        raise QueryRejected("`multiIf` takes pairs of a condition and a value, and a last value for all else.")
    pairs = zip(arguments[:-1:2], arguments[1::2], strict=True)
    cases = " ".join(f"WHEN {as_boolean(condition).sql} THEN {value.sql}" for condition, value in pairs)
    return Term(f"CASE {cases} ELSE {arguments[-1].sql} END", arguments[-1].type)


def _if(arguments: Sequence[Term], _: datetime) -> Term:
    condition, yes, no = arguments
    kind = yes.type if no.sql == "NULL" else no.type
    return Term(f"CASE WHEN {as_boolean(condition).sql} THEN {yes.sql} ELSE {no.sql} END", kind)


def _first(arguments: Sequence[Term], _: datetime) -> Term:
    """coalesce: a constant of another type than the property decides the type."""
    kind = arguments[-1].type
    casted = [as_number(one) if kind == "Number" else one for one in arguments]
    return Term(f"coalesce({', '.join(one.sql for one in casted)})", kind)


def _json(cast: str, kind: Type) -> Callable[[Sequence[Term], datetime], Term]:
    def extracted(arguments: Sequence[Term], _: datetime) -> Term:
        keys = tuple(_key(one) for one in arguments[1:])
        source = arguments[0]
        if not source.type.endswith("Json"):
            source = Term(f"TRY(CAST({as_text(source).sql} AS JSON))", "Json")
        found = deeper(source, keys) if keys else Term(f"json_extract_string({source.sql}, '$')")
        return Term(cast.format(found.sql), kind)

    return extracted


def _key(term: Term) -> str | int:
    found = literal(term, "a key of JSONExtract")
    return int(found) if term.type == "Number" and re.fullmatch(r"-?\d{1,9}", found) else found


def _extracted(arguments: Sequence[Term], _: datetime) -> Term:
    """The first group of a pattern that has one, otherwise all that matched."""
    pattern = literal(arguments[1], "`extract`'s pattern")
    group = 1 if re.search(r"(?<!\\)\((?!\?)", pattern) else 0
    return Term(f"regexp_extract({as_text(arguments[0]).sql}, {sql_text(pattern)}, {group})", "String")


def _empty(negated: str) -> Callable[[Sequence[Term], datetime], Term]:
    def empty(arguments: Sequence[Term], _: datetime) -> Term:
        one = arguments[0] if arguments[0].type == "Array" else as_text(arguments[0])
        return Term(f"({negated} coalesce(len({one.sql}), 0) = 0)", "Boolean")

    return empty


def _same(first: int = 0) -> Callable[[Sequence[Term], datetime], Term]:
    return lambda arguments, _: arguments[first]


def _constant(moved: timedelta, cast: str, kind: Type) -> Callable[[Sequence[Term], datetime], Term]:
    return lambda _, now: Term(cast.format(moment_term(now + moved).sql), kind)


def _joined(arguments: Sequence[Term], _: datetime) -> Term:
    return joined_sql([as_text(one).sql for one in arguments])


def joined_sql(pieces: Sequence[str]) -> Term:
    """Texts one after another, of bounded length."""
    return Term(f"left({' || '.join(pieces)}, {_LONGEST_TEXT})", "String")


def _replaced(to: str) -> Callable[[Sequence[Term], datetime], Term]:
    """Both texts are bounded: a long one put in for each letter of another would fill the memory."""

    def replaced(arguments: Sequence[Term], _: datetime) -> Term:
        whole, old, new = (as_text(one) for one in arguments)
        if len(literal(new, "the replacement")) > _LONGEST_REPLACEMENT:
            raise QueryRejected(f"The replacement is longer than {_LONGEST_REPLACEMENT} characters.")
        return Term(to.format(f"left({whole.sql}, {_LONGEST_REPLACED})", old.sql, new.sql), "String")

    return replaced


def _unnested(arguments: Sequence[Term], _: datetime) -> Term:
    return Term(f"unnest({arguments[0].sql})")


def _cast(to: str, kind: Type) -> _Function:
    return _Function("x", lambda arguments, _: cast(arguments[0], to, kind), kind)


def cast(term: Term, to: str, kind: Type) -> Term:
    """The value as another type, null where it cannot be. Whole numbers lose their fraction instead of being rounded."""
    if kind in {"Number", "Time"}:
        term = as_number(term) if kind == "Number" else as_time(term)
    inner = f"trunc({term.sql})" if to.endswith("INT") else term.sql
    return Term(f"TRY_CAST({inner} AS {to})", kind)


def _part(of: str) -> _Function:
    return _Function("t", f"{of}({{0}})", "Number")


def _start(of: str, kind: Type = "Time") -> _Function:
    return _Function(
        "t", f"date_trunc('{of}', {{0}})" if kind == "Time" else f"CAST(date_trunc('{of}', {{0}}) AS DATE)", kind
    )


def _named(takes: str, name: str, gives: Type) -> _Function:
    return _Function(takes, f"{name}({{*}})", gives)


def _operator(takes: str, operator: str, gives: Type) -> _Function:
    return _Function(takes, f"({{0}} {operator} {{1}})", gives)


_NO_TIME = timedelta()
_INTEGERS = {f"to{sign}Int{bits}": _cast("BIGINT", "Number") for sign in ("", "U") for bits in ("", 8, 16, 32, 64)}
_FLOATS = {f"toFloat{bits}": _cast("DOUBLE", "Number") for bits in ("", 32, 64)}
_OR_NULL = {f"{name}Or{instead}": row for name, row in (_INTEGERS | _FLOATS).items() for instead in ("Null",)}
_OR_ZERO = {
    f"{name}OrZero": _Function(
        "x", f"coalesce(TRY_CAST({{0}} AS {'DOUBLE' if 'Float' in name else 'BIGINT'}), 0)", "Number"
    )
    for name in _INTEGERS | _FLOATS
}
_INTERVALS = {
    f"toInterval{of.title()}": _Function("n", f"to_{of}s(CAST({{0}} AS BIGINT))", "Interval") for of in _UNITS
}
_MOVING = {
    f"{verb}{of.title()}s": _Function("tn", f"({{0}} {sign} to_{of}s(CAST({{1}} AS BIGINT)))", "Time")
    for verb, sign in (("add", "+"), ("subtract", "-"))
    for of in _UNITS
}
_TIMES = {
    "now": _Function("", _constant(_NO_TIME, "{}", "Time")),
    "now64": _Function("x", _constant(_NO_TIME, "{}", "Time"), least=0),
    "today": _Function("", _constant(_NO_TIME, "CAST({} AS DATE)", "Date")),
    "yesterday": _Function("", _constant(timedelta(days=-1), "CAST({} AS DATE)", "Date")),
    "toDateTime": _Function("tx", "{0}", "Time", least=1),
    "toDateTime64": _Function("txx", "{0}", "Time", least=1),
    "toTimeZone": _Function("tx", "{0}", "Time"),
    "parseDateTimeBestEffort": _Function("tx", "{0}", "Time", least=1),
    "parseDateTimeBestEffortOrNull": _Function("tx", "{0}", "Time", least=1),
    "parseDateTime64BestEffortOrNull": _Function("txx", "{0}", "Time", least=1),
    "fromUnixTimestamp": _Function("n", "make_timestamp(CAST(CAST({0} AS DOUBLE) * 1000000 AS BIGINT))", "Time"),
    "toDate": _Function("t", "CAST({0} AS DATE)", "Date"),
    "toDateOrNull": _Function("t", "CAST({0} AS DATE)", "Date"),
    "date": _Function("t", "CAST({0} AS DATE)", "Date"),
    "timestamp": _Function("t", "{0}", "Time"),
    "toStartOfSecond": _start("second"),
    "toStartOfMinute": _start("minute"),
    "toStartOfFiveMinutes": _Function("t", "time_bucket(to_minutes(5), {0})", "Time"),
    "toStartOfTenMinutes": _Function("t", "time_bucket(to_minutes(10), {0})", "Time"),
    "toStartOfFifteenMinutes": _Function("t", "time_bucket(to_minutes(15), {0})", "Time"),
    "toStartOfHour": _start("hour"),
    "toStartOfDay": _start("day"),
    "toStartOfWeek": _Function("tx", _week, "Date", least=1),
    "toMonday": _start("week", "Date"),
    "toStartOfMonth": _start("month", "Date"),
    "toStartOfQuarter": _start("quarter", "Date"),
    "toStartOfYear": _start("year", "Date"),
    "toLastDayOfMonth": _Function("t", "last_day({0})", "Date"),
    "toStartOfInterval": _Function("tx", _bucket, "Time"),
    "dateTrunc": _Function("xt", _truncated, "Time"),
    "date_trunc": _Function("xt", _truncated, "Time"),
    "dateDiff": _Function("xtt", _difference, "Number"),
    "date_diff": _Function("xtt", _difference, "Number"),
    "dateAdd": _Function("xxx", _moved("+"), "Time", least=2),
    "date_add": _Function("xxx", _moved("+"), "Time", least=2),
    "dateSub": _Function("xxx", _moved("-"), "Time", least=2),
    "date_sub": _Function("xxx", _moved("-"), "Time", least=2),
    "formatDateTime": _Function("txx", _formatted, "String", least=2),
    "toUnixTimestamp": _Function("t", "CAST(floor(epoch({0})) AS BIGINT)", "Number"),
    "toUnixTimestamp64Milli": _Function("t", "epoch_ms({0})", "Number"),
    "toYear": _part("year"), "year": _part("year"), "toQuarter": _part("quarter"), "quarter": _part("quarter"),
    "toMonth": _part("month"), "month": _part("month"), "toISOWeek": _part("week"),
    "toDayOfYear": _part("dayofyear"), "toDayOfMonth": _part("day"), "day": _part("day"),
    "toDayOfWeek": _Function("tx", "isodow({0})", "Number", least=1),
    "toHour": _part("hour"), "hour": _part("hour"), "toMinute": _part("minute"), "minute": _part("minute"),
    "toSecond": _part("second"), "second": _part("second"),
    "toYYYYMM": _Function("t", "(year({0}) * 100 + month({0}))", "Number"),
    "toYYYYMMDD": _Function("t", "(year({0}) * 10000 + month({0}) * 100 + day({0}))", "Number"),
    "monthName": _named("t", "monthname", "String"),
}  # fmt: skip
_TEXTS = {
    "toString": _Function("s", "{0}", "String"),
    "lower": _named("s", "lower", "String"), "upper": _named("s", "upper", "String"),
    "trim": _named("s", "trim", "String"), "trimLeft": _named("s", "ltrim", "String"), "trimRight": _named("s", "rtrim", "String"),
    "reverse": _named("s", "reverse", "String"),
    "left": _Function("sn", "left({0}, CAST({1} AS BIGINT))", "String"),
    "right": _Function("sn", "right({0}, CAST({1} AS BIGINT))", "String"),
    "substring": _Function("snn", lambda arguments, _: _substring(arguments), "String", least=2),
    "substr": _Function("snn", lambda arguments, _: _substring(arguments), "String", least=2),
    "concat": _Function("s", _joined, "String", least=1, most=_ANY_NUMBER),
    "position": _Function("ss", "strpos({0}, {1})", "Number"),
    "positionCaseInsensitive": _Function("ss", "strpos(lower({0}), lower({1}))", "Number"),
    "replace": _Function("sss", _replaced("replace({}, {}, {})"), "String"),
    "replaceAll": _Function("sss", _replaced("replace({}, {}, {})"), "String"),
    "replaceRegexpAll": _Function("sss", _replaced("regexp_replace({}, {}, {}, 'g')"), "String"),
    "replaceRegexpOne": _Function("sss", _replaced("regexp_replace({}, {}, {})"), "String"),
    "match": _Function("ss", "coalesce(regexp_matches({0}, {1}), false)", "Boolean"),
    "extract": _Function("ss", _extracted, "String"),
    "like": _Function("ss", "coalesce({0} LIKE {1} ESCAPE '\\', false)", "Boolean"),
    "ilike": _Function("ss", "coalesce({0} ILIKE {1} ESCAPE '\\', false)", "Boolean"),
    "startsWith": _Function("ss", "coalesce(starts_with({0}, {1}), false)", "Boolean"),
    "endsWith": _Function("ss", "coalesce(suffix({0}, {1}), false)", "Boolean"),
    "splitByChar": _Function("ss", "string_split({1}, {0})", "Array"),
    "splitByString": _Function("ss", "string_split({1}, {0})", "Array"),
    "domain": _Function("s", "regexp_extract({0}, '^(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?//(?:[^/?#@]*@)?([^/?#:]+)', 1)", "String"),
    "path": _Function("s", "regexp_extract({0}, '^(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?//[^/?#]*([^?#]*)', 1)", "String"),
    "cutQueryString": _Function("s", "regexp_replace({0}, '[?].*$', '')", "String"),
    "JSONExtractString": _Function("xs", _json("{}", "String"), least=1, most=9),
    "JSONExtractRaw": _Function("xs", _json("{}", "String"), least=1, most=9),
    "JSONExtractInt": _Function("xs", _json("TRY_CAST(trunc(TRY_CAST({} AS DOUBLE)) AS BIGINT)", "Number"), least=1, most=9),
    "JSONExtractUInt": _Function("xs", _json("TRY_CAST(trunc(TRY_CAST({} AS DOUBLE)) AS BIGINT)", "Number"), least=1, most=9),
    "JSONExtractFloat": _Function("xs", _json("TRY_CAST({} AS DOUBLE)", "Number"), least=1, most=9),
    "JSONExtractBool": _Function("xs", _json("TRY_CAST({} AS BOOLEAN)", "Boolean"), least=1, most=9),
    "JSONHas": _Function("xs", _json("({} IS NOT NULL)", "Boolean"), least=2, most=9),
    "JSONLength": _Function("xs", _json("TRY(json_array_length(TRY(CAST({} AS JSON))))", "Number"), least=1, most=9),
    "JSONExtractArrayRaw": _Function("xs", _json("TRY_CAST({} AS JSON[])", "Array"), least=1, most=9),
}  # fmt: skip
_LOGIC = {
    "if": _Function("bxx", _if),
    "multiIf": _Function("x", _multi_if, least=3, most=_ANY_NUMBER),
    "coalesce": _Function("x", _first, least=1, most=_ANY_NUMBER),
    "ifNull": _Function("xx", _first),
    "nullIf": _Function("xx", lambda arguments, _: Term(f"nullif({arguments[0].sql}, {arguments[1].sql})", arguments[0].type)),
    "isNull": _Function("x", "({0} IS NULL)", "Boolean"),
    "isNotNull": _Function("x", "({0} IS NOT NULL)", "Boolean"),
    "assumeNotNull": _Function("x", _same()), "toNullable": _Function("x", _same()),
    "empty": _Function("x", _empty(""), "Boolean"), "notEmpty": _Function("x", _empty("NOT"), "Boolean"),
    "toBool": _cast("BOOLEAN", "Boolean"),
    "not": _Function("b", "(NOT {0})", "Boolean"),
}  # fmt: skip
_MATHS = {
    "plus": _operator("nn", "+", "Number"), "minus": _operator("nn", "-", "Number"),
    "multiply": _operator("nn", "*", "Number"), "divide": _operator("nn", "/", "Number"),
    "modulo": _operator("nn", "%", "Number"),
    "intDiv": _Function("nn", "CAST(trunc({0} / {1}) AS BIGINT)", "Number"),
    "abs": _named("n", "abs", "Number"), "sign": _named("n", "sign", "Number"), "sqrt": _named("n", "sqrt", "Number"),
    "exp": _named("n", "exp", "Number"), "ln": _named("n", "ln", "Number"), "log": _named("n", "ln", "Number"),
    "log2": _named("n", "log2", "Number"), "log10": _named("n", "log10", "Number"),
    "pow": _named("nn", "pow", "Number"), "power": _named("nn", "pow", "Number"),
    "round": _Function("nn", lambda arguments, _: _rounded(arguments), "Number", least=1),
    "floor": _named("n", "floor", "Number"), "ceil": _named("n", "ceil", "Number"), "ceiling": _named("n", "ceil", "Number"),
    "truncate": _named("n", "trunc", "Number"),
    "greatest": _Function("x", "greatest({*})", "Any", least=1, most=_ANY_NUMBER),
    "least": _Function("x", "least({*})", "Any", least=1, most=_ANY_NUMBER),
}  # fmt: skip
_ARRAYS = {
    "array": _Function("x", "[{*}]", "Array", least=0, most=_ANY_NUMBER),
    "tuple": _Function("x", "row({*})", "Any", least=1, most=_ANY_NUMBER),
    "length": _Function("x", lambda arguments, _: _length(arguments), "Number"),
    "has": _Function("xx", "list_contains({0}, {1})", "Boolean"),
    "indexOf": _Function("xx", "coalesce(list_position({0}, {1}), 0)", "Number"),
    "arrayElement": _Function("xn", "list_extract({0}, CAST({1} AS BIGINT))"),
    "arrayDistinct": _named("x", "list_distinct", "Array"), "arrayUniq": _Function("x", "len(list_distinct({0}))", "Number"),
    "arraySort": _named("x", "list_sort", "Array"), "arrayReverse": _named("x", "list_reverse", "Array"),
    "arrayReverseSort": _named("x", "list_reverse_sort", "Array"),
    "arraySum": _named("x", "list_sum", "Number"), "arrayAvg": _named("x", "list_avg", "Number"),
    "arrayMin": _named("x", "list_min", "Any"), "arrayMax": _named("x", "list_max", "Any"),
    "arrayStringConcat": _Function("xs", lambda arguments, _: _array_text(arguments), "String", least=1),
    "arrayJoin": _Function("x", _unnested),
}  # fmt: skip
FUNCTIONS: dict[str, _Function] = {
    name.lower(): row
    for name, row in (
        _INTEGERS | _FLOATS | _OR_NULL | _OR_ZERO | _INTERVALS | _MOVING | _TIMES | _TEXTS | _LOGIC | _MATHS | _ARRAYS
    ).items()
}
NAMES = {name.lower(): name for name in (*_INTEGERS, *_FLOATS, *_TIMES, *_TEXTS, *_LOGIC, *_MATHS, *_ARRAYS)}


def _substring(arguments: Sequence[Term]) -> Term:
    whole = as_text(arguments[0]).sql
    bounds = ", ".join(f"CAST({as_number(one).sql} AS BIGINT)" for one in arguments[1:])
    return Term(f"substring({whole}, {bounds})", "String")


def _rounded(arguments: Sequence[Term]) -> Term:
    digits = f"CAST({as_number(arguments[1]).sql} AS INTEGER)" if len(arguments) > 1 else "0"
    return Term(f"round({as_number(arguments[0]).sql}, {digits})", "Number")


def _length(arguments: Sequence[Term]) -> Term:
    one = arguments[0] if arguments[0].type in {"Array", "Any"} else as_text(arguments[0])
    return Term(f"len({one.sql})", "Number")


def _array_text(arguments: Sequence[Term]) -> Term:
    between = as_text(arguments[1]) if len(arguments) > 1 else string_term("")
    return Term(f"left(array_to_string({arguments[0].sql}, {between.sql}), {_LONGEST_TEXT})", "String")


def constant(value: str) -> Term:
    """A number as it was written."""
    return Term(sql_number(value), "Number", literal=value)
