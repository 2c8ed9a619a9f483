"""What a change of each kind of object goes into, as PostHog's own interface does; what has no rule is replaced. Data.

The keys are the fields of PostHog's API; the query of an insight is put into its node by `insight_nodes`.
"""

from __future__ import annotations

from posthog_wizard.tools.merging import Fields, Items, StoredRow, by


def _filtered_by(group: StoredRow) -> object:
    """The keys of a condition set's properties."""
    return frozenset(str(one.get("key")) for one in group.get("properties") or []) or None


def _called(item: StoredRow) -> object:
    return (item["name"], item.get("metric_type")) if item.get("name") else None


def _asking(item: StoredRow) -> object:
    return (item.get("question"), item.get("type")) if item.get("type") else None


def _same(name: str, stored: StoredRow, given: StoredRow) -> bool:
    """Whether both have the same there, or the second does not say."""
    return given.get(name) in {None, stored.get(name)}


FILTERS = Fields(
    {
        "groups": Items((by("sort_key"), _filtered_by), Fields({"properties": Items((by("key"),))})),
        "multivariate": Fields({"variants": Items((by("key"),))}),
        "payloads": Fields(),
    }
)
# Answers are kept under a question's id, and the results of a metric under its uuid.
SURVEY_QUESTIONS = Items((by("id"), _asking), alike=lambda stored, given: _same("type", stored, given))
METRICS = Items((by("uuid"), _called), alike=lambda stored, given: _same("metric_type", stored, given))
FLAG = Fields({"filters": FILTERS})
SURVEY = Fields(
    {
        "questions": SURVEY_QUESTIONS,
        "appearance": Fields(),
        "conditions": Fields({name: Fields() for name in ("events", "cancelEvents", "actions", "deviceTypes")}),
        "targeting_flag_filters": FILTERS,
        "translations": Fields(),
    }
)
EXPERIMENT = Fields(
    {
        "metrics": METRICS,
        "metrics_secondary": METRICS,
        "parameters": Fields(),
        "exposure_criteria": Fields(),
        "stats_config": Fields(),
    }
)
DASHBOARD = Fields({"breakdown_colors": Items((by("breakdownValue"),)), "filters": Fields()})
