"""Experiments, and the flags that they bring with them."""

from __future__ import annotations

from typing import Any

from posthog_wizard.sandbox.api import fields
from posthog_wizard.sandbox.api.collection import UNKEPT, Collection, Field
from posthog_wizard.sandbox.api.http_messages import invalid
from posthog_wizard.sandbox.api.routes import RequestContext
from posthog_wizard.sandbox.row_store import Row
from posthog_wizard.sandbox.views.flags import FLAGS, by_key, filters, variant_keys

_CONTROL = "control"
_HALVES = [{"key": _CONTROL, "rollout_percentage": 50}, {"key": "test", "rollout_percentage": 50}]
_KINDS = ("mean", "funnel", "ratio", "retention")


def _metric(name: str, value: Any) -> Any:
    fields.mapping(name, value)
    if value.get("kind") == "ExperimentMetric" and value.get("metric_type") not in _KINDS:
        raise invalid(name, f"metric_type must be one of {', '.join(_KINDS)}.")
    return value


def _made(context: RequestContext, row: Row) -> Row:
    """Without a flag of that key one is made; it is on as long as the experiment runs."""
    row = {name: value for name, value in row.items() if name != "allow_unknown_events"}
    _check_dates(row)
    flag = by_key(context, row["feature_flag_key"]) or _new_flag(context, row)
    if _CONTROL not in variant_keys(flag):
        raise invalid("feature_flag_key", f"Feature flag must have a variant with key '{_CONTROL}'.")
    if any(one["feature_flag_key"] == flag["key"] for one in context.rows(EXPERIMENTS.name)):
        raise invalid("feature_flag_key", "This feature flag belongs to another experiment.", "unique")
    return row


def _new_flag(context: RequestContext, row: Row) -> Row:
    variants = (row["parameters"] or {}).get("feature_flag_variants") or _HALVES
    everybody = [{"properties": [], "rollout_percentage": 100}]
    return FLAGS.add(
        context,
        {
            "key": FLAGS.checks["key"]("feature_flag_key", row["feature_flag_key"]),
            "name": f"Feature Flag for Experiment {row['name']}",
            "filters": filters("parameters", {"groups": everybody, "multivariate": {"variants": variants}}),
            "active": bool(row["start_date"]),
        },
    )


def _changed(context: RequestContext, before: Row, sent: Row) -> Row:
    if sent.get("feature_flag_key", before["feature_flag_key"]) != before["feature_flag_key"]:
        raise invalid("feature_flag_key", "Can't update keys: feature_flag_key on Experiment", "invalid_input")
    after = before | {name: value for name, value in sent.items() if name != "allow_unknown_events"}
    _check_dates(after)
    if after["start_date"] and not before["start_date"]:
        flag = by_key(context, after["feature_flag_key"])
        if flag is not None and not flag["active"]:
            context.store.save(FLAGS.name, flag | {"active": True, "updated_at": context.time}, context.project)
    return after


def _check_dates(row: Row) -> None:
    if row["end_date"] and not row["start_date"]:
        raise invalid("end_date", "An experiment that has not started cannot end.")


EXPERIMENTS = Collection(
    name="experiments",
    scope="experiment",
    fields={
        "name": Field(fields.text(400, blank=False)),
        "feature_flag_key": Field(fields.text(400, blank=False)),
        "description": Field(fields.or_null(fields.text(3000)), ""),
        "type": Field(fields.or_null(fields.one_of("product", "web")), "product"),
        "metrics": Field(fields.or_null(fields.list_of(_metric)), []),
        "metrics_secondary": Field(fields.or_null(fields.list_of(_metric)), []),
        "parameters": Field(fields.or_null(fields.mapping), {}),
        "exposure_criteria": Field(fields.or_null(fields.mapping), {"filterTestAccounts": True}),
        "stats_config": Field(fields.or_null(fields.mapping), {"method": "bayesian"}),
        "holdout_id": Field(fields.or_null(fields.number(1)), None),
        "start_date": Field(fields.or_null(fields.iso_date), None),
        "end_date": Field(fields.or_null(fields.iso_date), None),
        "archived": Field(fields.boolean, False),
        "conclusion": Field(fields.or_null(fields.one_of("won", "lost", "inconclusive", "stopped_early", "invalid")), None),
        "conclusion_comment": Field(fields.or_null(fields.text()), None),
        "tags": Field(fields.TAGS, []),
        "allow_unknown_events": Field(fields.boolean, UNKEPT),
    },
    given={"saved_metrics": [], "holdout": None, "saved_metrics_ids": [], "exposure_cohort": None, "secondary_metrics": [],
           "filters": {}, "primary_metrics_ordered_uuids": None, "secondary_metrics_ordered_uuids": None,
           "user_access_level": "manager"},
    parameters=frozenset({"archived", "status", "feature_flag_id", "created_by_id", "order", "event", "tags"}),
    searched=("name", "description", "feature_flag_key"),
    made=_made,
    changed=_changed,
    shown=lambda context, row: row | {"feature_flag": by_key(context, row["feature_flag_key"])},
)  # fmt: skip
ROUTES = EXPERIMENTS.routes
