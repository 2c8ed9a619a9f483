"""Experiments, and the flags that they bring with them."""

from __future__ import annotations

from typing import Any

from posthog_wizard.sandbox.api.api_errors import invalid
from posthog_wizard.sandbox.api.collection import Collection, QueryParameters, mentions
from posthog_wizard.sandbox.api.fields import (
    boolean_field,
    choice_field,
    list_field,
    mapping_field,
    moment_field,
    number_field,
    or_null,
    text_field,
)
from posthog_wizard.sandbox.api.routes import RequestContext
from posthog_wizard.sandbox.row_store import Row
from posthog_wizard.sandbox.views.accounts import author
from posthog_wizard.sandbox.views.conditions import filters, variant_keys
from posthog_wizard.sandbox.views.flags import FLAGS, by_key

_CONTROL = "control"
_HALVES = [{"key": _CONTROL, "rollout_percentage": 50}, {"key": "test", "rollout_percentage": 50}]
_KINDS = ("mean", "funnel", "ratio", "retention")


def _metric(name: str, value: Any) -> Any:
    mapping_field(name, value)
    if value.get("kind") == "ExperimentMetric" and value.get("metric_type") not in _KINDS:
        raise invalid(name, f"metric_type must be one of {', '.join(_KINDS)}.", "invalid")
    return value


def _matches(asked: QueryParameters, row: Row) -> bool:
    return mentions(row, ("name", "description", "feature_flag_key"), asked.get("search", ""))


def _made(context: RequestContext, row: Row) -> Row:
    """Without a flag of that key one is made; it is on as long as the experiment runs."""
    _check_dates(row)
    flag = by_key(context, row["feature_flag_key"]) or _new_flag(context, row)
    if _CONTROL not in variant_keys(flag):
        words = f"Feature flag must have a variant with key '{_CONTROL}'."
        raise invalid("feature_flag_key", words, "invalid")
    if any(one["feature_flag_key"] == flag["key"] for one in context.store.rows("experiments", context.project)):
        raise invalid("feature_flag_key", "This feature flag belongs to another experiment.", "unique")
    return row | {"created_by": author(context)}


def _new_flag(context: RequestContext, row: Row) -> Row:
    variants = (row["parameters"] or {}).get("feature_flag_variants") or _HALVES
    conditions = filters(
        "parameters",
        {"groups": [{"properties": [], "rollout_percentage": 100}], "multivariate": {"variants": variants}},
    )
    flag = FLAGS.made(
        context,
        {
            **FLAGS.defaults,
            "key": FLAGS.checks["key"]("feature_flag_key", row["feature_flag_key"]),
            "name": f"Feature Flag for Experiment {row['name']}",
            "filters": conditions,
            "active": bool(row["start_date"]),
            "created_at": context.time,
            "updated_at": context.time,
            "deleted": False,
        },
    )
    return context.store.add(FLAGS.name, flag, context.project)


def _changed(context: RequestContext, before: Row, sent: Row) -> Row:
    if sent.get("feature_flag_key", before["feature_flag_key"]) != before["feature_flag_key"]:
        raise invalid("feature_flag_key", "Can't update keys: feature_flag_key on Experiment", "invalid_input")
    after = before | sent
    _check_dates(after)
    if after["start_date"] and not before["start_date"]:
        _switch_on(context, after["feature_flag_key"])
    return after


def _switch_on(context: RequestContext, key: str) -> None:
    flag = by_key(context, key)
    if flag is not None and not flag["active"]:
        context.store.save(FLAGS.name, flag | {"active": True, "updated_at": context.time}, context.project)


def _check_dates(row: Row) -> None:
    if row["end_date"] and not row["start_date"]:
        raise invalid("end_date", "An experiment that has not started cannot end.", "invalid")


def _shown(context: RequestContext, row: Row) -> Row:
    flag = by_key(context, row["feature_flag_key"])
    return row | {"feature_flag": flag}


EXPERIMENTS = Collection(
    name="experiments",
    scope="experiment",
    checks={
        "name": text_field(400, blank=False),
        "description": or_null(text_field(3000)),
        "feature_flag_key": text_field(400, blank=False),
        "type": or_null(choice_field("product", "web")),
        "metrics": or_null(list_field(_metric)),
        "metrics_secondary": or_null(list_field(_metric)),
        "parameters": or_null(mapping_field),
        "exposure_criteria": or_null(mapping_field),
        "stats_config": or_null(mapping_field),
        "holdout_id": or_null(number_field(1)),
        "start_date": or_null(moment_field),
        "end_date": or_null(moment_field),
        "archived": boolean_field,
        "conclusion": or_null(choice_field("won", "lost", "inconclusive", "stopped_early", "invalid")),
        "conclusion_comment": or_null(text_field()),
    },
    required=("name", "feature_flag_key"),
    defaults={
        "description": "",
        "type": "product",
        "metrics": [],
        "metrics_secondary": [],
        "saved_metrics": [],
        "parameters": {},
        "exposure_criteria": {"filterTestAccounts": True},
        "stats_config": {"method": "bayesian"},
        "holdout": None,
        "holdout_id": None,
        "start_date": None,
        "end_date": None,
        "archived": False,
        "conclusion": None,
        "conclusion_comment": None,
    },
    parameters=frozenset({"search"}),
    matches=_matches,
    made=_made,
    changed=_changed,
    shown=_shown,
)
ROUTES = EXPERIMENTS.routes
