"""The experiments toolset."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from posthog_wizard.errors import ApiError, WrongUsage
from posthog_wizard.model import NOTHING
from posthog_wizard.tools import merging, query_runs
from posthog_wizard.tools.call import Call, given
from posthog_wizard.tools.flag_filters import completed
from posthog_wizard.tools.metrics import Metric, Variant, checked_variants, metrics, property_filters
from posthog_wizard.tools.parameters import Description, Limit, More, NewName, Object, Offset, Rename, Search
from posthog_wizard.tools.resource import Resource, changes, pick_fields
from posthog_wizard.tools.tool import CREATES, DELETES, READS, UPDATES, tool
from posthog_wizard.tools.value_types import Constraints

_ExperimentId = Annotated[int, Constraints(ge=1, description="Experiment id")]
_Primary = Annotated[
    list[Metric] | None,
    Constraints(
        description='Main metrics, e.g. {"metric_type":"funnel","funnel_steps":["signup","purchase"]}, '
        '{"metric_type":"mean","event_name":"purchase"}, ratio with denominator_event, retention with completion_event'
    ),
]
_LIKEWISE = {"type": "array", "items": {"type": "object"}, "description": "Further metrics, likewise"}
_Secondary = Annotated[list[Metric] | None, Constraints(shown=_LIKEWISE)]
_TARGET = {"type": "array", "items": {"type": "object"}, "description": "Whom to test: filters on person properties"}
_Effect = Annotated[float | None, Constraints(gt=0, description="Smallest change to detect, percent")]
_Conclusion = Literal["won", "lost", "inconclusive", "stopped_early", "invalid"]
_IN_RESULTS = ("id", "name", "feature_flag_key", "type", "start_date", "end_date", "description", "status")
_SHOWN = ("id", "name", "description", "type", "feature_flag_key", "status", "parameters", "metrics", "metrics_secondary",
         "saved_metrics", "exposure_criteria", "stats_config", "holdout_id", "start_date", "end_date", "archived",
         "conclusion", "conclusion_comment", "created_at", "updated_at")  # fmt: skip
_RESULT = ("kind", "timeseries", "total_exposures", "date_range", "baseline", "variant_results", "variants", "significant",
          "significance_code", "probability", "credible_intervals", "p_value", "insight", "results")  # fmt: skip


def _status(experiment: Mapping[str, Any]) -> str:
    """`draft`, `running` or `completed`, by its dates."""
    if not experiment.get("start_date"):
        return "draft"
    return "completed" if experiment.get("end_date") else "running"


_EXPERIMENTS = Resource(
    "experiments/",
    "experiment",
    shown=_SHOWN,
    listed=("status", "id", "name", "feature_flag_key", "type", "start_date", "end_date", "archived", "conclusion"),
    status=_status,
    rule=merging.EXPERIMENT,
)


@tool("List experiments", feature="experiments", scopes=("experiment:read",), hints=READS)
async def experiment_get_all(
    call: Call, search: Search = None, limit: Limit = 50, offset: Offset = 0, more: More = NOTHING
) -> dict[str, Any]:
    """List the project's experiments."""
    return await _EXPERIMENTS.list(call, offset, search=search, limit=limit, **more)


@tool("Get an experiment", feature="experiments", scopes=("experiment:read",), hints=READS)
async def experiment_get(call: Call, experiment_id: _ExperimentId) -> dict[str, Any]:
    """Get an experiment: metrics, variants, dates. For its outcome use experiment-results-get."""
    return _EXPERIMENTS.show(call, await _EXPERIMENTS.get(call, experiment_id))


@tool("Create an experiment", feature="experiments", scopes=("experiment:write",), hints=CREATES)
async def experiment_create(
    call: Call,
    name: NewName,
    feature_flag_key: Annotated[str, Constraints(min_length=1, description="New flag's key")],
    description: Description = None,
    type: Annotated[Literal["product", "web"], Constraints(description="Kind")] = "product",  # noqa: A002 - PostHog's word
    primary_metrics: _Primary = None,
    secondary_metrics: _Secondary = None,
    variants: Annotated[
        list[Variant] | None,
        Constraints(description="Must include control and sum to 100; default control 50, test 50"),
    ] = None,
    minimum_detectable_effect: _Effect = 30,
    filter_test_accounts: Annotated[bool, Constraints(description="Without internal users")] = True,
    draft: Annotated[bool, Constraints(description="false launches it at once")] = True,
    holdout_id: Annotated[int | None, Constraints(description="Holdout group")] = None,
    target_properties: Annotated[list[Object] | Object | None, Constraints(shown=_TARGET)] = None,
    more: More = NOTHING,
) -> dict[str, Any]:
    """Create an A/B test and its feature flag."""
    shares = checked_variants(variants)
    own = given(feature_flag_variants=shares, minimum_detectable_effect=minimum_detectable_effect)
    body = given(
        name=name,
        description=description,
        feature_flag_key=feature_flag_key,
        type=type,
        metrics=metrics(primary_metrics or [], "primary_metrics"),
        metrics_secondary=metrics(secondary_metrics or [], "secondary_metrics"),
        start_date=None if draft else call.timestamp(),
        holdout_id=holdout_id,
    )
    body |= {**more}
    if "feature_flag" not in more:  # which says on newer servers what the parameters say
        body["parameters"] = own | more.get("parameters", {})
    body["exposure_criteria"] = {"filterTestAccounts": filter_test_accounts} | more.get("exposure_criteria", {})
    if target_properties:  # an experiment makes a flag for everybody, and takes one that is there
        groups = [{"properties": property_filters(target_properties, "person"), "rollout_percentage": 100}]
        filters = completed({"groups": groups, "multivariate": {"variants": shares}})
        flag = {"key": feature_flag_key, "name": body["name"], "filters": filters, "active": "start_date" in body}
        await call.post("feature_flags/", flag)
    return await _EXPERIMENTS.create(call, body)


@tool("Update an experiment", feature="experiments", scopes=("experiment:write",), hints=UPDATES)
async def experiment_update(
    call: Call,
    experiment_id: _ExperimentId,
    name: Rename = None,
    description: Description = None,
    primary_metrics: _Primary = None,
    secondary_metrics: _Secondary = None,
    minimum_detectable_effect: _Effect = None,
    launch: Annotated[bool, Constraints(description="Start the draft now")] = False,
    conclude: Annotated[_Conclusion | None, Constraints(description="End it now, so")] = None,
    conclusion_comment: Annotated[str | None, Constraints(description="Why")] = None,
    restart: Annotated[bool, Constraints(description="Take the end and conclusion back")] = False,
    archive: Annotated[bool | None, Constraints(description="Archive or unarchive")] = None,
    more: More = NOTHING,
) -> dict[str, Any]:
    """Change, launch, conclude, restart or archive an experiment; what is left out stays. Metrics given replace the list."""
    if sum((launch, conclude is not None, restart)) > 1:
        raise WrongUsage("`launch`, `conclude` and `restart` exclude each other", "choose one")
    body = given(name=name, description=description, conclusion_comment=conclusion_comment, archived=archive) | {**more}
    if minimum_detectable_effect is not None:
        body["parameters"] = body.get("parameters", {}) | {"minimum_detectable_effect": minimum_detectable_effect}
    known = launch or conclude or primary_metrics or secondary_metrics
    stored = await _EXPERIMENTS.get(call, experiment_id) if known else None
    for field, said, wanted in (
        ("metrics", "primary_metrics", primary_metrics),
        ("metrics_secondary", "secondary_metrics", secondary_metrics),
    ):
        if wanted is not None:
            body[field] = metrics(wanted, said, (stored or {}).get(field) or [])
    body |= _lifecycle(call, stored or {}, launch=launch, conclude=conclude, restart=restart)
    return await _EXPERIMENTS.change(call, experiment_id, body if restart else changes(**body), stored)


def _lifecycle(
    call: Call, stored: Mapping[str, Any], *, launch: bool, conclude: _Conclusion | None, restart: bool
) -> dict[str, Any]:
    if launch:
        if started := stored.get("start_date"):
            raise WrongUsage(f"experiment {stored['id']} was launched at {started}", "leave `launch` out")
        return {"start_date": call.timestamp()}
    if conclude:
        if not stored.get("start_date"):
            raise WrongUsage(f"experiment {stored['id']} has not started", "launch it with `launch` first")
        return {"conclusion": conclude, "end_date": stored.get("end_date") or call.timestamp()}
    return {"end_date": None, "conclusion": None, "conclusion_comment": None} if restart else {}


@tool("Delete an experiment", feature="experiments", scopes=("experiment:write",), hints=DELETES)
async def experiment_delete(call: Call, experiment_id: _ExperimentId) -> dict[str, Any]:
    """Delete an experiment; its feature flag stays. It can be restored in PostHog."""
    return await _EXPERIMENTS.delete(call, {"id": experiment_id})


@tool(
    "Get experiment results",
    feature="experiments",
    scopes=("experiment:read", "query:read"),
    hints=READS,
    rest="Run single metrics of the experiment with query-run.",
)
async def experiment_results_get(
    call: Call,
    experiment_id: _ExperimentId,
    refresh: Annotated[bool, Constraints(description="Calculate anew")] = False,
) -> dict[str, Any]:
    """Get an experiment's exposures and the result of each metric."""
    found = await _EXPERIMENTS.get(call, experiment_id)
    if not found.get("start_date"):
        raise WrongUsage(f"experiment {experiment_id} has not started", "launch it with experiment-update first")
    mode = "blocking" if refresh else None
    same = ("exposure_criteria", "feature_flag", "start_date", "end_date", "holdout")
    named = {"kind": "ExperimentExposureQuery", "experiment_id": found["id"], "experiment_name": found["name"]}
    exposures, primary, secondary = await asyncio.gather(
        _result(call, named | {name: found.get(name) for name in same}, mode),
        _results(call, found, "metrics", "primary", mode),
        _results(call, found, "metrics_secondary", "secondary", mode),
    )
    shown = _EXPERIMENTS.show(call, found, _IN_RESULTS)
    return {"experiment": shown, "exposures": exposures, "metrics": {"primary": primary, "secondary": secondary}}


async def _results(call: Call, found: dict[str, Any], field: str, kind: str, mode: str | None) -> list[dict[str, Any]]:
    """The result of every metric of one kind, shared ones too, each with its name."""
    shared = [
        one["query"] for one in found.get("saved_metrics") or [] if (one.get("metadata") or {}).get("type") == kind
    ]
    wanted = [*(found.get(field) or []), *shared]
    asked = ({"kind": "ExperimentQuery", "metric": one, "experiment_id": found["id"]} for one in wanted)
    results = await asyncio.gather(*(_result(call, one, mode) for one in asked))
    return [pick_fields(one, ("name", "metric_type")) | result for one, result in zip(wanted, results, strict=True)]


async def _result(call: Call, query: dict[str, Any], mode: str | None) -> dict[str, Any]:
    """A metric's response; one that fails is said to have failed, the others are still worth having."""
    try:
        answer = await query_runs.run_query(call, query, mode)
    except ApiError as error:
        return {"error": error.message}
    return {name: value for name, value in answer.items() if name in _RESULT and value not in (None, [], {})}
