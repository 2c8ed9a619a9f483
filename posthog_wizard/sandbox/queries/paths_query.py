"""PathsQuery: where people go from where. See https://posthog.com/docs/product-analytics/paths."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby, pairwise

from posthog_wizard.sandbox.hogql.terms import as_text, sql_text
from posthog_wizard.sandbox.queries import dates
from posthog_wizard.sandbox.queries.series import Events, both
from posthog_wizard.sandbox.reader import Answer, Query, QueryRejected, Reader, whole_number

_PAUSE = 30 * 60 * 1000  # milliseconds, after which a new path begins
_TYPES = {
    "$pageview": "e.event = '$pageview'",
    "$screen": "e.event = '$screen'",
    "custom_event": "NOT starts_with(e.event, '$')",
}
_Step = tuple[int, str]  # moment in milliseconds, and page or event


def answer(query: Query, reader: Reader) -> Answer:
    """Edges from `1_/start` to `2_/next`, the commonest first. Raises QueryRejected."""
    shown = query.get("pathsFilter") or {}
    if shown.get("startPoint") and shown.get("endPoint"):
        raise QueryRejected(
            "The sandbox knows paths with a `startPoint` or an `endPoint`, not with both.", "pathsFilter"
        )
    most = whole_number(shown, "stepLimit", 5, least=2, most=20)
    times: dict[tuple[str, str], list[int]] = defaultdict(list)
    for steps in _walked(query, shown, reader):
        for path in _paths(steps, shown, most):
            named = [(at, f"{number}_{item}") for number, (at, item) in enumerate(path, 1)]
            for (left, source), (reached, target) in pairwise(named):
                times[source, target].append(reached - left)
    least, largest = (whole_number(shown, f"{name}EdgeWeight", usual) for name, usual in (("min", 0), ("max", 10**9)))
    edges = [
        {"source": source, "target": target, "value": len(took), "average_conversion_time": sum(took) / len(took)}
        for (source, target), took in sorted(times.items(), key=lambda edge: (-len(edge[1]), edge[0]))
        if least <= len(took) <= largest
    ]
    return {"results": edges[: whole_number(shown, "edgeLimit", 50, least=1)]}


def _walked(query: Query, shown: Query, reader: Reader) -> Iterator[list[_Step]]:
    events = Events.of(reader)
    url, screen = (as_text(events.prop(name)).sql for name in ("$current_url", "$screen_name"))
    item = (
        f"coalesce(CASE e.event WHEN '$pageview' THEN regexp_replace({url}, '(.)/$', '\\1') WHEN '$screen' THEN {screen} "
        "ELSE e.event END, '')"
    )
    kinds = shown.get("includeEventTypes") or []
    if unknown := [kind for kind in kinds if str(kind) not in _TYPES]:
        raise QueryRejected(f"The sandbox knows paths of {', '.join(_TYPES)}, not {unknown[0]!r}.", "includeEventTypes")
    included = " OR ".join(_TYPES[kind] for kind in kinds) or "true"
    excluded = [f"{item} <> {sql_text(str(one))}" for one in shown.get("excludeEvents") or []]
    range_ = dates.date_range(query, reader.now).condition("e.timestamp")
    found = reader.run(
        f"SELECT list(epoch_ms(e.timestamp) ORDER BY e.timestamp, e.uuid), list({item} ORDER BY e.timestamp, e.uuid) "
        f"FROM events AS e WHERE {both([range_, events.conditions(query), included, *excluded])} GROUP BY e.person_id"
    ).rows
    return (list(zip(moments, items, strict=True)) for moments, items in found)


def _paths(steps: list[_Step], shown: Query, most: int) -> Iterator[list[_Step]]:
    """The steps cut where somebody paused, without repetitions, from the start or up to the end that is asked for."""
    pauses = [
        0,
        *(place for place in range(1, len(steps)) if steps[place][0] - steps[place - 1][0] >= _PAUSE),
        len(steps),
    ]
    for start, end in pairwise(pauses):
        path = [next(same) for _, same in groupby(steps[start:end], key=lambda step: step[1])]
        items = [item for _, item in path]
        if shown.get("startPoint") is not None:
            path = path[items.index(shown["startPoint"]) :] if shown["startPoint"] in items else []
        if shown.get("endPoint") is not None:
            path = path[: items.index(shown["endPoint"]) + 1][-most:] if shown["endPoint"] in items else []
        yield path[:most]
