"""A cheat sheet of HogQL, PostHog's SQL on ClickHouse. Facts: https://posthog.com/docs/sql."""

CHEAT_SHEET = """# HogQL in one page

HogQL is PostHog's SQL. It runs on ClickHouse and sees only the project at hand. Run it with `query-run`:
`{"kind": "HogQLQuery", "query": "SELECT ..."}`. Without LIMIT the answer has at most 100 rows.

## Tables

- `events`: `event`, `timestamp`, `distinct_id`, `person_id`, `properties`, `$session_id`, `uuid`
- `persons`: `id`, `created_at`, `properties`; from an event: `person.properties.email`
- `sessions`: `session_id`, `$start_timestamp`, `$session_duration`, `$entry_current_url`
- `groups`: `index`, `key`, `properties`; from an event: `$group_0`
- connected sources of the data warehouse, by their names

## Properties

`properties.plan`, `properties.$browser`, with other characters ``properties.`my prop` ``. They are text or null:
`toFloat(properties.amount)`, `toInt(...)`, `toBool(...)`, `properties.tags[1]`, `JSONExtractString(...)`.

## Time

- Always bound it: `timestamp > now() - INTERVAL 7 DAY`, `timestamp >= toDateTime('2026-01-01')`
- Buckets: `toStartOfHour`, `toStartOfDay`, `toStartOfWeek`, `toStartOfMonth(timestamp)`; `dateDiff('day', a, b)`

## Counting

- `count()`, `countIf(event = 'x')`, `uniq(person_id)`, `avg`, `sum`, `sumIf(a, c)`, `quantile(0.95)(x)`, `median(x)`
- `argMax(x, timestamp)` the latest x, `any(x)`, `groupArray(x)`, `coalesce(a, b)`, `if(c, a, b)`, `multiIf(...)`
- Matching: `event IN ('a', 'b')`, `ilike '%x%'`, `match(x, 'regex')`, `empty(x)`, `x IS NULL`

## Idioms

```sql
-- people a day
SELECT toStartOfDay(timestamp) AS day, uniq(person_id) AS people
FROM events WHERE event = '$pageview' AND timestamp > now() - INTERVAL 30 DAY
GROUP BY day ORDER BY day LIMIT 100

-- share of people who did B after A
SELECT countIf(b > a AND a > 0) / countIf(a > 0) FROM (
  SELECT person_id, minIf(toUnixTimestamp(timestamp), event = 'A') AS a, maxIf(toUnixTimestamp(timestamp), event = 'B') AS b
  FROM events WHERE event IN ('A', 'B') AND timestamp > now() - INTERVAL 30 DAY GROUP BY person_id
)

-- errors by message
SELECT properties.$exception_types AS types, count() AS times, uniq(person_id) AS people
FROM events WHERE event = '$exception' AND timestamp > now() - INTERVAL 1 DAY
GROUP BY types ORDER BY people DESC LIMIT 20
```

## Mistakes

- No `;`, one statement, read only. String literals in single quotes, double quotes are names.
- `FROM events` without a bound on `timestamp` is slow and may be refused.
- Internal users are in it: `AND {filters}` with `"filters": {"filterTestAccounts": true}` beside `query` leaves them out.
- Pages by `LIMIT 100 OFFSET 100` need an `ORDER BY`.
"""
