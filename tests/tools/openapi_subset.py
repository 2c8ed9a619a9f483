"""Makes `openapi.json` of PostHog's own schema: the operations that our tools use, without words, as JSON Schema.

    python -m tests.tools.openapi_subset openapi.json.gz

Every PostHog serves its schema at `/api/schema/?format=json`.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

SUBSET = Path(__file__).with_name("openapi.json")
_PROJECT = "/api/projects/{project_id}"
_KINDS = ("dashboards", "insights", "feature_flags", "experiments", "surveys")
OPERATIONS = (
    *((method, f"{_PROJECT}/{kind}/") for kind in _KINDS for method in ("get", "post")),
    *((method, f"{_PROJECT}/{kind}/{{id}}/") for kind in _KINDS for method in ("get", "patch")),
    ("get", f"{_PROJECT}/surveys/{{id}}/stats/"),
    ("get", f"{_PROJECT}/surveys/stats/"),
    ("get", f"{_PROJECT}/event_definitions/"),
    ("get", f"{_PROJECT}/property_definitions/"),
    ("post", "/api/environments/{project_id}/max_tools/create_and_query_insight/"),
    ("get", "/api/organizations/"),
    ("get", "/api/organizations/{id}/"),
    ("get", "/api/organizations/{organization_id}/projects/"),
    ("get", "/api/organizations/{organization_id}/projects/{id}/"),
)
# The query endpoint's body is a component of its own; of its kinds those that we send.
QUERY = "QueryRequest"
QUERIES = ("TrendsQuery", "FunnelsQuery", "RetentionQuery", "PathsQuery", "LifecycleQuery", "StickinessQuery", "HogQLQuery",
           "ErrorTrackingQuery", "ExperimentQuery", "ExperimentExposureQuery", "InsightVizNode", "DataVisualizationNode")  # fmt: skip
_WORDS = {
    "description",
    "title",
    "default",
    "example",
    "format",
    "readOnly",
    "writeOnly",
    "discriminator",
    "x-spec-enum-id",
}
_ANYTHING = {"response", "modifiers", "tags"}  # parts of a query that we do not send
_REF = "#/components/schemas/"


def subset(whole: Mapping[str, Any]) -> dict[str, Any]:
    """Operations with their parameters and body, and the components that bodies name."""
    operations = {f"{method.upper()} {path}": _operation(whole["paths"][path][method]) for method, path in OPERATIONS}
    kept: dict[str, Any] = {}
    schemas = whole["components"]["schemas"]
    wanted = [*_references(operations), QUERY]
    while wanted:
        name = wanted.pop()
        if name not in kept:
            kept[name] = _slim(schemas[name])
            if name == QUERY:
                kept[name]["properties"]["query"] = {"anyOf": [{"$ref": _REF + one} for one in QUERIES]}
            wanted += _references(kept[name])
    return {"operations": operations, "components": {"schemas": dict(sorted(kept.items()))}}


def _operation(found: Mapping[str, Any]) -> dict[str, Any]:
    content = (found.get("requestBody") or {}).get("content", {}).get("application/json")
    query = {one["name"]: _slim(one.get("schema", {})) for one in found.get("parameters", []) if one["in"] == "query"}
    return {"query": query} | ({"body": _slim(content["schema"])} if content else {})


def _slim(node: Any) -> Any:
    """Without words, and without what callers cannot set; null beside the types that may be null."""
    if isinstance(node, list):
        return [_slim(one) for one in node]
    if not isinstance(node, dict):
        return node
    kept = {
        name: _slim(value)
        for name, value in node.items()
        if name not in {*_WORDS, "nullable", "properties", "required"}
    }
    if "properties" in node:
        fields = {name: {} if name in _ANYTHING else value for name, value in node["properties"].items()}
        set_by_callers = {name: value for name, value in fields.items() if not value.get("readOnly")}
        kept["properties"] = {name: _slim(value) for name, value in set_by_callers.items()}
        required = [name for name in node.get("required", []) if name in kept["properties"]]
        kept |= {"required": required} if required else {}
    return {"anyOf": [kept, {"type": "null"}]} if node.get("nullable") and kept else kept


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for one in node:
            yield from _references(one)
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"].removeprefix(_REF)
        for value in node.values():
            yield from _references(value)


if __name__ == "__main__":
    source = Path(sys.argv[1])
    text = gzip.decompress(source.read_bytes()) if source.suffix == ".gz" else source.read_bytes()
    SUBSET.write_text(json.dumps(subset(json.loads(text)), separators=(",", ":"), sort_keys=True) + "\n")
