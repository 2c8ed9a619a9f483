"""What may stand within filters, queries, looks and conditions: checked, though too long for `tools/list`. Data and its check.

A misspelled name is not refused by PostHog everywhere: it drops or keeps it, and a flag without its `properties` is on for
everybody. Names: its OpenAPI schema and https://github.com/PostHog/posthog/tree/master/products/feature_flags/backend/api
"""

import difflib
import re
from collections.abc import Mapping
from typing import Any

from posthog_wizard.errors import WrongUsage

NAMES_URI = "posthog://wizard/nested-arguments"
_MATH = "math math_group_type_index math_hogql math_multiplier math_property math_property_revenue_currency math_property_type"
_NODE = (
    f"kind name custom_name response version optionalInFunnel properties:property fixedProperties:property {_MATH} …"
)
_QUERY = "kind dateRange:dateRange filterTestAccounts modifiers properties:property response samplingFactor tags version dataColorTheme …"
_GROUPS = "aggregation_group_type_index"
_SERIES = "interval series:series"
_SHOWN = "showLegend showValuesOnSeries"
_COLORS = "resultCustomizationBy resultCustomizations hiddenLegendIndexes showMultipleYAxes"
# `name:shape` where what is in it is described, too; … where PostHog adds names, and checks them itself or nothing depends on them.
_SHAPES: Mapping[str, str] = {
    "filters": f"groups:group multivariate:multivariate payloads {_GROUPS} feature_enrollment holdout early_exit super_groups "
    "holdout_groups",
    "group": f"properties:property rollout_percentage variant {_GROUPS} description sort_key users_affected exposure_frozen "
    "exposure_frozen_cohort",
    "multivariate": "variants:variant",
    "variant": "key name rollout_percentage description",
    "property": "key value type operator group_type_index negation label cohort_name group_key_names values:property",
    "series": f"event id {_NODE}",
    "EventsNode": f"event limit orderBy {_NODE}",
    "ActionsNode": f"id {_NODE}",
    "DataWarehouseNode": f"id id_field table_name timestamp_field distinct_id_field dw_source_type {_NODE}",
    "dateRange": "date_from date_to explicitDate",
    "breakdown": "breakdown breakdowns breakdown_type breakdown_limit breakdown_group_type_index breakdown_normalize_url "
    "breakdown_hide_other_aggregation breakdown_histogram_bin_count",
    "compare": "compare compare_to",
    "TrendsQuery": f"{_QUERY} {_GROUPS} {_SERIES} breakdownFilter:breakdown compareFilter:compare conversionGoal trendsFilter:trends",
    "trends": f"display formula formulas formulaNodes {_SHOWN} {_COLORS} aggregationAxisFormat aggregationAxisPostfix aggregationAxisPrefix "
    "confidenceLevel decimalPlaces minDecimalPlaces goalLines movingAverageIntervals showAlertThresholdLines showConfidenceIntervals "
    "showLabelsOnSeries showMovingAverage showPercentStackView showTrendLines smoothingIntervals yAxisScaleType "
    "detailedResultsAggregationType breakdown_histogram_bin_count …",
    "FunnelsQuery": f"{_QUERY} {_GROUPS} {_SERIES} breakdownFilter:breakdown funnelsFilter:funnels",
    "funnels": "funnelOrderType funnelVizType funnelWindowInterval funnelWindowIntervalUnit funnelFromStep funnelToStep layout "
    "funnelStepReference funnelAggregateByHogQL breakdownAttributionType breakdownAttributionValue exclusions binCount goalLines "
    "hiddenLegendBreakdowns resultCustomizations showValuesOnSeries useUdf …",
    "RetentionQuery": f"{_QUERY} {_GROUPS} breakdownFilter:breakdown retentionFilter:retention",
    "retention": "period totalIntervals targetEntity returningEntity retentionType retentionReference cumulative minimumOccurrences "
    "meanRetentionCalculation timeWindowMode display dashboardDisplay showTrendLines …",
    "PathsQuery": f"{_QUERY} {_GROUPS} pathsFilter:paths funnelPathsFilter",
    "paths": "includeEventTypes excludeEvents startPoint endPoint stepLimit edgeLimit minEdgeWeight maxEdgeWeight pathGroupings "
    "pathReplacements localPathCleaningFilters pathDropoffKey pathEndKey pathStartKey pathsHogQLExpression …",
    "LifecycleQuery": f"{_QUERY} {_GROUPS} {_SERIES} lifecycleFilter:lifecycle",
    "lifecycle": f"{_SHOWN} stacked toggledLifecycles …",
    "StickinessQuery": f"{_QUERY} {_SERIES} intervalCount compareFilter:compare stickinessFilter:stickiness",
    "stickiness": f"computedAs display stickinessCriteria {_SHOWN} {_COLORS} …",
    "HogQLQuery": "kind query values variables filters:sqlFilters name explain modifiers response tags version …",
    "sqlFilters": "dateRange:dateRange filterTestAccounts properties:property",
    "appearance": "backgroundColor submitButtonColor submitButtonText submitButtonTextColor textColor descriptionTextColor borderColor "
    "ratingButtonColor ratingButtonActiveColor ratingButtonHoverColor whiteLabel autoDisappear displayThankYouMessage "
    "thankYouMessageHeader thankYouMessageDescription thankYouMessageDescriptionContentType thankYouMessageCloseButtonText position "
    "tabPosition placeholder shuffleQuestions surveyPopupDelaySeconds widgetType widgetSelector widgetLabel widgetColor fontFamily "
    "maxWidth zIndex disabledButtonOpacity boxPadding boxShadow borderRadius inputBackground inputTextColor textSubtleColor …",
    "conditions": "url urlMatchType selector seenSurveyWaitPeriodInDays deviceTypes deviceTypesMatchType linkedFlagVariant events actions "
    "cancelEvents …",
}  # fmt: skip
_OPEN = "…"
_NEAR = 0.75  # how alike two names are that one takes for the other
_DATE = re.compile(r"[-+]?\d*[sMhdwmqy](?:Start|End)?|all|\d{4}[-\d]*(?:[T ].+)?")
SHAPES: Mapping[str, Mapping[str, str]] = {
    shape: {name: inner for name, _, inner in (word.partition(":") for word in words.split())}
    for shape, words in _SHAPES.items()
}


def refuse_misspelled(shape: str, value: Any, path: str, stored: Any = None) -> None:
    """Pass over what is named as its shape says, and what the stored value has anyway.

    Raises:
        WrongUsage: a name is unknown; the nearest one is said.
    """
    _check(shape, value, path, _all_names(stored))


def check_date(value: Any, path: str) -> None:
    """Raise WrongUsage for what is no date: PostHog takes that for this moment, and answers without a word about it."""
    if value not in (None, "") and not (isinstance(value, str) and _DATE.fullmatch(value)):
        raise WrongUsage(f"`{path}` is {value!r}, not a date", "write -7d, -1mStart, all, 2026-01-31 or an ISO time")


def _check(shape: str, value: Any, path: str, stored: frozenset[str]) -> None:
    if isinstance(value, list):
        for number, one in enumerate(value):
            _check(shape, one, f"{path}.{number}", stored)
    if not isinstance(value, Mapping):
        return
    kind = value.get("kind")
    known = SHAPES.get(kind if isinstance(kind, str) else shape)
    if known is None:  # a kind that is not described
        return
    for name, inner in value.items():
        if name not in known and name not in stored:
            _refuse_unknown(known, name, path)
        elif name in {"date_from", "date_to"}:
            check_date(inner, f"{path}.{name}")
        elif described := known.get(name):
            _check(described, inner, f"{path}.{name}", stored)


def _refuse_unknown(known: Mapping[str, str], name: str, path: str) -> None:
    plain = {one.replace("_", "").lower(): one for one in known if one != _OPEN}
    close = difflib.get_close_matches(name.replace("_", "").lower(), plain, n=1, cutoff=_NEAR)
    if not close and _OPEN in known:
        return
    meant = f" (did you mean `{path}.{plain[close[0]]}`?)" if close else ""
    shown = ", ".join([*plain.values()][:12])
    raise WrongUsage(f"there is no argument `{path}.{name}`{meant}", f"use {shown}; {NAMES_URI} has all names")


def _all_names(stored: Any) -> frozenset[str]:
    if isinstance(stored, Mapping):
        return frozenset(stored).union(*map(_all_names, stored.values()))
    return frozenset().union(*map(_all_names, stored)) if isinstance(stored, list) else frozenset()


def names_listing() -> str:
    """All names, for a model to read."""
    rows = [
        f"- {shape}: " + ", ".join(f"{name} ({inner})" if inner else name for name, inner in names.items())
        for shape, names in SHAPES.items()
    ]
    return "\n".join(["# What stands within arguments", "", "In brackets: the row of what is in it.", "", *rows, ""])
