"""Queries by their kind: each a function from PostHog's query to the body of its answer."""

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
          "targetEntity", "returningEntity", "funnelPathsFilter", "stickinessCriteria", "dateRange")  # fmt: skip
_OBJECT_LISTS = ("series", "breakdowns", "formulaNodes", "feature_flag_variants", "variants")
_LISTS = (*_OBJECT_LISTS, "select", "where", "formulas", "includeEventTypes", "excludeEvents")
_TEXTS = ("query", "event", "kind", "interval", "issueId", "status", "orderDirection", "searchQuery", "period", "retentionType", "display",
         "funnelWindowIntervalUnit", "funnelOrderType", "funnelVizType", "breakdownAttributionType", "metric_type", "operator",
         "funnel_order_type", "startPoint", "endPoint", "computedAs", "conversion_window_unit", "goal", "multiple_variant_handling")  # fmt: skip
# What would change the numbers, wherever in a query it stands, and is not played; as below it asks for nothing.
_UNPLAYED = ("conversionGoal", "compare_to", "smoothingIntervals", "math_multiplier", "math_property_revenue_currency", "explicitDate",
             "breakdown_histogram_bin_count", "breakdown_normalize_url", "histogram_bin_count", "normalize_url", "exclusions",
             "funnelAggregateByHogQL", "funnelFromStep", "funnelToStep", "optionalInFunnel", "minimumOccurrences", "cumulative",
             "timeWindowMode", "aggregationProperty", "retentionCustomBrackets", "intervalCount", "funnelPathsFilter", "pathGroupings",
             "localPathCleaningFilters", "pathReplacements", "pathsHogQLExpression", "pathDropoffKey", "pathStartKey", "pathEndKey",
             "assignee", "personId", "ignore_zeros", "lower_bound_percentile", "upper_bound_percentile")  # fmt: skip
_USUAL: tuple[object, ...] = (None, False, "", [], {}, "person_id", "strict_calendar_dates")
_OF_KINDS = {"breakdownFilter": ("TrendsQuery", "FunnelsQuery"), "compareFilter": ("TrendsQuery", "StickinessQuery")}
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
    for name, kinds in _OF_KINDS.items():
        if kind not in kinds and any(
            (query.get(name) or {}).get(one) for one in ("breakdown", "breakdowns", "compare")
        ):
            raise QueryRejected(f"The sandbox does not know the `{name}` of a {kind}.", name)
    return _KINDS[str(kind)](query, reader)


def _check_shapes(query: Query) -> None:
    """Raise QueryRejected for a field of the wrong type, or one that is not played, in the query and what is in it."""
    for name in _UNPLAYED:
        if (value := query.get(name)) not in _USUAL and (value != 1 or value is True):
            raise QueryRejected(f"The sandbox does not know `{name}`.", name)
    for names, kind, said in ((_NESTED, Mapping, "an object"), (_LISTS, list, "a list"), (_TEXTS, str, "a text")):
        for name in names:
            if query.get(name) is not None and not isinstance(query[name], kind):
                raise QueryRejected(f"`{name}` is {said}.", name)
    for name in _OBJECT_LISTS:
        if not all(isinstance(one, Mapping) for one in query.get(name) or []):
            raise QueryRejected(f"Each of `{name}` is an object.", name)
    listed = [one for name in _OBJECT_LISTS for one in query.get(name) or []]
    for part in (*filter(None, map(query.get, _NESTED)), *filter(None, listed)):
        _check_shapes(part)
