"""Which operations only read: by rows of what is known to, never by method or scope alone.

`cohorts/{id}/duplicate_as_static_cohort` is a GET that makes a cohort, `insights/viewed` a POST with a scope of reading
that writes. A GET that demands a scope of reading reads; every other operation is a write unless a row names it.
"""

from __future__ import annotations

import re

from posthog_wizard.openapi.model import Operation

_NAMELESS = re.compile(r"\{\w+\}/")
# GETs for which PostHog names no scope, by how their path ends.
_GET = """
activity is_generating_demo_data json_schema stream_tiles default_evaluation_tags evaluation_reasons my_flags unfiled
values logs log metrics totals icon icons my_last_viewed error_details recording_comments recordings
channels clickup_lists clickup_spaces clickup_workspaces google_accessible_accounts google_conversion_actions
linear_teams linkedin_ads_accounts linkedin_ads_conversion_rules twilio_phone_numbers resolve_github
properties_timeline funnel correlation lifecycle stickiness trends draft_sql hedgehog_config two_factor_status scoped_api_keys
"""
# POSTs that only ask, by their path without identifiers.
_POST = """
query query/check_auth_for_async logs/query logs/sparkline endpoints/run endpoints/last_execution_times
surveys/summarize_responses max_tools/create_and_query_insight feature_flags/user_blast_radius feature_flags/bulk_keys
warehouse_saved_queries/ancestors warehouse_saved_queries/descendants file_system/count file_system/count_by_path
persons/funnel persons/funnel/correlation
"""


def reads_only(operation: Operation) -> bool:
    """Whether calling it changes nothing."""
    path = _NAMELESS.sub("", operation.collection).rstrip("/")
    if operation.method == "POST":
        return path in _POST.split()
    if operation.method != "GET":
        return False
    reading = [scope.endswith(":read") for scope in operation.scopes]
    return all(reading) and (bool(reading) or path.rpartition("/")[2] in _GET.split())
