"""Small OpenAPI documents, as a PostHog serves them."""

from __future__ import annotations

from typing import Any

from posthog_wizard.openapi.model import Index
from posthog_wizard.openapi.reading import compacted, from_compact

PROJECT = "/api/projects/{project_id}"
ENVIRONMENT = "/api/environments/{project_id}"
BY_PATCH = 'Hard delete of this model is not allowed. Use a patch API call to set "deleted" to true'
COHORT: dict[str, Any] = {
    "type": "object",
    "required": ["name", "id"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string", "maxLength": 400},
        "kind": {"$ref": "#/components/schemas/Kind"},
        "filters": {"allOf": [{"$ref": "#/components/schemas/Filters"}], "nullable": True},
    },
}
KIND: dict[str, Any] = {"type": "string", "enum": ["static", "dynamic"]}
FILTERS: dict[str, Any] = {
    "type": "object",
    "required": ["events"],
    "properties": {
        "events": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Filters"}},
        "date_from": {"type": "string", "format": "date", "description": "The first day."},
    },
}


def operation(name: str, *, scopes: tuple[str, ...] = (), body: Any = None, query: Any = None, **more: Any) -> Any:
    """One operation; `query` are its parameters' schemas."""
    parameters = [{"in": "query", "name": one, "schema": schema} for one, schema in (query or {}).items()]
    content = {"requestBody": {"content": {"application/json": {"schema": body}}}} if body is not None else {}
    security = {"security": [{"PersonalAPIKeyAuth": list(scopes)}]} if scopes else {}
    return {"operationId": name, "parameters": parameters, "responses": {}} | content | security | more


def document(paths: dict[str, Any], **schemas: Any) -> dict[str, Any]:
    """A document with these paths and components."""
    return {
        "openapi": "3.0.3",
        "info": {"title": "PostHog API", "version": "1.0.0"},
        "paths": paths,
        "components": {"schemas": {"Kind": KIND, "Filters": FILTERS, "Cohort": COHORT} | schemas},
    }


def index(document: dict[str, Any]) -> Index:
    """The operations of a document."""
    return from_compact(compacted(document))


COHORTS = document(
    {
        f"{PROJECT}/cohorts/": {
            "get": operation("cohorts_list", scopes=("cohort:read",), query={"limit": {"type": "integer"}}),
            "post": operation("cohorts_create", scopes=("cohort:write",), body={"$ref": "#/components/schemas/Cohort"}),
        },
        f"{PROJECT}/annotations/": {"get": operation("annotations_list", scopes=("annotation:read",))},
    }
)
