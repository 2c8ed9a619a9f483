"""ErrorTrackingQuery: issues, with how often and to how many they happened. See https://posthog.com/docs/error-tracking."""

import json
from datetime import datetime, timedelta

from posthog_wizard.sandbox.queries import dates
from posthog_wizard.sandbox.queries.series import Events, both
from posthog_wizard.sandbox.reader import Answer, Query, QueryRejected, Reader, moment_text, whole_number
from posthog_wizard.sandbox.sample import catalog

_ORDERS = ("occurrences", "first_seen", "last_seen", "users", "sessions")
_STATUSES = ("active", "resolved", "suppressed", "archived", "pending_release", "all")
_ISSUES = {issue.id: issue for issue in catalog.ISSUES}


def answer(query: Query, reader: Reader) -> Answer:
    """The issues with events in the time that is asked about. Raises QueryRejected."""
    status, order = query.get("status") or "all", query.get("orderBy") or "last_seen"
    if status not in _STATUSES or order not in _ORDERS:
        raise QueryRejected(
            f"`status` is one of {', '.join(_STATUSES)}, and `orderBy` one of {', '.join(_ORDERS)}.", "orderBy"
        )
    found = [_issue(row) for row in _counted(query, reader)]
    words = str(query.get("searchQuery") or "").lower().split()
    kept = [
        issue
        for issue in found
        if status in {"all", issue["status"]}
        and query.get("issueId") in {None, issue["id"]}
        and all(word in f"{issue['name']} {issue['description']}".lower() for word in words)
    ]
    down = str(query.get("orderDirection") or "DESC").upper() == "DESC"
    kept.sort(key=lambda issue: (issue.get(str(order)) or issue["aggregations"].get(order), issue["id"]), reverse=down)
    offset, limit = whole_number(query, "offset", 0), whole_number(query, "limit", 25, least=1)
    shown = [_detailed(issue, query, reader) for issue in kept[offset : offset + limit]]
    return {"results": shown, "hasMore": len(kept) > offset + limit, "limit": limit, "offset": offset, "columns": []}


def _counted(query: Query, reader: Reader) -> list[Answer]:
    events = Events.of(reader)
    issue = events.prop("$exception_issue_id").sql
    in_range = dates.date_range(query, reader.now).condition("e.timestamp")
    asked = both(["e.event = '$exception'", events.conditions(query), events.properties(query.get("filterGroup"))])
    return reader.run(
        f"SELECT {issue} AS id, min(e.timestamp) AS first_seen, max(e.timestamp) FILTER (WHERE {in_range}) AS last_seen, "
        f"count(*) FILTER (WHERE {in_range}) AS occurrences, count(DISTINCT e.person_id) FILTER (WHERE {in_range}) AS users, "
        f"count(DISTINCT e.session_id) FILTER (WHERE {in_range}) AS sessions "
        f"FROM events AS e WHERE {asked} GROUP BY id HAVING occurrences > 0 ORDER BY id"
    ).records()


def _issue(row: Query) -> Answer:
    issue = _ISSUES[row["id"]]
    file, function, line = issue.frames[-1]
    return {
        "id": issue.id,
        "name": issue.type,
        "description": issue.value,
        "status": issue.status,
        "severity": "error",
        "assignee": None,
        "library": issue.library,
        "source": file,
        "function": function,
        "line": line,
        "first_seen": row["first_seen"],
        "last_seen": row["last_seen"],
        "aggregations": {name: row[name] for name in ("occurrences", "users", "sessions")},
    }


def _detailed(issue: Answer, query: Query, reader: Reader) -> Answer:
    """With buckets of the volume where they are asked for, and the first and last event where they are."""
    more: Answer = {}
    if resolution := whole_number(query, "volumeResolution", 0, most=dates.MOST_BUCKETS):
        range_ = dates.date_range(query, reader.now)
        width = max((range_.end - range_.start) / resolution, timedelta(microseconds=1))
        found = reader.run(f"SELECT e.timestamp FROM {_of(issue['id'], reader)} AND {range_.condition('e.timestamp')}")
        counts = [0] * resolution
        for (at,) in found.rows:
            counts[min(resolution - 1, int((datetime.fromisoformat(at[:-1]) - range_.start) / width))] += 1
        volume = [{"label": moment_text(range_.start + place * width), "value": n} for place, n in enumerate(counts)]
        more["aggregations"] = issue["aggregations"] | {"volume_buckets": volume}
    if query.get("withFirstEvent"):
        more["first_event"] = _event(issue["id"], reader, "ASC")
    if query.get("withLastEvent", bool(query.get("issueId"))):
        more["last_event"] = _event(issue["id"], reader, "DESC")
    return issue | more


def _event(issue_id: str, reader: Reader, direction: str) -> Answer:
    found = reader.run(
        f"SELECT e.uuid, e.timestamp, e.distinct_id, e.properties FROM {_of(issue_id, reader)} ORDER BY e.timestamp {direction} LIMIT 1"
    ).records()[0]
    return found | {"properties": json.loads(found["properties"])}


def _of(issue_id: str, reader: Reader) -> str:
    issue = Events.of(reader).properties([{"key": "$exception_issue_id", "value": issue_id}])
    return f"events AS e WHERE e.event = '$exception' AND {issue}"
