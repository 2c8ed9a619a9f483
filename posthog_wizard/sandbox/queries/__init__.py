"""Queries by their kind: each a function from PostHog's query to the body of its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from posthog_wizard.sandbox.queries import (
    error_tracking,
    events,
    experiments,
    funnels,
    hogql,
    retention,
    shapes,
    trends,
)
from posthog_wizard.sandbox.rejected import QueryRejected

if TYPE_CHECKING:
    from posthog_wizard.sandbox.engine import Reader

Query = Mapping[str, Any]
NODES = ("InsightVizNode", "DataVisualizationNode", "DataTableNode")
KINDS: dict[str, Callable[[Query, Reader], dict[str, Any]]] = {
    "HogQLQuery": hogql.answer,
    "TrendsQuery": trends.answer,
    "FunnelsQuery": funnels.answer,
    "RetentionQuery": retention.answer,
    "EventsQuery": events.answer,
    "ErrorTrackingQuery": error_tracking.answer,
    "ExperimentQuery": experiments.answer,
    "ExperimentExposureQuery": experiments.exposures,
}


def answered(query: Query, reader: Reader) -> dict[str, Any]:
    """The answer to a query of any kind, without the node around it. Raises QueryRejected."""
    shapes.check(query)
    kind = query.get("kind")
    if kind in NODES:
        source = query.get("source")
        if not isinstance(source, Mapping) or source.get("kind") in NODES:
            raise QueryRejected(f"A {kind} needs a `source` that is a query.", "source")
        return answered(source, reader)
    if kind not in KINDS:
        raise QueryRejected(
            f"The sandbox does not answer queries of the kind {kind!r}, only {', '.join(KINDS)}.", "kind"
        )
    return KINDS[str(kind)](query, reader)
