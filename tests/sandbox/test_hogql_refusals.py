"""What the sandbox does not run, and what it says then: the issue's list, and every way out that we could think of."""

from __future__ import annotations

import pytest

from posthog_wizard.sandbox.engine import Engine, EngineLimits
from posthog_wizard.sandbox.reader import QueryRejected
from tests.support.leafline import NOW


def refusal(engine: Engine, text: str) -> str:
    with pytest.raises(QueryRejected) as caught:
        engine.query({"kind": "HogQLQuery", "query": text})
    return caught.value.detail


FILES = [
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM read_csv_auto('/etc/passwd')",
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM read_blob('/etc/passwd')",
    "SELECT * FROM read_parquet('x.parquet')",
    "SELECT * FROM read_json('x.json')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM sniff_csv('/etc/passwd')",
    "SELECT * FROM parquet_scan('x')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT * FROM 'events.csv'",
    'SELECT * FROM "/etc/passwd"',
    "SELECT * FROM `/etc/passwd`",
    "SELECT * FROM 'https://example.com/x.csv'",
    'SELECT * FROM "https://example.com/x.csv"',
    "SELECT * FROM file('/etc/passwd')",
    "SELECT * FROM url('https://example.com', CSV, 'a String')",
    "SELECT * FROM s3('https://example.com')",
    "SELECT * FROM remote('localhost', db.t)",
    "SELECT * FROM executable('x.sh', CSV, 'a String')",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM query_table('events')",
    "SELECT * FROM events, read_text('/etc/passwd')",
    "SELECT * FROM events JOIN '/etc/passwd' ON true",
    "SELECT * FROM (SELECT * FROM '/etc/passwd')",
    "SELECT * FROM events WHERE event IN (SELECT content FROM read_text('/etc/passwd'))",
    "WITH a AS (SELECT * FROM '/etc/passwd') SELECT * FROM a",
    "WITH a AS (SELECT 1) SELECT * FROM read_text('/etc/passwd')",
    "SELECT 1 UNION ALL SELECT * FROM '/etc/passwd'",
    "SELECT (SELECT content FROM read_text('/etc/passwd'))",
    "SELECT read_text('/etc/passwd')",
    "SELECT * FROM events INTO OUTFILE '/tmp/x'",
    "SELECT * FROM events FORMAT CSV",
    "COPY events TO '/tmp/x.csv'",
    "COPY (SELECT 1) TO '/tmp/x.csv'",
    "EXPORT DATABASE '/tmp/x'",
    "IMPORT DATABASE '/tmp/x'",
]
STATEMENTS = [
    "VALUES ()",
    "ATTACH '/tmp/x.db'",
    "ATTACH '/tmp/x.db' AS x",
    "DETACH x",
    "USE x",
    "INSTALL httpfs",
    "LOAD httpfs",
    "FORCE INSTALL httpfs FROM 'https://example.com'",
    "PRAGMA database_list",
    "PRAGMA memory_limit='100GB'",
    "SET threads = 100",
    "SET VARIABLE project = 2",
    "RESET threads",
    "CALL pragma_version()",
    "CHECKPOINT",
    "EXPLAIN SELECT 1",
    "DESCRIBE events",
    "SHOW TABLES",
    "SUMMARIZE events",
    "CREATE TABLE x (a Int64)",
    "CREATE MACRO x() AS 1",
    "CREATE VIEW x AS SELECT 1",
    "DROP TABLE everything",
    "ALTER TABLE everything ADD COLUMN x Int64",
    "INSERT INTO everything SELECT * FROM everything",
    "UPDATE everything SET event = 'x'",
    "DELETE FROM everything",
    "TRUNCATE TABLE everything",
    "BEGIN",
    "PREPARE x AS SELECT 1",
    "EXECUTE x",
    "VACUUM",
    "VALUES (1)",
    "TABLE events",
    "SELECT 1; SELECT 2",
    "SELECT 1; DROP TABLE everything",
    "SELECT 1;; COPY events TO 'x'",
    "SELECT 1 -- \n; DROP TABLE everything",
    "SELECT 1 /* ; */ ; DROP TABLE everything",
    "",
    ";",
    "-- only a comment",
    "not sql at all",
    "SELECT",
    "SELECT (",
    "SELECT 'never closed",
    "SELECT 1 FROM",
]
TABLES = [
    "SELECT * FROM information_schema.tables",
    "SELECT * FROM pg_catalog.pg_tables",
    "SELECT * FROM duckdb_settings",
    "SELECT * FROM duckdb_settings()",
    "SELECT * FROM duckdb_secrets()",
    "SELECT * FROM pragma_database_list",
    "SELECT * FROM sqlite_master",
    "SELECT * FROM system.tables",
    "SELECT * FROM memory.main.events",
    "SELECT * FROM main.events",
    "SELECT * FROM everything",
    "SELECT * FROM everybody",
    "SELECT * FROM EVENTS",
    'SELECT * FROM "events; DROP TABLE everything"',
    "SELECT * FROM numbers(10)",
    "SELECT * FROM range(10)",
    "SELECT * FROM generate_series(1, 10)",
    "SELECT * FROM unnest([1])",
    "SELECT * FROM events()",
    "SELECT * FROM events(1)",
    "SELECT * FROM events SAMPLE 0.1",
    "SELECT * FROM events FINAL",
    "SELECT * FROM events TABLESAMPLE (10 PERCENT)",
    "SELECT * FROM events PIVOT (count() FOR event IN ('a'))",
    "SELECT * FROM events AT (VERSION => 1)",
    "SELECT * FROM events ARRAY JOIN properties",
    "SELECT * FROM events LATERAL VIEW explode(x) t",
    "SELECT * FROM events ASOF JOIN persons ON events.person_id = persons.id",
    "SELECT * FROM events NATURAL JOIN persons",
    "SELECT * FROM events JOIN persons USING (id)",
    "SELECT * FROM events e JOIN LATERAL (SELECT 1) x ON true",
    "WITH RECURSIVE a AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM a) SELECT * FROM a",
    "WITH a AS (SELECT * FROM a) SELECT * FROM a",
    "WITH a AS (DELETE FROM everything) SELECT * FROM a",
    "SELECT * FROM {events}",
]
FUNCTIONS = [
    "SELECT getenv('HOME')",
    "SELECT GETENV('HOME')",
    "SELECT \"getenv\"('HOME')",
    "SELECT getvariable('now')",
    "SELECT current_setting('threads')",
    "SELECT version()",
    "SELECT current_user",
    "SELECT current_database()",
    "SELECT pg_sleep(10)",
    "SELECT sleep(3)",
    "SELECT system('id')",
    "SELECT file('/etc/passwd')",
    "SELECT query('x')",
    "SELECT nextval('x')",
    "SELECT repeat('x', 1000000000)",
    "SELECT lpad('x', 1000000000, 'x')",
    "SELECT range(1000000000)",
    "SELECT generate_series(1, 1000000000)",
    "SELECT write_log('x')",
    "SELECT json_execute_serialized_sql('x')",
    "SELECT json_serialize_sql('SELECT 1')",
    "SELECT from_json('x', '\"x\"')",
    "SELECT eval('1')",
    "SELECT prompt('x')",
    "SELECT dictGet('x', 'y', 1)",
    "SELECT joinGet('x', 'y', 1)",
    "SELECT main.getenv('HOME')",
    "SELECT system.main.getenv('HOME')",
    "SELECT arrayMap(x -> getenv(x), ['HOME'])",
    "SELECT arrayFilter(x -> x > 1, [1])",
    "SELECT x -> x + 1",
    "SELECT count() OVER w FROM events WINDOW w AS (PARTITION BY event)",
    "SELECT count() FILTER (WHERE getenv('x') = 'y') FROM events",
    "SELECT if(1, getenv('HOME'), 2)",
    "SELECT countIf(getenv('HOME') = 'x') FROM events",
    "SELECT sumIf(1)(2, 3) FROM events",
    "SELECT quantile('0.5); DROP TABLE everything; --')(properties.amount) FROM events",
    "SELECT quantile(getenv('x'))(properties.amount) FROM events",
    "SELECT 'a' COLLATE nocase",
    "SELECT CAST('x' AS BLOB)",
    "SELECT CAST('1' AS Enum('a' = 1))",
    "SELECT 1::HUGEINT",
    "SELECT now() - INTERVAL 1 CENTURY",
    "SELECT now() - INTERVAL 1 fortnight",
    "SELECT dateDiff(concat('d', 'ay'), now(), now())",
    "SELECT dateDiff('century', now(), now())",
    "SELECT date_trunc('day'')--', now())",
    "SELECT formatDateTime(now(), '%Z')",
    "SELECT formatDateTime(now(), event) FROM events",
    "SELECT count() FROM events SETTINGS max_threads = 100",
    "SELECT count() FROM events LIMIT 1 BY event",
    "SELECT event FROM events LIMIT event",
    "SELECT event FROM events LIMIT 1 + 1",
    "SELECT event FROM events LIMIT -1",
    "SELECT event FROM events LIMIT 5 PERCENT",
    "SELECT event FROM events LIMIT 5 WITH TIES",
    "SELECT event FROM events ORDER BY event WITH FILL",
    "SELECT count() FROM events GROUP BY event WITH ROLLUP",
    "SELECT count() FROM events GROUP BY GROUPING SETS ((event), ())",
    "SELECT DISTINCT ON (event) event FROM events",
    "SELECT COLUMNS('e.*') FROM events",
    "SELECT * REPLACE (1 AS event) FROM events",
    "SELECT * APPLY(getenv) FROM events",
    "SELECT ? FROM events",
    "SELECT $1 FROM events",
    "SELECT :x FROM events",
    "SELECT @x FROM events",
    "SELECT @@version FROM events",
    "SELECT {x} FROM events",
    "SELECT {x: String} FROM events",
    "SELECT $$x$$",
    "SELECT X'41'",
    'SELECT properties.`a"b` FROM events',
    "SELECT properties.`a\\\\b` FROM events",
    "SELECT properties.$exception_list[0] FROM events",
    "SELECT 'a\x00b'",
    "SELECT 1e9999",
]
NONSENSE = [
    "SELECT nothing FROM events",
    "SELECT count() FROM persons WHERE {filters}",
    "SELECT events.nothing FROM events",
    "SELECT e.event FROM events",
    "SELECT event.x FROM events",
    "SELECT id FROM events",
    "SELECT event FROM events ORDER BY nothing",
    "SELECT event FROM events ORDER BY 1e3",
    f"SELECT properties[{'9' * 5000}] FROM events",
    f"SELECT event FROM events LIMIT {'9' * 5000}",
    f"SELECT event FROM events ORDER BY {'9' * 5000}",
    "SELECT lag(event, 1, 'x', 'y') OVER (ORDER BY timestamp) FROM events",
    "SELECT * FROM nothing",
    "SELECT *",
    "SELECT a.* FROM events e",
    "SELECT nosuch(1)",
    "SELECT uniq() FROM events",
    "SELECT toStartOfDay()",
    "SELECT toStartOfDay(now(), 1, 2, 3)",
    "SELECT sum(1, 2, 3) FROM events",
    "SELECT countIf() FROM events",
    "SELECT quantile(0.1, 0.2)(properties.amount) FROM events",
    "SELECT multiIf(1, 2, 3, 4)",
    "SELECT dateAdd(now(), 1)",
    "SELECT toStartOfInterval(now(), 1)",
    "SELECT event FROM events WHERE count() > 1",
    "SELECT id FROM persons a JOIN persons b ON a.id = b.id",
    "SELECT 1 IS 2",
    "SELECT 1 IN ()",
    "SELECT sum(n) OVER (ORDER BY n ROWS BETWEEN x PRECEDING AND CURRENT ROW) FROM (SELECT 1 AS n)",
    "SELECT sum(n) OVER (ORDER BY n GROUPS 1 PRECEDING) FROM (SELECT 1 AS n)",
    "SELECT replaceAll(event, 'a', event) FROM events",
    f"SELECT replaceAll(event, 'a', '{'x' * 65}') FROM events",
    "SELECT " + "(" * 100 + "1" + ")" * 100,
    "SELECT " + "NOT " * 3000 + "1",
    "SELECT " + "1 + " * 3000 + "1",
    "SELECT 1 " + "-- " + "x" * 20_000,
    "SELECT 'x' AS a0, " + ", ".join(f"concat(a{n}, a{n}) AS a{n + 1}" for n in range(40)),
    "WITH "
    + ", ".join(f"a{n + 1} AS (SELECT * FROM a{n} UNION ALL SELECT * FROM a{n})" for n in range(1, 30)).replace(
        "a2 AS", "a1 AS (SELECT 1 AS n), a2 AS", 1
    )
    + " SELECT count() FROM a30",
]


@pytest.mark.parametrize("text", [*FILES, *STATEMENTS, *TABLES, *FUNCTIONS, *NONSENSE])
def test_refused_with_a_reason(engine: Engine, text: str) -> None:
    assert len(refusal(engine, text)) in range(10, 2000)


SAID = {
    "SELECT event FROM events WHERE": "Syntax error at line 1, column 30: mismatched input '<EOF>'",
    "SELECT event FROM events WHERE AND event = 'a'": "Syntax error at line 1, column 46: no viable alternative at input ''a''",
    "SELECT event FROM": "Syntax error at line 1, column 17: mismatched input '<EOF>'",
    "SELECT * FROM read_csv('/etc/passwd')": "There are no table functions here: `read_csv('/etc/passwd')`.",
    "SELECT read_csv('/etc/passwd')": "The sandbox does not know the function `read_csv`. There are no files here; query `events` or `persons`.",
    "SELECT * FROM '/etc/passwd'": "Unknown table `/etc/passwd`: the sandbox has `events`, `persons`, `person_distinct_ids`, `groups`, `sessions`.",
    "SELECT plan FROM events": "Unknown field `plan`. Did you mean `properties.plan`?",
    "SELECT evnt FROM events": "Unknown field `evnt`. Did you mean `event`?",
    "SELECT count() AS total FROM events ORDER BY totl": "Unknown field `totl`. Did you mean `total`?",
    "SELECT session.$session_duration FROM events": "Unknown field `session.$session_duration`. Join them: JOIN sessions ON sessions.session_id = events.$session_id.",
    "SELECT count() FROM events WHERE $group_0 = 'x'": "Unknown field `$group_0`. Nobody belongs to a group in the sandbox.",
    "SELECT row_number() FROM events": "The sandbox does not know the function `row_number`. It needs OVER (ORDER BY …).",
    "SELECT properties.$survey_response_018f-7000-000b12 FROM events": "Unknown field `000b12`. A name with other characters than letters, digits, `_` and `$` stands in backticks: properties.`a-b`.",
    "SELECT issue_id FROM events": "Unknown field `issue_id`. An error's issue is `properties.$exception_issue_id`.",
    "SELECT toStartOfDays(now())": "The sandbox does not know the function `toStartOfDays`. Did you mean `toStartOfDay`?",
    "SELECT windowFunnel(1)(timestamp) FROM events": "The sandbox does not know the function `windowFunnel`. Use a FunnelsQuery.",
    "SELECT 1; SELECT 2": "One SELECT statement is expected, not 2 statements.",
    "DROP TABLE events": "Only SELECT is answered, not DROP.",
    "INSTALL httpfs": "Only SELECT is answered, not INSTALL.",
    "CALL pragma_version()": "Only SELECT is answered, not CALL.",
    "SELECT count() FROM events SAMPLE 0.1": "The sandbox does not understand SAMPLE `SAMPLE 0.1` here. Leave SAMPLE out: all rows are read.",
    "SELECT * FROM system.tables": "The sandbox does not understand DB `system` here. Tables have no database before their name.",
    "SELECT event FROM events WHERE {filter}": "There is no value for the placeholder `{filter}`.",
    "SELECT 1 LIMIT 2 BY 1": "The sandbox does not understand EXPRESSIONS `1` here. Instead of LIMIT … BY use row_number() OVER (PARTITION BY …) in a subquery.",
    "SELECT dateDiff('century', now(), now())": "`dateDiff`'s unit: `century` is no unit of time; there are second, minute, hour, day, week, month, quarter, year.",
    "SELECT $session_duration FROM sessions WHERE x = 1": "Unknown field `x`. There are `session_id`, `distinct_id`, `$start_timestamp`, `$end_timestamp`, `$session_duration`, `$pageview_count`, `$autocapture_count`, `$entry_current_url`, `$entry_pathname`.",
}  # fmt: skip


@pytest.mark.parametrize(("text", "said"), SAID.items())
def test_what_is_said(engine: Engine, text: str, said: str) -> None:
    assert refusal(engine, text) == said


DOORS = [
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "COPY everything TO '/tmp/leafline.csv'",
    "ATTACH '/tmp/leafline.db'",
    "INSTALL httpfs",
    "SET threads = 100",
    "SET enable_external_access = true",
    "SET lock_configuration = false",
    "SET memory_limit = '100GB'",
    "EXPORT DATABASE '/tmp/leafline'",
]


@pytest.mark.parametrize("statement", DOORS)
def test_behind_the_translation_the_database_is_locked_all_the_same(engine: Engine, statement: str) -> None:
    with pytest.raises(QueryRejected):
        engine.sql(statement)


GREEDY = [
    "SELECT count() FROM events a CROSS JOIN events b CROSS JOIN events c WHERE a.uuid != concat(b.uuid, c.uuid)",
    "SELECT groupArray(concat(a.properties, b.properties)) FROM events a CROSS JOIN events b",
    "SELECT uniq(concat(a.uuid, b.uuid)) FROM events a CROSS JOIN events b",
]


@pytest.mark.parametrize("text", GREEDY)
def test_what_takes_too_much_is_stopped(engine: Engine, text: str) -> None:
    narrow = Engine(engine.directory, now=lambda: NOW, limits=EngineLimits(seconds=0.5, memory="200MB"))
    try:
        assert refusal(narrow, text).startswith(("The query ran for more than 0.5", "The query needs more than 200MB"))
        assert narrow.query({"kind": "HogQLQuery", "query": "SELECT 1"})["results"] == [[1]]
    finally:
        narrow.close()
