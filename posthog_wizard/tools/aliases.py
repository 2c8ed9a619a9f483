"""What PostHog's first and its hosted server call tools and arguments, in our words. Data that no client is shown.

The names of the first server are those of its documentation of October 2025, the hosted server's those of September 2026,
which an agent that knows it calls though they are not listed: ours under another name, or what another tool makes needless.
"""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

_ID = ("flag_id", "dashboard_id", "insight_id", "experiment_id", "survey_id", "issue_id", "project_id", "org_id",
       "operation")  # fmt: skip
# Each stands for the first of those that the tool has; a tool's own argument is never taken for another one.
_ANYWHERE: Mapping[str, tuple[str, ...]] = {
    "id": _ID,
    "key": ("flag_key",),
    "short_id": ("insight_id",),
    "organization_id": ("org_id",),
    "operation_id": ("operation",),
    "search": ("q",),
    "metrics": ("primary_metrics",),
    "metrics_secondary": ("secondary_metrics",),
    "archived": ("archive",),
}
_IN_A_TOOL: Mapping[str, Mapping[str, str]] = {
    "create-feature-flag": {"description": "name"},  # what PostHog's API calls a flag's name is its description
    "update-feature-flag": {"description": "name"},
    **{name: {"q": "query", "search": "query"} for name in ("docs-search", "api-search")},
    **{name: {"params": "parameters", "data": "body"} for name in ("api-read", "api-write")},
}
_BESIDE = {"key": {"id", "flag_id", "flag_key"}}  # a flag's new key; alone it says which flag is meant

_FLAG = (
    "evaluation_contexts is_remote_configuration ensure_experience_continuity evaluation_runtime bucketing_identifier"
)
_LOOKS = "breakdown_colors data_color_theme_id restriction_level quick_filter_ids grid_spacing layout_compaction"
_LOOKS += " use_template use_dashboard delete_insights"
_EXPERIMENT = "feature_flag exposure_criteria stats_config allow_unknown_events tags"
_SURVEY = "enable_iframe_embedding translations form_content"
_OVERRIDES = "filters_override variables_override"
_ISSUES = "assignee searchQuery filterGroup volumeResolution personId"
_PASSED: Mapping[str, str] = {
    "create-feature-flag": _FLAG,
    "update-feature-flag": f"{_FLAG} key archived",
    "feature-flag-get-all": "archived created_by_id evaluation_runtime excluded_tags key tags type eligible_for_experiment "
    "excluded_properties has_evaluation_contexts",
    "dashboard-create": _LOOKS,
    "dashboard-update": f"{_LOOKS} filters tiles",
    "dashboard-get": _OVERRIDES,
    "dashboards-get-all": "folder",
    "experiment-create": f"{_EXPERIMENT} parameters",
    "experiment-update": f"{_EXPERIMENT} parameters holdout_id running_time_calculation excluded_variants saved_metrics_ids "
    "conclusion update_feature_flag_params",
    "experiment-get-all": "archived created_by_id event excluded_tags feature_flag_id order prompt_name status tags",
    "insight-get": _OVERRIDES,
    "insight-query": _OVERRIDES,
    "error-details": "filterTestAccounts volumeResolution",
    "insights-get-all": "created_by created_date_from created_date_to dashboards date_from date_to insight saved short_id tags user "
    "last_viewed_date_from last_viewed_date_to",
    "list-errors": _ISSUES,
    "survey-create": f"{_SURVEY} schedule",
    "survey-update": f"{_SURVEY} targeting_flag_id",
    "surveys-get-all": "archived created_by ids status type",
    "survey-stats": "include_per_question_stats",
}
# What of the hosted server's answer is wanted; ours is short anyway.
_SHOWING = frozenset(["include_dashboards", "includeSparkline", "output_format", "truncate"])
_TYPES: Mapping[type, str] = {
    bool: "filterTestAccounts is_remote_configuration ensure_experience_continuity archived eligible_for_experiment has_evaluation_contexts saved "
    "delete_insights allow_unknown_events update_feature_flag_params enable_iframe_embedding include_per_question_stats",
    int: "created_by_id data_color_theme_id restriction_level grid_spacing use_dashboard feature_flag_id holdout_id "
    "targeting_flag_id volumeResolution",
    list: "breakdown_colors evaluation_contexts quick_filter_ids tiles saved_metrics_ids excluded_variants",
    dict: "filters filters_override variables_override feature_flag exposure_criteria stats_config parameters "
    "running_time_calculation translations form_content filterGroup assignee",
}


def passed(tool: str) -> dict[str, Any]:
    """The arguments of the hosted server that PostHog's API takes as they are, though no client is shown them: name -> type."""
    types = {name: kind for kind, names in _TYPES.items() for name in names.split()}
    return {name: types.get(name, Any) for name in _PASSED.get(tool, "").split()}


def respelled(tool: str, names: Collection[str], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments under the tool's own names, as far as they are known."""
    said = {_snake(name) for name in arguments}
    free = {name for name in names if said & _BESIDE.get(name, said)}
    special = _IN_A_TOOL.get(tool, {})
    found: dict[str, Any] = {}
    for name in sorted(arguments, key=lambda name: name in special):  # these win where both are said
        aliases = [one for one in _ANYWHERE.get(_snake(name), ()) if one not in said]
        ours = next((one for one in (special.get(name), name, _snake(name), *aliases) if one in free), name)
        found[ours] = arguments[name]
    return _shown(found)


def _shown(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name not in _SHOWING}


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


_Arguments = Mapping[str, Any]
_Turn = Callable[[_Arguments], tuple[str, dict[str, Any]]]


def _to(tool: str, **more: Any) -> _Turn:
    """The same arguments, and these."""
    return lambda given: (tool, {**more, **given})


def _query(kind: str) -> _Turn:
    """A query's fields as arguments: those of its tool of the hosted server."""
    return lambda given: (
        "query-run",
        dict(given) if isinstance(given.get("query"), str) else {"query": _shown({"kind": kind, **_inner(given)})},
    )


def _inner(given: _Arguments) -> _Arguments:
    return given["query"] if isinstance(given.get("query"), Mapping) else given


def _sql(given: _Arguments) -> tuple[str, dict[str, Any]]:
    inner = {name: value for name, value in given.items() if name in {"query", "variables"}}
    return "query-run", {"query": {"kind": "HogQLQuery", **inner}}


def _schema(given: _Arguments) -> tuple[str, dict[str, Any]]:
    """What `read-data-schema` asks about: {"query": {"kind": "events" | "event_properties" | "entity_properties", ...}}."""
    asked = dict(_inner(given))
    kind = asked.pop("kind", "events")
    paged = {name: asked[name] for name in ("limit", "offset") if name in asked}
    if kind == "event_properties":
        named = asked.get("event_name") or asked.get("event")
        return "properties-list", {"type": "event", "event_name": named, "include_predefined_properties": True} | paged
    if kind == "entity_properties":
        return "property-definitions", {"type": asked.get("entity", "person")} | paged
    if kind == "events":
        return "event-definitions-list", paged | ({"q": asked["search"]} if "search" in asked else {})
    return "read-data-schema", dict(given)  # which is not ours


_TURNS: Mapping[str, _Turn] = {
    "experiment-list": _to("experiment-get-all"),
    "experiment-launch": _to("experiment-update", launch=True),
    "experiment-archive": _to("experiment-update", archive=True),
    "feature-flag-get-definition-by-key": _to("feature-flag-get-definition"),
    "insights-list": _to("insights-get-all"),
    "insight-create": _to("insight-create-from-query"),
    "organization-get": _to("organization-details-get"),
    "query-error-tracking-issue": _to("error-details"),
    "query-error-tracking-issues-list": _to("list-errors"),
    "query-trends": _query("TrendsQuery"),
    "query-funnel": _query("FunnelsQuery"),
    "query-retention": _query("RetentionQuery"),
    "query-paths": _query("PathsQuery"),
    "query-stickiness": _query("StickinessQuery"),
    "query-lifecycle": _query("LifecycleQuery"),
    # a query without the object around it
    "query-run": lambda given: ("query-run", {"query": dict(given)} if "kind" in given else dict(given)),
    "execute-sql": _sql,
    "read-data-schema": _schema,
}
_INSTEAD: Mapping[str, str] = {
    "dashboard-create-tile": "add-insight-to-dashboard",
    "dashboard-insights-run": "dashboard-get, then insight-query for each insight",
    "experiment-end": "experiment-update with `conclude`",
    "experiment-reset": "experiment-update with `restart`",
    "experiment-pause": "update-feature-flag with `active` false",
    "experiment-resume": "update-feature-flag with `active` true",
    "experiment-ship-variant": "update-feature-flag with the winner at 100 in `filters`",
    "read-data-schema": "event-definitions-list, properties-list, or query-run with SQL for values",
    "query-error-tracking-issue-events": "query-run with SQL over the events `$exception`",
    **{
        f"query-{kind}-actors": "query-run with SQL over `persons`"
        for kind in ("trends", "funnel", "retention", "paths", "stickiness", "lifecycle")
    },
}


def ours(name: str, arguments: _Arguments) -> tuple[str, _Arguments]:
    """The tool that does what the hosted server's tool of that name does, and its arguments; the same where there is none."""
    turn = _TURNS.get(name)
    return turn(arguments) if turn else (name, arguments)


def instead(name: str) -> str | None:
    """What to use instead of a tool of the hosted server that has no counterpart here; None for a name that it has not."""
    return _INSTEAD.get(name)
