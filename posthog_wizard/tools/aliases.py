"""What PostHog's first and its hosted server call tools and arguments, in our words. Data that no client is shown.

The names of the first server are those of its documentation of October 2025, the hosted server's those of September 2026.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

_ID = ("flag_id", "dashboard_id", "insight_id", "experiment_id", "survey_id", "issue_id", "project_id", "org_id")
# Each stands for the first of those that the tool has; a tool's own argument is never taken for another one.
_ANYWHERE: Mapping[str, tuple[str, ...]] = {
    "id": _ID,
    "key": ("flag_key",),
    "short_id": ("insight_id",),
    "organization_id": ("org_id",),
    "search": ("q",),
    "metrics": ("primary_metrics",),
    "metrics_secondary": ("secondary_metrics",),
    "archived": ("archive",),
}
_IN_A_TOOL: Mapping[str, Mapping[str, str]] = {
    "create-feature-flag": {"description": "name"},  # what PostHog's API calls a flag's name is its description
    "update-feature-flag": {"description": "name"},
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
    "insight-query": f"{_OVERRIDES} output_format",
    "insights-get-all": "created_by created_date_from created_date_to dashboards date_from date_to insight saved short_id tags user "
    "last_viewed_date_from last_viewed_date_to",
    "list-errors": _ISSUES,
    "survey-create": f"{_SURVEY} schedule",
    "survey-update": f"{_SURVEY} targeting_flag_id",
    "surveys-get-all": "archived created_by ids status type",
    "survey-stats": "include_per_question_stats",
}
_TYPES: Mapping[type, str] = {
    bool: "is_remote_configuration ensure_experience_continuity archived eligible_for_experiment has_evaluation_contexts saved "
    "delete_insights allow_unknown_events update_feature_flag_params enable_iframe_embedding include_per_question_stats",
    int: "created_by_id data_color_theme_id restriction_level grid_spacing use_dashboard feature_flag_id holdout_id "
    "targeting_flag_id volumeResolution",
    list: "evaluation_contexts quick_filter_ids tiles saved_metrics_ids excluded_variants",
    dict: "filters breakdown_colors filters_override variables_override feature_flag exposure_criteria stats_config parameters "
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
    return found


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
