"""HogQL's functions as rows: what each takes, what it gives, and how DuckDB says it. What has no row is refused.

Meaning of the functions: https://clickhouse.com/docs/sql-reference/functions
"""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from posthog_wizard.sandbox.hogql import terms
from posthog_wizard.sandbox.hogql.scope import deeper
from posthog_wizard.sandbox.hogql.terms import Term, Type, as_number, as_text, moment_term, sql_number, sql_text
from posthog_wizard.sandbox.reader import QueryRejected

_ANY_NUMBER = 1000
_LONGEST_TEXT = 65_536  # characters that joining texts may give: a text doubled again and again would fill the memory
_LONGEST_REPLACED, _LONGEST_REPLACEMENT = 8192, 64
UNITS = ("second", "minute", "hour", "day", "week", "month", "quarter", "year")
# The codes of formatDateTime that mean something else in strftime.
_FORMATS = {"%i": "%M", "%M": "%B", "%s": "%S", "%h": "%I", "%e": "%-d", "%F": "%Y-%m-%d", "%T": "%H:%M:%S", "%W": "%A",
           "%R": "%H:%M", "%D": "%m/%d/%y", "%c": "%-m", "%r": "%I:%M %p", "%Q": "%m", "%l": "%-I", "%k": "%-H"}  # fmt: skip


def _whole(term: Term) -> Term:
    return Term(f"CAST({as_number(term).sql} AS BIGINT)", "Number")


CASTS: dict[str, Callable[[Term], Term]] = {
    "n": as_number, "i": _whole, "t": terms.as_time, "s": as_text, "b": terms.as_boolean, "x": lambda term: term,
}  # fmt: skip


class _Function(NamedTuple):
    """A function. `takes`: a letter for each argument, the last for the rest.

    The letters: n number, i whole number, t time, s text, b boolean, x any. `to`: SQL with {0}, {1}, {*} for all
    arguments and {now}, or a Python function of them, which says itself what it gives.
    """

    takes: str
    to: str | Callable[..., Term]
    gives: Type = "Any"
    least: int | None = None  # arguments; None: as many as `takes` has letters
    most: int | None = None

    def __call__(self, called: str, arguments: Sequence[Term], now: datetime) -> Term:
        """The call as a term. Raises QueryRejected for too few or too many arguments."""
        least = len(self.takes) if self.least is None else self.least
        most = max(least, len(self.takes)) if self.most is None else self.most
        if not least <= len(arguments) <= most:
            few = f"{least} to {most}" if most < _ANY_NUMBER else f"at least {least}"
            raise QueryRejected(f"`{called}` takes {least if least == most else few} arguments, not {len(arguments)}.")
        cast = [CASTS[(self.takes[index:] or self.takes[-1:])[0]](one) for index, one in enumerate(arguments)]
        if not isinstance(self.to, str):
            return self.to(*cast)
        given = [one.sql for one in cast]
        to = self.to.replace("{*}", ", ".join(given).replace("{", "{{").replace("}", "}}"))
        return Term(to.format(*given, now=moment_term(now).sql), self.gives)


def literal(term: Term, of: str) -> str:
    """The text or number that an argument must be as it stands."""
    if term.literal is None:
        raise QueryRejected(f"{of} must be a constant, not an expression.")
    return term.literal


def unit(term: Term, of: str) -> str:
    """A unit of time from the list, in the singular."""
    found = literal(term, of).lower().removesuffix("s")
    if found not in UNITS:
        raise QueryRejected(f"{of}: `{found}` is no unit of time; there are {', '.join(UNITS)}.")
    return found


def interval(amount: Term, of: str) -> Term:
    """So many units, as an interval."""
    return Term(f"to_{of}s({_whole(amount).sql})", "Interval")


def cast(term: Term, to: str, kind: Type) -> Term:
    """The value as another type, null where it cannot be. Whole numbers lose their fraction instead of being rounded."""
    if kind in {"Number", "Time"}:
        term = as_number(term) if kind == "Number" else terms.as_time(term)
    inner = f"trunc({term.sql})" if to.endswith("INT") else term.sql
    return Term(f"TRY_CAST({inner} AS {to})", kind)


def constant(value: str) -> Term:
    """A number as it was written."""
    return Term(sql_number(value), "Number", literal=value)


# ------------------------------------------------------------------ those that one template cannot say


def _week(at: Term, mode: Term | None = None, /) -> Term:
    """Weeks begin on Sunday (mode 0, the default) or on Monday (1 and 3)."""
    if mode is not None and literal(mode, "`toStartOfWeek`'s mode") in {"1", "3"}:
        return Term(f"CAST(date_trunc('week', {at.sql}) AS DATE)", "Date")
    return Term(f"CAST(date_trunc('week', {at.sql} + to_days(1)) - to_days(1) AS DATE)", "Date")


def _difference(of: Term, start: Term, end: Term) -> Term:
    one = unit(of, "`dateDiff`'s unit")
    return Term(f"date_diff('{one}', {start.sql}, {end.sql})", "Number")


def _moved(sign: str) -> Callable[..., Term]:
    def moved(*given: Term) -> Term:
        if len(given) == 3:  # noqa: PLR2004 - unit, amount, time
            by, at = interval(given[1], unit(given[0], "the unit")), given[2]
        else:
            at, by = given
            if by.type != "Interval":
                raise QueryRejected("`dateAdd` and `dateSub` with two arguments take a time and an INTERVAL.")
        return Term(f"({terms.as_time(at).sql} {sign} {by.sql})", "Time")

    return moved


def _bucket(at: Term, by: Term) -> Term:
    if by.type != "Interval":
        raise QueryRejected("`toStartOfInterval` takes a time and an INTERVAL.")
    return Term(f"time_bucket({by.sql}, {at.sql}, TIMESTAMP '1969-12-29')", "Time")


def _formatted(at: Term, pattern: Term, _zone: Term | None = None) -> Term:
    wanted = re.sub("%.?", _code, literal(pattern, "`formatDateTime`'s format"))
    return Term(f"strftime({at.sql}, {sql_text(wanted)})", "String")


def _code(found: re.Match[str]) -> str:
    code = found.group()
    if code in _FORMATS or code[1:] in {*"YmdHSjyabpIuw%"}:
        return _FORMATS.get(code, code)
    raise QueryRejected(f"`formatDateTime` does not know `{code}` here.")


def _multi_if(*given: Term) -> Term:
    if len(given) % 2 == 0:
        raise QueryRejected("`multiIf` takes pairs of a condition and a value, and a last value for all else.")
    pairs = zip(given[:-1:2], given[1::2], strict=True)
    cases = " ".join(f"WHEN {terms.as_boolean(condition).sql} THEN {value.sql}" for condition, value in pairs)
    return Term(f"CASE {cases} ELSE {given[-1].sql} END", given[-1].type)


def _first(*given: Term) -> Term:
    """coalesce: a constant of another type than the property decides the type."""
    kind = given[-1].type
    cast = (as_number(one) if kind == "Number" else one for one in given)
    return Term(f"coalesce({', '.join(one.sql for one in cast)})", kind)


def _json(cast: str, kind: Type, least: int = 1) -> _Function:
    def extracted(source: Term, *names: Term) -> Term:
        given = [(one.type, literal(one, "a key of JSONExtract")) for one in names]
        keys = tuple(int(key) if kind == "Number" and re.fullmatch(r"-?\d{1,9}", key) else key for kind, key in given)
        if not source.type.endswith("Json"):
            source = Term(f"TRY(CAST({as_text(source).sql} AS JSON))", "Json")
        found = deeper(source, keys) if keys else Term(f"json_extract_string({source.sql}, '$')")
        return Term(cast.format(found.sql), kind)

    return _Function("x", extracted, least=least, most=9)


def _extracted(whole: Term, wanted: Term) -> Term:
    """The first group of a pattern that has one, otherwise all that matched."""
    pattern = literal(wanted, "`extract`'s pattern")
    group = 1 if re.search(r"(?<!\\)\((?!\?)", pattern) else 0
    return Term(f"regexp_extract({whole.sql}, {sql_text(pattern)}, {group})", "String")


def _empty(negated: str) -> _Function:
    def empty(one: Term) -> Term:
        whole = one if one.type == "Array" else as_text(one)
        return Term(f"({negated} coalesce(len({whole.sql}), 0) = 0)", "Boolean")

    return _Function("x", empty)


def _joined(*pieces: Term) -> Term:
    """Texts one after another, of bounded length."""
    return Term(f"left({' || '.join(one.sql for one in pieces)}, {_LONGEST_TEXT})", "String")


def _replaced(to: str) -> _Function:
    """Both texts are bounded: a long one put in for each letter of another would fill the memory."""

    def replaced(whole: Term, old: Term, new: Term) -> Term:
        if len(literal(new, "the replacement")) > _LONGEST_REPLACEMENT:
            raise QueryRejected(f"The replacement is longer than {_LONGEST_REPLACEMENT} characters.")
        return Term(to.format(f"left({whole.sql}, {_LONGEST_REPLACED})", old.sql, new.sql), "String")

    return _Function("sss", replaced)


def _rounded(value: Term, digits: Term | None = None) -> Term:
    return Term(f"round({value.sql}, {f'CAST({digits.sql} AS INTEGER)' if digits else '0'})", "Number")


def _length(one: Term) -> Term:
    whole = one if one.type in {"Array", "Any"} else as_text(one)
    return Term(f"len({whole.sql})", "Number")


def _array_text(array: Term, between: Term | None = None) -> Term:
    joint = sql_text("") if between is None else between.sql
    return Term(f"left(array_to_string({array.sql}, {joint}), {_LONGEST_TEXT})", "String")


# ------------------------------------------------------------------ the rows, each with all its names


def _cast(to: str, kind: Type) -> _Function:
    return _Function("x", lambda one: cast(one, to, kind))


def _start(of: str, kind: Type = "Time") -> _Function:
    start = f"date_trunc('{of}', {{0}})"
    return _Function("t", start if kind == "Time" else f"CAST({start} AS DATE)", kind)


def _named(takes: str, name: str, gives: Type = "Number") -> _Function:
    return _Function(takes, f"{name}({{*}})", gives)


_INTEGERS = [f"to{sign}Int{bits}" for sign in ("", "U") for bits in ("", 8, 16, 32, 64)]
_FLOATS = [f"toFloat{bits}" for bits in ("", 32, 64)]
_ROWS: dict[str, _Function] = {
    " ".join([*_INTEGERS, *(f"{name}OrNull" for name in _INTEGERS)]): _cast("BIGINT", "Number"),
    " ".join([*_FLOATS, *(f"{name}OrNull" for name in _FLOATS)]): _cast("DOUBLE", "Number"),
    " ".join(f"{name}OrZero" for name in _INTEGERS): _Function("x", "coalesce(TRY_CAST({0} AS BIGINT), 0)", "Number"),
    " ".join(f"{name}OrZero" for name in _FLOATS): _Function("x", "coalesce(TRY_CAST({0} AS DOUBLE), 0)", "Number"),
    **{f"toInterval{of.title()}": _named("i", f"to_{of}s", "Interval") for of in UNITS},
    **{f"add{of.title()}s": _Function("ti", f"({{0}} + to_{of}s({{1}}))", "Time") for of in UNITS},
    **{f"subtract{of.title()}s": _Function("ti", f"({{0}} - to_{of}s({{1}}))", "Time") for of in UNITS},
    # times
    "now": _Function("", "{now}", "Time"),
    "now64": _Function("x", "{now}", "Time", least=0),
    "today": _Function("", "CAST({now} AS DATE)", "Date"),
    "yesterday": _Function("", "CAST({now} - to_days(1) AS DATE)", "Date"),
    "toDateTime parseDateTimeBestEffort parseDateTimeBestEffortOrNull": _Function("tx", "{0}", "Time", least=1),
    "toDateTime64 parseDateTime64BestEffortOrNull": _Function("txx", "{0}", "Time", least=1),
    "toTimeZone": _Function("tx", "{0}", "Time"),
    "timestamp": _Function("t", "{0}", "Time"),
    "fromUnixTimestamp": _Function("n", "make_timestamp(CAST(CAST({0} AS DOUBLE) * 1000000 AS BIGINT))", "Time"),
    "toDate toDateOrNull date": _Function("t", "CAST({0} AS DATE)", "Date"),
    "toStartOfSecond": _start("second"), "toStartOfMinute": _start("minute"), "toStartOfHour": _start("hour"),
    "toStartOfFiveMinutes": _Function("t", "time_bucket(to_minutes(5), {0})", "Time"),
    "toStartOfTenMinutes": _Function("t", "time_bucket(to_minutes(10), {0})", "Time"),
    "toStartOfFifteenMinutes": _Function("t", "time_bucket(to_minutes(15), {0})", "Time"),
    "toStartOfDay": _start("day"), "toMonday": _start("week", "Date"), "toStartOfMonth": _start("month", "Date"),
    "toStartOfQuarter": _start("quarter", "Date"), "toStartOfYear": _start("year", "Date"),
    "toStartOfWeek": _Function("tx", _week, least=1),
    "toLastDayOfMonth": _named("t", "last_day", "Date"),
    "toStartOfInterval": _Function("tx", _bucket),
    "dateTrunc date_trunc":
        _Function("xt", lambda of, at: Term(f"date_trunc('{unit(of, '`dateTrunc`’s unit')}', {at.sql})", "Time")),
    "dateDiff date_diff": _Function("xtt", _difference),
    "dateAdd date_add": _Function("xxx", _moved("+"), least=2),
    "dateSub date_sub": _Function("xxx", _moved("-"), least=2),
    "formatDateTime": _Function("txx", _formatted, least=2),
    "toUnixTimestamp": _Function("t", "CAST(floor(epoch({0})) AS BIGINT)", "Number"),
    "toUnixTimestamp64Milli": _named("t", "epoch_ms"),
    "toYear year": _named("t", "year"), "toQuarter quarter": _named("t", "quarter"), "toMonth month": _named("t", "month"),
    "toISOWeek": _named("t", "week"), "toDayOfYear": _named("t", "dayofyear"), "toDayOfMonth day": _named("t", "day"),
    "toDayOfWeek": _Function("tx", "isodow({0})", "Number", least=1), "toHour hour": _named("t", "hour"),
    "toMinute minute": _named("t", "minute"), "toSecond second": _named("t", "second"),
    "toYYYYMM": _Function("t", "(year({0}) * 100 + month({0}))", "Number"),
    "toYYYYMMDD": _Function("t", "(year({0}) * 10000 + month({0}) * 100 + day({0}))", "Number"),
    "monthName": _named("t", "monthname", "String"),
    # texts
    "toString": _Function("s", "{0}", "String"), "reverse": _named("s", "reverse", "String"),
    "lower": _named("s", "lower", "String"), "upper": _named("s", "upper", "String"),
    "trim": _named("s", "trim", "String"), "trimLeft": _named("s", "ltrim", "String"), "trimRight": _named("s", "rtrim", "String"),
    "left": _named("si", "left", "String"), "right": _named("si", "right", "String"),
    "substring substr": _Function("sii", "substring({*})", "String", least=2),
    "concat": _Function("s", _joined, least=1, most=_ANY_NUMBER),
    "position": _named("ss", "strpos"),
    "positionCaseInsensitive": _Function("ss", "strpos(lower({0}), lower({1}))", "Number"),
    "replace replaceAll": _replaced("replace({}, {}, {})"),
    "replaceRegexpAll": _replaced("regexp_replace({}, {}, {}, 'g')"),
    "replaceRegexpOne": _replaced("regexp_replace({}, {}, {})"),
    "match": _Function("ss", "coalesce(regexp_matches({0}, {1}), false)", "Boolean"),
    "extract": _Function("sx", _extracted),
    "like": _Function("ss", "coalesce({0} LIKE {1} ESCAPE '\\', false)", "Boolean"),
    "ilike": _Function("ss", "coalesce({0} ILIKE {1} ESCAPE '\\', false)", "Boolean"),
    "startsWith": _Function("ss", "coalesce(starts_with({0}, {1}), false)", "Boolean"),
    "endsWith": _Function("ss", "coalesce(suffix({0}, {1}), false)", "Boolean"),
    "splitByChar splitByString": _Function("ss", "string_split({1}, {0})", "Array"),
    "domain": _Function("s", "regexp_extract({0}, '^(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?//(?:[^/?#@]*@)?([^/?#:]+)', 1)", "String"),
    "path": _Function("s", "regexp_extract({0}, '^(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?//[^/?#]*([^?#]*)', 1)", "String"),
    "cutQueryString": _Function("s", "regexp_replace({0}, '[?].*$', '')", "String"),
    "JSONExtractString JSONExtractRaw": _json("{}", "String"),
    "JSONExtractInt JSONExtractUInt": _json("TRY_CAST(trunc(TRY_CAST({} AS DOUBLE)) AS BIGINT)", "Number"),
    "JSONExtractFloat": _json("TRY_CAST({} AS DOUBLE)", "Number"),
    "JSONExtractBool": _json("TRY_CAST({} AS BOOLEAN)", "Boolean"),
    "JSONHas": _json("({} IS NOT NULL)", "Boolean", least=2),
    "JSONLength": _json("TRY(json_array_length(TRY(CAST({} AS JSON))))", "Number"),
    "JSONExtractArrayRaw": _json("TRY_CAST({} AS JSON[])", "Array"),
    # logic
    "if": _Function("bxx", lambda condition, yes, no: Term(
        f"CASE WHEN {condition.sql} THEN {yes.sql} ELSE {no.sql} END", (yes if no.sql == "NULL" else no).type)),
    "multiIf": _Function("x", _multi_if, least=3, most=_ANY_NUMBER),
    "coalesce": _Function("x", _first, least=1, most=_ANY_NUMBER),
    "ifNull": _Function("xx", _first),
    "nullIf": _Function("xx", lambda one, other: Term(f"nullif({one.sql}, {other.sql})", one.type)),
    "isNull": _Function("x", "({0} IS NULL)", "Boolean"), "isNotNull": _Function("x", "({0} IS NOT NULL)", "Boolean"),
    "assumeNotNull toNullable": _Function("x", lambda one: one), "empty": _empty(""), "notEmpty": _empty("NOT"),
    "toBool": _cast("BOOLEAN", "Boolean"), "not": _Function("b", "(NOT {0})", "Boolean"),
    # numbers
    "plus": _Function("nn", "({0} + {1})", "Number"), "minus": _Function("nn", "({0} - {1})", "Number"),
    "multiply": _Function("nn", "({0} * {1})", "Number"), "divide": _Function("nn", "({0} / {1})", "Number"),
    "modulo": _Function("nn", "({0} % {1})", "Number"),
    "intDiv": _Function("nn", "CAST(trunc({0} / {1}) AS BIGINT)", "Number"),
    "abs": _named("n", "abs"), "sign": _named("n", "sign"), "sqrt": _named("n", "sqrt"), "exp": _named("n", "exp"),
    "ln log": _named("n", "ln"), "log2": _named("n", "log2"), "log10": _named("n", "log10"), "pow power": _named("nn", "pow"),
    "round": _Function("nn", _rounded, least=1),
    "floor": _named("n", "floor"), "ceil ceiling": _named("n", "ceil"), "truncate": _named("n", "trunc"),
    "greatest": _Function("x", "greatest({*})", least=1, most=_ANY_NUMBER),
    "least": _Function("x", "least({*})", least=1, most=_ANY_NUMBER),
    # lists
    "array": _Function("x", "[{*}]", "Array", least=0, most=_ANY_NUMBER),
    "tuple": _Function("x", "row({*})", least=1, most=_ANY_NUMBER),
    "length": _Function("x", _length),
    "has": _named("xx", "list_contains", "Boolean"),
    "indexOf": _Function("xx", "coalesce(list_position({0}, {1}), 0)", "Number"),
    "arrayElement": _named("xi", "list_extract", "Any"),
    "arrayDistinct": _named("x", "list_distinct", "Array"), "arrayUniq": _Function("x", "len(list_distinct({0}))", "Number"),
    "arraySort": _named("x", "list_sort", "Array"), "arrayReverse": _named("x", "list_reverse", "Array"),
    "arrayReverseSort": _named("x", "list_reverse_sort", "Array"),
    "arraySum": _named("x", "list_sum"), "arrayAvg": _named("x", "list_avg"),
    "arrayMin": _named("x", "list_min", "Any"), "arrayMax": _named("x", "list_max", "Any"),
    "arrayStringConcat": _Function("xs", _array_text, least=1),
    "arrayJoin": _named("x", "unnest", "Any"),
}  # fmt: skip
FUNCTIONS = {name.lower(): row for names, row in _ROWS.items() for name in names.split()}
NAMES = {name.lower(): name for names in _ROWS for name in names.split()}
