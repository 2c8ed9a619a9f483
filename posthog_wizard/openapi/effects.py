"""What calling an operation does: by rows of what is known, never by its method or its scope alone.

`cohorts/{id}/duplicate_as_static_cohort` is a GET that makes a cohort, `insights/viewed` a POST with a scope of reading
that writes. The first row that fits counts. What no row knows is a write, and a DELETE that no row knows is dangerous.
A GET without a scope is a write, too: PostHog lets no personal key make it, and says nowhere what it does.
"""

import re
from typing import Literal, NamedTuple

from posthog_wizard.openapi.model import Operation

_Effect = Literal["reads", "writes", "asks", "dangerous"]
"""`asks`: a person is asked, for it cannot be taken back. `dangerous`: off unless the server's owner allows it."""


class _EffectRow(NamedTuple):
    """Operations of a kind. `pattern` is looked for in `METHOD /path/*/`, `*` being any parameter."""

    effect: _Effect
    pattern: str
    why: str


_CHANGES = r"^(?:POST|PUT|PATCH|DELETE) .*"
_ANY = r"^\w+ .*"
# POSTs that only ask, by the end of their path.
_ASKING = """
query query/check_auth_for_async query/upgrade logs/query logs/sparkline logs/count endpoints/*/run endpoints/last_execution_times
surveys/*/summarize_responses max_tools/create_and_query_insight feature_flags/user_blast_radius feature_flags/bulk_keys
warehouse_saved_queries/*/ancestors warehouse_saved_queries/*/descendants file_system/*/count file_system/count_by_path
persons/funnel persons/funnel/correlation mcp_tools/docs_search session_recordings/sparkline
"""
# GETs beside lists and single things, by the last word of their path.
_GETS = """
activity all_activity attributes authors breakdown by_name calculation_history channels cohorts columns content correlation
count definitions dependent_flags deliveries eligible_feature_flags error_details event_ingestion_restrictions
evaluation_reasons find fields funnel github_branches github_repos has_logs history icon icons json_schema lifecycle
local_evaluation log logs matching_ids metrics my_flags my_last_viewed overview persons presets properties_timeline
property_definitions property_values recording_comments recordings related remote_config requires_flag_implementation
responses_count result results run runs seen_together sharing snapshots sparkline stats status stickiness summary tags
timeseries_results totals trends unfiled usage values versions
"""
# DELETEs of what its owner can make again, or that only stop something.
_DELETABLE = r"""
actions alerts annotations cohorts comments dashboard_templates dashboards data_color_themes dataset_items datasets
default_evaluation_tags early_access_feature error_tracking/\w+ evaluations experiment_holdouts experiment_saved_metrics
experiments feature_flags file_system file_system_shortcut groups_types/*/metrics insights insight_variables notebooks
persisted_folder query saved session_recording_playlists session_recording_playlists/*/recordings subscriptions surveys
tasks user_interviews web_experiments
"""


def _ends(paths: str, behind: str = "") -> str:
    """A pattern for what ends with one of the paths; `behind` is a pattern for the rest."""
    return f"/(?:{'|'.join(path.replace('*', r'[*]') for path in paths.split())})/{behind}$"


ROWS = (
    _EffectRow("dangerous", rf"{_CHANGES}/(?:organizations/[*]/)?environments_rollback/", "it changes every environment"),
    _EffectRow("dangerous", _CHANGES + r"/change_organization/", "it gives a project away"),
    _EffectRow("dangerous", r"^DELETE .*/(?:organizations|projects|environments)/[*]/$", "it deletes all that is in it"),
    _EffectRow("dangerous", r"^(?:POST|PUT|PATCH) /api/organizations/(?:[*]/)?$", "it changes an organization's settings"),
    _EffectRow("dangerous", _ANY + r"(?:token|secret|2fa|two_factor|api_key|passkey|password|credential|oauth|webauthn)", "it is about secrets"),
    _EffectRow("dangerous", _CHANGES + r"/(?:users|members|memberships|roles?|role_memberships|invites|domains|access_controls?|collaborators|identity_providers?|scim)/", "it changes who may do what"),
    _EffectRow("dangerous", _CHANGES + r"/(?:sharing|shared\w*|share|publish)/", "it shows data to others"),
    _EffectRow("dangerous", _CHANGES + r"/(?:batch_exports|hog_functions|hog_flows|integrations|exports|plugins|plugin_configs|pipeline_\w+|proxy_records|webhooks?|export)/", "it sends data away"),
    _EffectRow("dangerous", r"^GET .*/authorize/|" + _CHANGES + r"/mcp_server\w*/", "it lets another service in"),
    _EffectRow("dangerous", _CHANGES + r"/(?:warehouse_\w+|data_warehouse|external_data_\w+|managed_\w+)/(?!.*/(?:ancestors|descendants)/$)", "it changes the data warehouse"),
    _EffectRow("dangerous", r"^DELETE .*/(?:persons?|session_recordings|event_definitions|property_definitions|groups|events)/", "it deletes collected data"),
    _EffectRow("dangerous", _CHANGES + r"/persons?/.*(?:delete|split|reset|merge)", "it deletes or mixes up persons' data"),
    _EffectRow("asks", _CHANGES + r"/groups/delete_property/$", "what it deletes is gone"),
    _EffectRow("dangerous", _CHANGES + r"/[\w-]*(?:delet|destr|purg|wip(?:e|ing)|eras|truncat|anonymi[sz]|forget|gdpr)[\w-]*/", "it deletes"),
    _EffectRow("asks", "^DELETE .*" + _ends(_DELETABLE, r"(?:[*]/)?"), "what it deletes is gone"),
    _EffectRow("dangerous", "^DELETE ", "what it deletes is not known to be less"),
    _EffectRow("asks", _CHANGES + r"/(?:subscriptions|llm_gateway|broadcast\w*|\w*messages?|e?mails?|notif\w+|send\w*|reply)/", "it sends something, or costs something"),
    _EffectRow("asks", _CHANGES + r"/(?:projects|environments)/(?:[*]/)?$", "it changes a whole project's settings"),
    _EffectRow("asks", _CHANGES + r"/(?:revert_\w+|remove_\w+|reset\w*|rollback\w*|approve\w*|merge\w*|duplicate_to_projects|tasks/[*]/runs?)/$", "it cannot be taken back"),
    _EffectRow("reads", "^POST .*" + _ends(_ASKING), "it only asks"),
)  # fmt: skip
_COMPILED = tuple((row, re.compile(row.pattern)) for row in ROWS)
_READING_GET = re.compile(_ends(_GETS))
_PARAMETER = re.compile(r"\{\w+\}")


def effect_of(operation: Operation) -> _EffectRow:
    """The row that decides. Of a DELETE that PostHog does by a change, nothing is gone for good: it only asks.

    Without a row, a list, a single thing, or a GET that is known to read only reads, where scopes of reading are demanded.
    """
    line = f"{operation.method} {_PARAMETER.sub('*', operation.path)}"
    row = next((row for row, pattern in _COMPILED if pattern.search(line)), None)
    if row is not None:
        by_patch = operation.deletes_by_patch and row.pattern == "^DELETE "
        return _EffectRow("asks", "", "it deletes") if by_patch else row
    reading = bool(operation.scopes) and all(scope.endswith(":read") for scope in operation.scopes)
    if operation.method == "GET" and reading and (operation.plain or _READING_GET.search(line)):
        return _EffectRow("reads", "", "it only asks")
    return _EffectRow("writes", "", "")
