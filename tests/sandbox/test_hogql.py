"""HogQL in, rows out, against plain Python over the same events."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from posthog_wizard.sandbox.engine import Engine
from tests.support.leafline import NOW, TODAY, Event, counted, customers, grouped, named, people, since, where

Raw = tuple[Event, ...]
Expected = Callable[[Raw], Any]


def rows(engine: Engine, text: str, **more: Any) -> list[list[Any]]:
    found: list[list[Any]] = engine.query({"kind": "HogQLQuery", "query": text, **more})["results"]
    return found


def of_people(raw: Raw, wanted: set[str]) -> list[Event]:
    return where(raw, lambda e: e.person in wanted)


WEEK = NOW - timedelta(days=7)
COUNTED: dict[str, tuple[str, Expected]] = {
    "all": ("SELECT count() FROM events", len),
    "star": ("SELECT count(*) FROM events", len),
    "by name": ("SELECT count() FROM events WHERE event = '$pageview'", lambda raw: len(named(raw, "$pageview"))),
    "a week": (
        "SELECT count() FROM events WHERE timestamp > now() - INTERVAL 7 DAY",
        lambda raw: len(where(raw, lambda e: e.at > WEEK)),
    ),
    "a week, as text": (
        "SELECT count() FROM events WHERE timestamp >= '2026-03-03 15:30:00'",
        lambda raw: len(where(raw, lambda e: e.at >= WEEK)),
    ),
    "a week, by a function": (
        "SELECT count() FROM events WHERE timestamp >= subtractDays(now(), 7) AND timestamp <= now()",
        lambda raw: len(where(raw, lambda e: e.at >= WEEK)),
    ),
    "since yesterday": (
        "SELECT count() FROM events WHERE toDate(timestamp) >= today() - 1",
        lambda raw: len(since(raw, 1)),
    ),
    "people": ("SELECT uniq(person_id) FROM events", people),
    "people, too": ("SELECT count(DISTINCT person_id) FROM events", people),
    "persons": ("SELECT count() FROM persons", people),
    "person ids": (
        "SELECT uniq(person_id) FROM person_distinct_ids",
        people,
    ),
    "sessions": ("SELECT count() FROM sessions", lambda raw: len({e.session for e in raw})),
    "sessions of events": ("SELECT uniq($session_id) FROM events", lambda raw: len({e.session for e in raw})),
    "nobody in groups": ("SELECT count() FROM groups", lambda _: 0),
    "a property": (
        "SELECT count() FROM events WHERE properties.$browser = 'Firefox'",
        lambda raw: len(where(raw, lambda e: e.get("$browser") == "Firefox")),
    ),
    "a property in brackets": (
        "SELECT count() FROM events WHERE properties['$browser'] = 'Firefox'",
        lambda raw: len(where(raw, lambda e: e.get("$browser") == "Firefox")),
    ),
    "a property with an odd name": (
        "SELECT count() FROM events WHERE properties.`$feature/new-checkout` = 'test'",
        lambda raw: len(where(raw, lambda e: e.get("$feature/new-checkout") == "test")),
    ),
    "not equal is true of what is missing": (
        "SELECT count() FROM events WHERE properties.utm_source != 'google'",
        lambda raw: len(where(raw, lambda e: e.get("utm_source") != "google")),
    ),
    "not in is, too": (
        "SELECT count() FROM events WHERE properties.utm_source NOT IN ('google', 'reddit')",
        lambda raw: len(where(raw, lambda e: e.get("utm_source") not in {"google", "reddit"})),
    ),
    "in": (
        "SELECT count() FROM events WHERE event IN ('signed_up', 'plant_added')",
        lambda raw: len(named(raw, "signed_up", "plant_added")),
    ),
    "in a tuple or list": (
        "SELECT count() FROM events WHERE event IN tuple('signed_up', 'plant_added') OR event IN ['$identify']",
        lambda raw: len(named(raw, "signed_up", "plant_added", "$identify")),
    ),
    "in a subquery": (
        "SELECT count() FROM events WHERE person_id IN (SELECT person_id FROM events WHERE event = 'subscription_started')",
        lambda raw: len(of_people(raw, {e.person for e in named(raw, "subscription_started")})),
    ),
    "a numeric property": (
        "SELECT count() FROM events WHERE properties.plant_count > 3",
        lambda raw: len(where(raw, lambda e: (e.get("plant_count") or 0) > 3)),
    ),
    "a numeric property and a text": (
        "SELECT count() FROM events WHERE properties.plant_count = '3'",
        lambda raw: len(where(raw, lambda e: e.get("plant_count") == 3)),
    ),
    "a text property and a number": (
        "SELECT count() FROM events WHERE event = 'survey sent' AND properties.$survey_response >= 9",
        lambda raw: len(where(named(raw, "survey sent"), lambda e: str(e.get("$survey_response")) in {"9", "10"})),
    ),
    "a boolean property": (
        "SELECT count() FROM events WHERE properties.on_time = false",
        lambda raw: len(where(raw, lambda e: e.get("on_time") is False)),
    ),
    "between": (
        "SELECT count() FROM events WHERE properties.plant_count BETWEEN 2 AND 4",
        lambda raw: len(where(raw, lambda e: 2 <= (e.get("plant_count") or 0) <= 4)),
    ),
    "the person": (
        "SELECT count() FROM events WHERE person.properties.plan = 'plus_yearly'",
        lambda raw: len(where(raw, lambda e: e.about.get("plan") == "plus_yearly")),
    ),
    "the person, by an alias": (
        "SELECT count() FROM events AS e WHERE e.person.properties.$browser = 'Chrome'",
        lambda raw: len(where(raw, lambda e: e.about.get("$browser") == "Chrome")),
    ),
    "ilike": (
        "SELECT uniq(person_id) FROM events WHERE person.properties.email ILIKE '%@LEAFLINE.example'",
        lambda raw: people(raw) - people(customers(raw)),
    ),
    "not like": (
        "SELECT count() FROM events WHERE event NOT LIKE '$%'",
        lambda raw: len(where(raw, lambda e: not e.event.startswith("$"))),
    ),
    "an escaped wild card": (
        r"SELECT count() FROM events WHERE event LIKE 'signed\_up'",
        lambda raw: len(named(raw, "signed_up")),
    ),
    "match": (
        "SELECT count() FROM events WHERE match(properties.$pathname, '^/(plants|pricing)$')",
        lambda raw: len(where(raw, lambda e: e.get("$pathname") in {"/plants", "/pricing"})),
    ),
    "empty": (
        "SELECT countIf(empty(properties.utm_source)) FROM events",
        lambda raw: len(where(raw, lambda e: not e.get("utm_source"))),
    ),
    "not empty": (
        "SELECT countIf(notEmpty(properties.utm_source)) FROM events",
        lambda raw: len(where(raw, lambda e: e.get("utm_source"))),
    ),
    "is null": (
        "SELECT count() FROM events WHERE properties.utm_source IS NULL",
        lambda raw: len(where(raw, lambda e: e.get("utm_source") is None)),
    ),
    "is not null": (
        "SELECT count() FROM events WHERE properties.utm_source IS NOT NULL",
        lambda raw: len(where(raw, lambda e: e.get("utm_source") is not None)),
    ),
    "or, not, parentheses": (
        "SELECT count() FROM events WHERE NOT (event = '$pageview' OR event = '$pageleave')",
        lambda raw: len(where(raw, lambda e: e.event not in {"$pageview", "$pageleave"})),
    ),
    "a case": (
        "SELECT sum(CASE WHEN event = 'signed_up' THEN 1 ELSE 0 END) FROM events",
        lambda raw: len(named(raw, "signed_up")),
    ),
    "if and multiIf": (
        "SELECT sum(if(event = 'signed_up', 1, 0)) + sum(multiIf(event = 'plant_added', 1, event = '$identify', 1, 0)) FROM events",
        lambda raw: len(named(raw, "signed_up", "plant_added", "$identify")),
    ),
    "a question mark": (
        "SELECT sum(event = 'signed_up' ? 1 : 0) FROM events",
        lambda raw: len(named(raw, "signed_up")),
    ),
    "countIf": ("SELECT countIf(event = 'signed_up') FROM events", lambda raw: len(named(raw, "signed_up"))),
    "uniqIf": (
        "SELECT uniqIf(person_id, event = 'signed_up') FROM events",
        lambda raw: people(named(raw, "signed_up")),
    ),
    "max of a numeric property": (
        "SELECT max(properties.plant_count) FROM events",
        lambda raw: max(e.get("plant_count") or 0 for e in raw),
    ),
    "the length of a list": (
        "SELECT sum(JSONLength(properties.$exception_list)) FROM events",
        lambda raw: sum(len(e.get("$exception_list") or []) for e in raw),
    ),
    "json within json": (
        "SELECT countIf(JSONExtractString(properties.$exception_list, 1, 'type') = 'KeyError') FROM events",
        lambda raw: len(where(raw, lambda e: (e.get("$exception_list") or [{}])[0].get("type") == "KeyError")),
    ),
    "json by dots and brackets": (
        (
            "SELECT countIf(properties.$exception_list[1].stacktrace.frames[1].function = 'PlantList' "
            "OR properties.$exception_list[1].stacktrace.frames[2].function = 'PlantList') FROM events"
        ),
        lambda raw: len(where(raw, lambda e: "PlantList" in str(e.get("$exception_list")))),
    ),
    "a union": (
        "SELECT sum(n) FROM (SELECT count() AS n FROM events UNION ALL SELECT count() AS n FROM events)",
        lambda raw: 2 * len(raw),
    ),
    "with": (
        "WITH a AS (SELECT person_id, count() AS n FROM events GROUP BY person_id) SELECT count() FROM a WHERE n > 20",
        lambda raw: sum(n > 20 for n in counted(raw, lambda e: e.person).values()),
    ),
    "with a constant": (
        "WITH 'signed_up' AS wanted SELECT count() FROM events WHERE event = wanted",
        lambda raw: len(named(raw, "signed_up")),
    ),
    "a join": (
        "SELECT count() FROM events e INNER JOIN persons p ON e.person_id = p.id WHERE p.properties.plan = 'free'",
        lambda raw: len(where(raw, lambda e: e.about.get("plan") == "free")),
    ),
    "exists": (
        "SELECT count() FROM persons p WHERE EXISTS (SELECT 1 FROM events e WHERE e.person_id = p.id AND e.event = 'signed_up')",
        lambda raw: people(named(raw, "signed_up")),
    ),
    "having": (
        "SELECT count() FROM (SELECT person_id, count() AS n FROM events GROUP BY person_id HAVING n >= 10)",
        lambda raw: sum(n >= 10 for n in counted(raw, lambda e: e.person).values()),
    ),
    "hours": (
        "SELECT uniq(toStartOfHour(timestamp)) FROM events",
        lambda raw: len({(e.at.date(), e.at.hour) for e in raw}),
    ),
    "months": ("SELECT uniq(toYYYYMM(timestamp)) FROM events", lambda raw: len({(e.at.year, e.at.month) for e in raw})),
    "weekdays": (
        "SELECT countIf(toDayOfWeek(timestamp) = 7) FROM events",
        lambda raw: len(where(raw, lambda e: e.at.isoweekday() == 7)),
    ),
    "casts": (
        "SELECT sum(toInt(properties.amount)) + sum(properties.amount::Int64) + sum(CAST(properties.amount AS Int32)) FROM events",
        lambda raw: 3 * sum(int(e.get("amount") or 0) for e in raw),
    ),
    "internal users are left out": (
        "SELECT count() FROM events WHERE {filters}",
        lambda raw: len(customers(raw)),
    ),
    "internal users are left out, by an alias": (
        "SELECT count() FROM (SELECT e.event FROM events AS e WHERE event = 'signed_up' AND {filters})",
        lambda raw: len(customers(named(raw, "signed_up"))),
    ),
}


@pytest.mark.parametrize(("text", "expected"), COUNTED.values(), ids=COUNTED)
def test_one_number(engine: Engine, raw: Raw, text: str, expected: Expected) -> None:
    assert rows(engine, text, filters={"filterTestAccounts": True}) == [[expected(raw)]]


MEASURED: dict[str, tuple[str, Expected]] = {
    "sum": ("SELECT sum(properties.amount) FROM events", lambda raw: sum(e.get("amount") or 0 for e in raw)),
    "sumIf": (
        "SELECT sumIf(toFloat(properties.amount), properties.plan = 'plus_yearly') FROM events",
        lambda raw: sum(e.get("amount") or 0 for e in raw if e.get("plan") == "plus_yearly"),
    ),
    "avg": (
        "SELECT avg(properties.$ai_latency) FROM events",
        lambda raw: statistics.fmean(e.get("$ai_latency") for e in named(raw, "$ai_generation")),
    ),
    "avgIf": (
        "SELECT avgIf(properties.$ai_latency, properties.$ai_model = 'gpt-5') FROM events",
        lambda raw: statistics.fmean(e.get("$ai_latency") for e in raw if e.get("$ai_model") == "gpt-5"),
    ),
    "median": (
        "SELECT median(properties.duration_seconds) FROM events",
        lambda raw: statistics.median(e.get("duration_seconds") for e in named(raw, "onboarding_completed")),
    ),
    "quantile": (
        "SELECT quantile(0.9)(properties.duration_seconds) FROM events",
        lambda raw: statistics.quantiles(
            [e.get("duration_seconds") for e in named(raw, "onboarding_completed")], n=10, method="inclusive"
        )[8],
    ),
    "quantileIf": (
        "SELECT quantileIf(0.25)(properties.duration_seconds, event = 'onboarding_completed') FROM events",
        lambda raw: statistics.quantiles(
            [e.get("duration_seconds") for e in named(raw, "onboarding_completed")], n=4, method="inclusive"
        )[0],
    ),
    "stddev": (
        "SELECT stddevPop(properties.duration_seconds) FROM events",
        lambda raw: statistics.pstdev(e.get("duration_seconds") for e in named(raw, "onboarding_completed")),
    ),
    "a share": (
        "SELECT countIf(event = 'survey sent') / countIf(event = 'survey shown') FROM events",
        lambda raw: len(named(raw, "survey sent")) / len(named(raw, "survey shown")),
    ),
    "seconds between": (
        "SELECT dateDiff('second', min(timestamp), max(timestamp)) FROM events",
        lambda raw: pytest.approx((raw[-1].at - raw[0].at).total_seconds(), abs=1),
    ),
    "a difference of times": (
        "SELECT max(timestamp) - min(timestamp) FROM events",
        lambda raw: (raw[-1].at - raw[0].at).total_seconds(),
    ),
    "arithmetic": ("SELECT (1 + 2) * 3 - 8 / 2 + 7 % 4", lambda _: 8),
    "functions of numbers": (
        "SELECT round(2.567, 2) + intDiv(7, 2) + abs(-1) + floor(1.9) + ceil(0.1) + pow(2, 3)",
        lambda _: 2.57 + 3 + 1 + 1 + 1 + 8,
    ),
}


@pytest.mark.parametrize(("text", "expected"), MEASURED.values(), ids=MEASURED)
def test_a_measure(engine: Engine, raw: Raw, text: str, expected: Expected) -> None:
    assert rows(engine, text)[0][0] == pytest.approx(expected(raw))


def by(raw: Raw, key: Callable[[Event], Any], *names: str) -> list[list[Any]]:
    """[key, count], in the order of the keys."""
    return [[value, number] for value, number in sorted(counted(named(raw, *names), key).items())]


def last(found: list[Event]) -> str:
    return max(found, key=lambda e: e.at).event


SEVERAL: dict[str, tuple[str, Expected]] = {
    "lists of some rows": (
        "SELECT groupArrayIf(event, event = 'signed_up'), groupUniqArrayIf(properties.method, event = 'signed_up' AND properties.method = 'apple') FROM events",
        lambda raw: [[["signed_up"] * len(named(raw, "signed_up")), ["apple"]]],
    ),
    "the first of a list": (
        "SELECT groupArray(2)(event), groupArrayIf(1)(event, event = '$pageview') FROM events WHERE event = '$pageview'",
        lambda _: [[["$pageview", "$pageview"], ["$pageview"]]],
    ),
    "FILTER": (
        "SELECT count(*) FILTER (WHERE event = 'signed_up'), sumIf(1, event = '$pageview') FILTER (WHERE properties.$browser = 'Firefox') FROM events",
        lambda raw: [
            [len(named(raw, "signed_up")), len(where(named(raw, "$pageview"), lambda e: e.get("$browser") == "Firefox"))]
        ],
    ),
    "two rows before": (
        "SELECT groupArray(lagged) FROM (SELECT lag(n, 2, 'none') OVER (ORDER BY n) AS lagged FROM (SELECT DISTINCT properties.method AS n FROM events WHERE event = 'signed_up'))",
        lambda _: [[["none", "none", "apple"]]],
    ),
    "a name and a number that are no positions": (
        f"SELECT properties.$exception_list[1].`{'9' * 5000}`, 1 AS n FROM events GROUP BY 1, 2, 1.5",
        lambda _: [[None, 1]],
    ),
    "operators that are functions": (
        "SELECT DISTINCT properties.no_such ?? 'none', event FROM events WHERE event REGEXP '^sign'",
        lambda _: [["none", "signed_up"]],
    ),
    "within a list": (
        "SELECT DISTINCT properties.$exception_list.1.type, properties.$exception_list[1].type FROM events WHERE event = '$exception' AND properties.$exception_list.1.type = 'TypeError'",
        lambda _: [["TypeError", "TypeError"]],
    ),
    "the sessions of events": (
        "SELECT count() FROM events e JOIN sessions s ON s.session_id = e.$session_id WHERE s.$session_duration >= 0",
        lambda raw: [[len(raw)]],
    ),
    "by day, with the alias of the field's name": (
        (
            "SELECT toStartOfDay(timestamp) AS timestamp, count() FROM events WHERE event = 'signed_up' GROUP BY timestamp "
            "ORDER BY timestamp"
        ),
        lambda raw: by(raw, lambda e: e.at.strftime("%Y-%m-%dT00:00:00Z"), "signed_up"),
    ),
    "by date": (
        "SELECT toDate(timestamp) AS day, count() AS n FROM events WHERE event = 'signed_up' GROUP BY day ORDER BY day",
        lambda raw: by(raw, lambda e: e.at.date().isoformat(), "signed_up"),
    ),
    "by week from Sunday": (
        "SELECT toStartOfWeek(timestamp), count() FROM events WHERE event = 'signed_up' GROUP BY 1 ORDER BY 1",
        lambda raw: by(
            raw, lambda e: (e.at - timedelta(days=e.at.isoweekday() % 7)).date().isoformat(), "signed_up"
        ),
    ),
    "by week from Monday": (
        "SELECT toStartOfWeek(timestamp, 1) AS w, count() FROM events WHERE event = 'signed_up' GROUP BY w ORDER BY w",
        lambda raw: by(raw, lambda e: (e.at - timedelta(days=e.at.weekday())).date().isoformat(), "signed_up"),
    ),
    "by month": (
        "SELECT formatDateTime(timestamp, '%Y-%m 00:%i') AS m, count() FROM events WHERE event = 'signed_up' GROUP BY m ORDER BY m LIMIT 999",
        lambda raw: by(raw, lambda e: e.at.strftime("%Y-%m 00:%M"), "signed_up"),
    ),
    "by a property": (
        "SELECT properties.method, count() FROM events WHERE event = 'signed_up' GROUP BY properties.method ORDER BY 1",
        lambda raw: by(raw, lambda e: e.get("method"), "signed_up"),
    ),
    "two orders": (
        "SELECT event, count() AS n FROM events GROUP BY event ORDER BY n DESC, event LIMIT 3 OFFSET 1",
        lambda raw: [list(pair) for pair in counted(raw, lambda e: e.event).most_common(4)[1:]],
    ),
    "the latest": (
        (
            "SELECT person_id, argMax(event, timestamp) AS e FROM events WHERE event IN ('signed_up', 'checkout_started') "
            "GROUP BY person_id ORDER BY person_id LIMIT 5"
        ),
        lambda raw: [
            [person, last(found)]
            for person, found in sorted(
                grouped(named(raw, "signed_up", "checkout_started"), lambda e: e.person).items()
            )[:5]
        ],
    ),
    "lists": (
        (
            "SELECT person_id, arraySort(groupUniqArray(properties.species)) AS s, length(s), has(s, 'Orchid') FROM events "
            "WHERE event = 'plant_added' GROUP BY person_id ORDER BY person_id LIMIT 5"
        ),
        lambda raw: [
            [person, (species := sorted({e.get("species") for e in found})), len(species), "Orchid" in species]
            for person, found in sorted(grouped(named(raw, "plant_added"), lambda e: e.person).items())[:5]
        ],
    ),
    "a list of lists unrolled": (
        "SELECT arrayJoin(['a', 'b']) AS letter ORDER BY letter",
        lambda _: [["a"], ["b"]],
    ),
    "windows": (
        (
            "SELECT event, n, row_number() OVER (ORDER BY n DESC), sum(n) OVER (ORDER BY n DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), "
            "lagInFrame(n) OVER (ORDER BY n DESC) FROM (SELECT event, count() AS n FROM events GROUP BY event) ORDER BY n DESC LIMIT 2"
        ),
        lambda raw: [
            [(top := counted(raw, lambda e: e.event).most_common(2))[0][0], top[0][1], 1, top[0][1], None],
            [top[1][0], top[1][1], 2, top[0][1] + top[1][1], top[0][1]],
        ],
    ),
    "texts": (
        (
            "SELECT concat('a', 'b', 1), lower('AB'), upper('ab'), substring('abcd', 2, 2), position('abc', 'c'), "
            "replaceAll('a-a', 'a', 'b'), extract('v12', 'v(\\\\d+)'), splitByChar('/', 'a/b')[2], domain('https://a.example:80/x?y'), "
            "path('https://a.example/x?y'), toString(1), trim(' a '), 'a' || 'b', startsWith('abc', 'ab')"
        ),
        lambda _: [["ab1", "ab", "AB", "bc", 3, "b-b", "12", "b", "a.example", "/x", "1", "a", "ab", True]],
    ),
    "times": (
        (
            "SELECT now(), today(), yesterday(), toDateTime('2026-01-02 03:04:05'), toDate('2026-01-02'), dateAdd(day, 1, today()), "
            "toStartOfMonth(now()), toStartOfInterval(now(), INTERVAL 6 HOUR), toUnixTimestamp(toDateTime('1970-01-02')), "
            "dateDiff('month', toDate('2026-01-31'), toDate('2026-03-01')), toMonday(now()), addMonths(toDateTime('2026-01-31'), 1)"
        ),
        lambda _: [
            ["2026-03-10T15:30:00Z", "2026-03-10", "2026-03-09", "2026-01-02T03:04:05Z", "2026-01-02", "2026-03-11T00:00:00Z",
             "2026-03-01", "2026-03-10T12:00:00Z", 86400, 2, "2026-03-09", "2026-02-28T00:00:00Z"]
        ],
    ),
    "nothing": (
        "SELECT ifNull(NULL, 3), coalesce(NULL, 'a'), nullIf('a', 'a'), isNull(NULL), toIntOrZero('x'), toFloat('x')",
        lambda _: [[3, "a", None, True, 0, None]],
    ),
    "one type as another": (
        ("SELECT toDateTime(86400), toFloat(toDateTime('1970-01-02')), if('true', 1, 2), if(3, 1, 2), NOT 0, -toInt('3'), [1, 2][-1], "
        "sum(true), toDate('2026-01-31') + 1, toDateTime('2026-01-31') + 60, CASE 2 WHEN 1 THEN 'a' WHEN 2 THEN 'b' END"),
        lambda _: [
            ["1970-01-02T00:00:00Z", 86400.0, 1, 1, True, -3, 2, 1, "2026-02-01", "2026-01-31T00:01:00Z", "b"],
        ],
    ),
    "columns that are left out": (
        (
            "SELECT * EXCEPT (properties, uuid, timestamp, created_at, distinct_id, person_id, $session_id) FROM events "
            "WHERE event = 'signed_up' LIMIT 1"
        ),
        lambda _: [["signed_up"]],
    ),
    "distinct": (
        "SELECT DISTINCT properties.plan FROM events WHERE event = 'checkout_started' ORDER BY 1",
        lambda _: [["plus_monthly"], ["plus_yearly"]],
    ),
    "quotes stay texts": ("SELECT 'it''s', 'a\\\\b', '--', '/*', \"e\".event = '' FROM events AS \"e\" LIMIT 1", lambda _: [["it's", "a\\b", "--", "/*", False]]),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SEVERAL.values(), ids=SEVERAL)
def test_rows(engine: Engine, raw: Raw, text: str, expected: Expected) -> None:
    assert rows(engine, text) == expected(raw)


NAMES = {
    "SELECT count() FROM events": ["count()"],
    "SELECT event, count() AS n FROM events GROUP BY event": ["event", "n"],
    "SELECT properties.$browser, e.person.properties.email, e.timestamp FROM events e": [
        "$browser",
        "email",
        "timestamp",
    ],
    "SELECT * FROM person_distinct_ids": ["distinct_id", "person_id"],
}


@pytest.mark.parametrize(("text", "expected"), NAMES.items())
def test_names_of_columns(engine: Engine, text: str, expected: list[str]) -> None:
    assert engine.query({"kind": "HogQLQuery", "query": text})["columns"] == expected


def test_types_are_said(engine: Engine) -> None:
    found = engine.query(
        {"kind": "HogQLQuery", "query": "SELECT event, timestamp AS t, 1.5 AS n, [1] AS l FROM events"}
    )
    assert found["types"] == [
        ["event", "String"],
        ["t", "DateTime64(6, 'UTC')"],
        ["n", "Float64"],
        ["l", "Array(Int32)"],
    ]


PAGES = [
    ("SELECT event FROM events", 100, True, 100),
    ("SELECT event FROM events LIMIT 7", 7, True, 7),
    ("SELECT 1 FROM events CROSS JOIN (SELECT 1 UNION ALL SELECT 2) AS twice LIMIT 1000000", 50_000, True, 50_000),
    ("SELECT 1 UNION ALL SELECT 2", 2, False, 100),
    ("(SELECT 1 UNION ALL SELECT 2) LIMIT 1", 1, True, 1),
    ("SELECT 1 LIMIT 1", 1, False, 1),
    ("SELECT event FROM (SELECT event FROM events LIMIT 3)", 3, False, 100),
]


@pytest.mark.parametrize(("text", "number", "more", "limit"), PAGES)
def test_limits(engine: Engine, text: str, number: int, more: bool, limit: int) -> None:
    found = engine.query({"kind": "HogQLQuery", "query": text})
    assert (len(found["results"]), found["hasMore"], found["limit"]) == (number, more, limit)


def test_another_project_has_no_events(engine: Engine) -> None:
    found = engine.query({"kind": "HogQLQuery", "query": "SELECT count() FROM events"}, project_id=2)
    assert found["results"] == [[0]]


def test_the_placeholder_can_hold_dates(engine: Engine, raw: Raw) -> None:
    filters = {
        "dateRange": {"date_from": "-1d"},
        "properties": [{"key": "$os", "value": "iOS", "operator": "exact", "type": "event"}],
    }
    found = rows(engine, "SELECT count() FROM events WHERE {filters} AND event = '$pageview'", filters=filters)
    assert found == [[len(where(since(named(raw, "$pageview"), 1), lambda e: e.get("$os") == "iOS"))]]
    assert TODAY < NOW
