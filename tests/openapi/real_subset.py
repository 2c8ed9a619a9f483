"""Makes `real_subset.json` of PostHog's own schema: a few operations as they stand there, with twins, PUTs and all texts.

    python -m tests.openapi.real_subset openapi.json.gz

Every PostHog serves its schema at `/api/schema/?format=json`.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SUBSET = Path(__file__).with_name("real_subset.json")
_KINDS = """annotations cohorts cohorts/{id}/duplicate_as_static_cohort cohorts/{id}/persons persons persons/bulk_delete
persons/{id}/split session_recordings session_recordings/{id} actions early_access_feature subscriptions exports
exports/{id} exports/{id}/content batch_exports/{id}/pause hog_functions/{id} query/{id} logs/query surveys/{id}/duplicate_to_projects
dashboards/{dashboard_id}/sharing dashboards/{dashboard_id}/sharing/passwords feature_flags/{id}/remote_config
error_tracking/releases groups_types environments/{id}/reset_token warehouse_tables/file events datasets"""
_OF_ORGANIZATIONS = "members members/{user__uuid} projects projects/{id} projects/{id}/change_organization invites"
_OF_ACCOUNTS = "organizations organizations/{id} organizations/{id}/environments_rollback users users/{uuid}"
_MOST, _DEEPEST = 12, 4  # fields of an object, levels


def subset(whole: Mapping[str, Any]) -> dict[str, Any]:
    """These operations, their bodies made small."""
    wanted = [
        *(
            f"/api/{parent}/{{project_id}}/{kind}/"
            for kind in _KINDS.split()
            for parent in ("projects", "environments")
        ),
        *(
            f"/api/{parent}/{{project_id}}/{kind}/{{id}}/"
            for kind in _KINDS.split()
            for parent in ("projects", "environments")
        ),
        *(f"/api/organizations/{{organization_id}}/{kind}/" for kind in _OF_ORGANIZATIONS.split()),
        *(f"/api/{kind}/" for kind in _OF_ACCOUNTS.split()),
    ]
    paths = {path: whole["paths"][path] for path in wanted if path in whole["paths"]}
    for operation in (operation for methods in paths.values() for operation in methods.values()):
        replies = operation["responses"].items()
        operation["responses"] = {
            status: {"content": {media: {} for media in one.get("content", {})}} for status, one in replies
        }
        for content in operation.get("requestBody", {}).get("content", {}).values():
            content["schema"] = _small(content.get("schema", {}))
        _drop_repeated_forms(operation)
    return {"openapi": whole["openapi"], "info": whole["info"], "paths": paths, "components": {"schemas": {}}}


def _drop_repeated_forms(operation: dict[str, Any]) -> None:
    """The same body as a form, which nobody of us sends."""
    content = operation.get("requestBody", {}).get("content", {})
    for media in [media for media in content if "application/json" in content and media != "application/json"]:
        content[media] = {"schema": {}}


def _small(schema: Any, depth: int = 0) -> Any:
    """The first of its fields, and not too deep."""
    if not isinstance(schema, dict):
        return [_small(one, depth) for one in schema] if isinstance(schema, list) else schema
    if depth > _DEEPEST:
        return {}
    properties = dict(list(schema.get("properties", {}).items())[:_MOST])
    kept = {name: _small(value, depth + 1) for name, value in schema.items() if name not in {"properties", "required"}}
    if properties:
        kept["properties"] = {name: _small(value, depth + 1) for name, value in properties.items()}
        kept["required"] = [name for name in schema.get("required", ()) if name in properties]
    return kept


if __name__ == "__main__":
    with gzip.open(sys.argv[1]) as file:
        SUBSET.write_text(json.dumps(subset(json.load(file)), indent=None, sort_keys=True) + "\n", encoding="utf-8")
