"""Experiments, and the flags that they bring with them."""

from datetime import UTC, datetime
from typing import Any

from posthog_wizard.sandbox.api import fields
from posthog_wizard.sandbox.api.collection import UNKEPT, Collection, Field, QueryParameters, agrees, dated
from posthog_wizard.sandbox.api.http_messages import invalid
from posthog_wizard.sandbox.api.routes import RequestContext
from posthog_wizard.sandbox.row_store import Row
from posthog_wizard.sandbox.sample import catalog
from posthog_wizard.sandbox.views.flags import FLAGS, by_key, filters, variant_keys

_CONTROL = "control"
_HALVES = [{"key": _CONTROL, "rollout_percentage": 50}, {"key": "test", "rollout_percentage": 50}]
_KINDS = ("mean", "funnel", "ratio", "retention")
_STATUSES = ("draft", "running", "paused", "stopped")
_METHODS = ("bayesian", "frequentist")


def _metric(name: str, value: Any) -> Any:
    if fields.mapping(name, value).get("kind") != "ExperimentMetric":
        raise invalid(name, "metric kind must be 'ExperimentMetric'")
    if value.get("metric_type") not in _KINDS:
        raise invalid(name, f"metric_type must be one of {', '.join(_KINDS)}.")
    if value["metric_type"] == "funnel" and not value.get("series"):
        raise invalid(name, "funnel metrics require at least one step.")
    return value


def _check_variants(keys: list[str], name: str = "feature_flag_key") -> None:
    """As https://github.com/PostHog/posthog/blob/master/products/experiments/backend/experiment_service.py does."""
    if not keys[1:]:
        raise invalid(name, "Feature flag must have at least 2 variants (control and at least one test variant)")
    if _CONTROL not in keys:
        raise invalid(name, f"Feature flag must have a variant with key '{_CONTROL}'.")


def _stats(name: str, value: Any) -> Any:
    if (method := fields.mapping(name, value).get("method")) not in (None, *_METHODS):
        raise invalid(name, f"Invalid stats method: '{method}'. Must be one of: {', '.join(_METHODS)}")
    return value


def _exposure(name: str, value: Any) -> Any:
    fields.boolean(f"{name}__filterTestAccounts", fields.mapping(name, value).get("filterTestAccounts", True))
    return value


def _made(context: RequestContext, row: Row) -> Row:
    """Without a flag of that key one is made; it is on as long as the experiment runs."""
    row = {name: value for name, value in row.items() if name != "allow_unknown_events"}
    _check_dates(row)
    flag = by_key(context, row["feature_flag_key"]) or _new_flag(context, row)
    _check_variants(variant_keys(flag))
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
    _check_dates(dated(after, context.now))
    flag = by_key(context, after["feature_flag_key"])
    variants = (sent.get("parameters") or {}).get("feature_flag_variants")
    if before["start_date"]:
        known, listed = variant_keys(flag or {}), variants if isinstance(variants, list) else ()
        told = sorted(str(isinstance(one, dict) and one.get("key")) for one in listed)
        if after["holdout_id"] != before["holdout_id"]:
            raise invalid(None, "Can't update holdout on running Experiment")
        if variants and known and told != sorted(known):
            raise invalid(None, "Can't update feature_flag_variants on Experiment")
    elif flag and (variants or after["start_date"]):  # a draft's variants are its flag's, which is on once it starts
        whole = flag["filters"] | {"multivariate": {"variants": variants}}
        flag |= {"filters": filters("parameters", whole) if variants else flag["filters"], "updated_at": context.time}
        _check_variants(variant_keys(flag), "parameters" if variants else "feature_flag_key")
        flag["active"] = flag["active"] or bool(after["start_date"])
        context.store.save(FLAGS.name, flag, context.project)
    return after


def _check_dates(row: Row) -> None:
    start, end = (row[name] and datetime.fromisoformat(row[name]) for name in ("start_date", "end_date"))
    if end and not start:
        raise invalid("end_date", "An experiment that has not started cannot end.")
    if start and end and start.replace(tzinfo=start.tzinfo or UTC) >= end.replace(tzinfo=end.tzinfo or UTC):
        raise invalid(None, "End date must be after start date")


def _matches(asked: QueryParameters, row: Row) -> bool:
    """Archived ones are shown to those who ask for them alone; a status that there is not asks for nothing."""
    on = (row["feature_flag"] or {}).get("active")
    status = "stopped" if row["end_date"] else "running" if on else "paused"
    said = asked.get("status", "").lower().replace("complete", "stopped")
    fits = said not in _STATUSES or said == (status if row["start_date"] else "draft")
    return fits and agrees({"archived": "false", **asked}, row, "archived", "created_by_id")


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
        "exposure_criteria": Field(fields.or_null(_exposure), {"filterTestAccounts": True}),
        "stats_config": Field(fields.or_null(_stats), {"method": "bayesian"}),
        "holdout_id": Field(fields.or_null(fields.number(1)), None),
        "start_date": Field(fields.or_null(fields.iso_date), None),
        "end_date": Field(fields.or_null(fields.iso_date), None),
        "archived": Field(fields.boolean, False),
        "conclusion": Field(fields.or_null(fields.one_of("won", "lost", "inconclusive", "stopped_early", "invalid")), None),
        "conclusion_comment": Field(fields.or_null(fields.text()), None),
        "tags": Field(fields.TAGS, []),
        "allow_unknown_events": Field(fields.boolean, UNKEPT),
    },
    given=catalog.GIVEN["experiments"],
    parameters=frozenset({"archived", "status", "created_by_id"}),
    matches=_matches,
    searched=("name", "description", "feature_flag_key"),
    made=_made,
    changed=_changed,
    shown=lambda context, row: row | {"feature_flag": by_key(context, row["feature_flag_key"])},
)  # fmt: skip
ROUTES = EXPERIMENTS.routes
