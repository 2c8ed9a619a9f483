"""Queries by their kind: each a function from PostHog's query to the body of its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from posthog_wizard.sandbox.queries import (
    error_tracking_query,
    events_query,
    experiment_query,
    funnels_query,
    hogql_query,
    lifecycle_query,
    paths_query,
    retention_query,
    stickiness_query,
    trends_query,
)
from posthog_wizard.sandbox.reader import Answer, Query, QueryRejected, Reader

_FILTERS = tuple(
    f"{name}Filter"
    for name in ("trends", "funnels", "retention", "breakdown", "compare", "paths", "stickiness", "lifecycle")
)
_NESTED = (*_FILTERS, "filters", "metric", "parameters", "feature_flag", "multivariate", "exposure_criteria", "exposure_config",
          "targetEntity", "returningEntity", "funnelPathsFilter", "stickinessCriteria")  # fmt: skip
_OBJECTS = (*_NESTED, "dateRange")
_OBJECT_LISTS = ("series", "breakdowns", "formulaNodes", "feature_flag_variants", "variants")
_LISTS = (*_OBJECT_LISTS, "select", "where", "formulas", "includeEventTypes", "excludeEvents")
_TEXTS = ("query", "event", "kind", "interval", "issueId", "status", "orderDirection", "searchQuery", "period", "retentionType", "display",
         "funnelWindowIntervalUnit", "funnelOrderType", "funnelVizType", "breakdownAttributionType", "metric_type", "operator",
         "funnel_order_type", "startPoint", "endPoint", "computedAs", "conversion_window_unit", "goal", "multiple_variant_handling")  # fmt: skip
_NODES = ("InsightVizNode", "DataVisualizationNode", "DataTableNode")
_KINDS: dict[str, Callable[[Query, Reader], Answer]] = {
    "HogQLQuery": hogql_query.answer,
    "TrendsQuery": trends_query.answer,
    "FunnelsQuery": funnels_query.answer,
    "RetentionQuery": retention_query.answer,
    "PathsQuery": paths_query.answer,
    "LifecycleQuery": lifecycle_query.answer,
    "StickinessQuery": stickiness_query.answer,
    "EventsQuery": events_query.answer,
    "ErrorTrackingQuery": error_tracking_query.answer,
    "ExperimentQuery": experiment_query.answer,
    "ExperimentExposureQuery": experiment_query.exposures,
}


def answered(query: Query, reader: Reader) -> Answer:
    """The answer to a query of any kind, without the node around it. Raises QueryRejected."""
    _check_shapes(query)
    _check_shapes(reader.experiment or {})
    kind = query.get("kind")
    if kind in _NODES:
        source = query.get("source")
        if not isinstance(source, Mapping) or source.get("kind") in _NODES:
            raise QueryRejected(f"A {kind} needs a `source` that is a query.", "source")
        return answered(source, reader)
    if kind not in _KINDS:
        raise QueryRejected(
            f"The sandbox does not answer queries of the kind {kind!r}, only {', '.join(_KINDS)}.", "kind"
        )
    if query.get("aggregation_group_type_index") is not None:
        raise QueryRejected("There are no groups here to count.", "aggregation_group_type_index")
    return _KINDS[str(kind)](query, reader)


def _check_shapes(query: Query) -> None:
    """Raise QueryRejected for a field of the wrong type, in the query or one level below."""
    for names, kind, said in ((_OBJECTS, Mapping, "an object"), (_LISTS, list, "a list"), (_TEXTS, str, "a text")):
        for name in names:
            if query.get(name) is not None and not isinstance(query[name], kind):
                raise QueryRejected(f"`{name}` is {said}.", name)
    for name in _OBJECT_LISTS:
        if not all(isinstance(one, Mapping) for one in query.get(name) or []):
            raise QueryRejected(f"Each of `{name}` is an object.", name)
    for name in _NESTED:
        if query.get(name):
            _check_shapes(query[name])
