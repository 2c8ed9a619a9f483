"""Experiments, and the flags that they bring with them."""

from __future__ import annotations

from typing import Any

from posthog_wizard.sandbox.accounts import author
from posthog_wizard.sandbox.collection import Asked, Collection, mentions
from posthog_wizard.sandbox.conditions import filters, variant_keys
from posthog_wizard.sandbox.fields import boolean, choice, listed, mapping, moment, number, or_null, text
from posthog_wizard.sandbox.flags import FLAGS, by_key
from posthog_wizard.sandbox.refusals import invalid
from posthog_wizard.sandbox.routes import Visit
from posthog_wizard.sandbox.store import Row

CONTROL = "control"
HALVES = [{"key": CONTROL, "rollout_percentage": 50}, {"key": "test", "rollout_percentage": 50}]
KINDS = ("mean", "funnel", "ratio", "retention")


def _metric(name: str, value: Any) -> Any:
    mapping(name, value)
    if value.get("kind") == "ExperimentMetric" and value.get("metric_type") not in KINDS:
        raise invalid(name, f"metric_type must be one of {', '.join(KINDS)}.", "invalid")
    return value


def _matches(asked: Asked, row: Row) -> bool:
    return mentions(row, ("name", "description", "feature_flag_key"), asked.get("search", ""))


def _made(visit: Visit, row: Row) -> Row:
    """Without a flag of that key one is made; it is on as long as the experiment runs."""
    _check_dates(row)
    flag = by_key(visit, row["feature_flag_key"]) or _new_flag(visit, row)
    if CONTROL not in variant_keys(flag):
        words = f"Feature flag must have a variant with key '{CONTROL}'."
        raise invalid("feature_flag_key", words, "invalid")
    if any(one["feature_flag_key"] == flag["key"] for one in visit.store.rows("experiments", visit.project)):
        raise invalid("feature_flag_key", "This feature flag belongs to another experiment.", "unique")
    return row | {"created_by": author(visit)}


def _new_flag(visit: Visit, row: Row) -> Row:
    variants = (row["parameters"] or {}).get("feature_flag_variants") or HALVES
    conditions = filters(
        "parameters",
        {"groups": [{"properties": [], "rollout_percentage": 100}], "multivariate": {"variants": variants}},
    )
    flag = FLAGS.made(
        visit,
        {
            **FLAGS.defaults,
            "key": FLAGS.checks["key"]("feature_flag_key", row["feature_flag_key"]),
            "name": f"Feature Flag for Experiment {row['name']}",
            "filters": conditions,
            "active": bool(row["start_date"]),
            "created_at": visit.time,
            "updated_at": visit.time,
            "deleted": False,
        },
    )
    return visit.store.add(FLAGS.name, flag, visit.project)


def _changed(visit: Visit, before: Row, sent: Row) -> Row:
    if sent.get("feature_flag_key", before["feature_flag_key"]) != before["feature_flag_key"]:
        raise invalid("feature_flag_key", "Can't update keys: feature_flag_key on Experiment", "invalid_input")
    after = before | sent
    _check_dates(after)
    if after["start_date"] and not before["start_date"]:
        _switch_on(visit, after["feature_flag_key"])
    return after


def _switch_on(visit: Visit, key: str) -> None:
    flag = by_key(visit, key)
    if flag is not None and not flag["active"]:
        visit.store.save(FLAGS.name, flag | {"active": True, "updated_at": visit.time}, visit.project)


def _check_dates(row: Row) -> None:
    if row["end_date"] and not row["start_date"]:
        raise invalid("end_date", "An experiment that has not started cannot end.", "invalid")


def _shown(visit: Visit, row: Row) -> Row:
    flag = by_key(visit, row["feature_flag_key"])
    return row | {"feature_flag": flag}


EXPERIMENTS = Collection(
    name="experiments",
    scope="experiment",
    checks={
        "name": text(400, blank=False),
        "description": or_null(text(3000)),
        "feature_flag_key": text(400, blank=False),
        "type": or_null(choice("product", "web")),
        "metrics": or_null(listed(_metric)),
        "metrics_secondary": or_null(listed(_metric)),
        "parameters": or_null(mapping),
        "exposure_criteria": or_null(mapping),
        "stats_config": or_null(mapping),
        "holdout_id": or_null(number(1)),
        "start_date": or_null(moment),
        "end_date": or_null(moment),
        "archived": boolean,
        "conclusion": or_null(choice("won", "lost", "inconclusive", "stopped_early", "invalid")),
        "conclusion_comment": or_null(text()),
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
