"""A cheat sheet of HogQL, PostHog's SQL on ClickHouse. Facts: https://posthog.com/docs/sql."""

CHEAT_SHEET = """# HogQL in one page

HogQL is PostHog's SQL. It runs on ClickHouse and sees only the project at hand. Run it with `query-run`:
`{"kind": "HogQLQuery", "query": "SELECT ..."}`. Without LIMIT the answer has 100 rows, with one at most 50,000.

## Tables

- `events`: `event`, `timestamp`, `distinct_id`, `person_id`, `properties`, `$session_id`, `uuid`
- `persons`: `id`, `created_at`, `properties`; from an event: `person.properties.email`
- `sessions`: `session_id`, `$start_timestamp`, `$session_duration`, `$entry_current_url`; from an event: `session.$session_duration`
  (in the sandbox: `JOIN sessions ON sessions.session_id = events.$session_id`)
- `groups`: `index`, `key`, `properties`; from an event: `$group_0` is the key of the first group type, `group_0.properties.name` one
  of its properties (not in the sandbox, where nobody belongs to a group)
- connected sources of the data warehouse, by their names

## Properties

`properties.plan`, `properties.$browser`, with other characters ``properties.`my prop` ``. A property has the type of its definition
(Numeric, Boolean, DateTime, String: `property-definitions` tells it), and is text where it has none; what an event lacks is null.
So a defined number can be summed as it is, any other by `toFloat(properties.amount)`; also `toInt(...)`, `toBool(...)`,
`properties.tags[1]`, `JSONExtractString(...)`.

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
SELECT properties.$exception_values AS messages, any(properties.$exception_types) AS types, count() AS times, uniq(person_id) AS people
FROM events WHERE event = '$exception' AND timestamp > now() - INTERVAL 7 DAY
GROUP BY messages ORDER BY people DESC LIMIT 20
```

## Mistakes

- One statement, read only; a `;` may end it, not part two. String literals in single quotes, double quotes are names.
- `FROM events` without a bound on `timestamp` is slow and may be refused.
- Internal users are in it: `AND {filters}` in the SQL, and `"filters": {"filterTestAccounts": true}` beside `query`, leave them out.
  Without `{filters}` in the SQL such filters do nothing.
- Pages by `LIMIT 100 OFFSET 100` need an `ORDER BY`.
"""
