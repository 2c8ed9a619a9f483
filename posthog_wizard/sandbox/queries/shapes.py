"""The shapes that the fields of a query must have, so that what reads them need not ask."""

from __future__ import annotations

from collections.abc import Mapping

from posthog_wizard.sandbox.reader import Query, QueryRejected

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
         "funnelWindowIntervalUnit", "funnelOrderType", "funnelVizType", "breakdownAttributionType", "metric_type",
         "funnel_order_type", "startPoint", "endPoint", "computedAs", "conversion_window_unit", "goal", "multiple_variant_handling")  # fmt: skip


def check_shapes(query: Query) -> None:
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
            check_shapes(query[name])


def whole_number(given: Query, name: str, otherwise: int, *, least: int = 0, most: int = 10**9) -> int:
    """A whole number of a query. Raises QueryRejected."""
    value = given.get(name)
    if value is None:
        return otherwise
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise QueryRejected(f"`{name}` is a whole number from {least} to {most}.", name)
    return value
