-- The tables of the sandbox. Times are moved by whole days, so that the newest day is today; what is still to come today
-- is not there yet. Variables: now, shift (days), project (that is asked about), home (that has the events).
CREATE TABLE everybody AS SELECT person_id, any_value(person_properties) AS person_properties, any_value(first_seen) AS first_seen
  FROM everything GROUP BY person_id ORDER BY first_seen;
CREATE VIEW events AS SELECT * REPLACE (timestamp + to_days(getvariable('shift')) AS timestamp,
    first_seen + to_days(getvariable('shift')) AS first_seen)
  FROM everything WHERE timestamp + to_days(getvariable('shift')) <= getvariable('now') AND getvariable('project') = getvariable('home');
CREATE VIEW persons AS SELECT person_id AS id, person_properties AS properties, first_seen + to_days(getvariable('shift')) AS created_at
  FROM everybody WHERE first_seen + to_days(getvariable('shift')) <= getvariable('now') AND getvariable('project') = getvariable('home');
CREATE VIEW person_distinct_ids AS SELECT DISTINCT distinct_id, person_id FROM events;
CREATE VIEW groups AS SELECT 0 AS index, '' AS key, '{}' AS properties, TIMESTAMP '2026-01-01' AS created_at WHERE false;
CREATE VIEW sessions AS SELECT session_id, any_value(distinct_id) AS distinct_id, min(timestamp) AS start_timestamp,
    max(timestamp) AS end_timestamp, date_diff('second', min(timestamp), max(timestamp)) AS duration,
    count(*) FILTER (WHERE event = '$pageview') AS pageviews, count(*) FILTER (WHERE event = '$autocapture') AS clicks,
    arg_min(json_extract_string(properties, '$."$current_url"'), timestamp) AS entry_url,
    arg_min(json_extract_string(properties, '$."$pathname"'), timestamp) AS entry_path
  FROM events GROUP BY session_id;
