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
    shapes,
    stickiness_query,
    trends_query,
)
from posthog_wizard.sandbox.reader import Answer, Query, QueryRejected, Reader

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
    shapes.check_shapes(query)
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
