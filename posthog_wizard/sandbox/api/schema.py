"""`/api/schema/`: what the sandbox implements as an OpenAPI document, made of its routes as drf-spectacular does of views.

Like PostHog it speaks YAML to those who do not ask for JSON:
https://drf-spectacular.readthedocs.io/en/latest/drf_spectacular.views.html
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection
from contextlib import suppress
from typing import Any

from posthog_wizard.sandbox.api.fields import FieldCheck
from posthog_wizard.sandbox.api.http_messages import JSON_TYPE, ApiErrorReply, HttpReply, api_error
from posthog_wizard.sandbox.api.routes import PAGED, RequestContext, Route

_YAML, _OPENAPI_JSON = "application/vnd.oai.openapi", "application/vnd.oai.openapi+json"
_TYPES = {"json": JSON_TYPE, "yaml": _YAML}
_MEDIA = (_YAML, "application/yaml", _OPENAPI_JSON, JSON_TYPE)
_PARENT = re.compile(r"/api/(?:projects/\{project_id\}/(?=.)|organizations/\{organization_id\}/(?=.))?")
_ONE = re.compile(r"(project|organization)s/\{\1_id\}/$")
_VERBS = {"GET": "retrieve", "POST": "create", "PATCH": "partial_update", "DELETE": "destroy"}
_SAMPLES = {"string": "x", "boolean": True, "integer": 1, "array": [], "object": {}, "null": None}


def schema_route(routes: Collection[Route]) -> Route:
    """The route of the schema of these routes."""

    def answer(context: RequestContext) -> HttpReply:
        media = _media(context.request.query.get("format", ""), context.request.headers.get("accept", "*/*"))
        text = json.dumps(_document(routes), ensure_ascii=False)
        return HttpReply(200, {"Content-Type": media}, (text if "json" in media else f"# OpenAPI\n{text}").encode())

    return Route("GET", "/api/schema/", None, answer, frozenset({"format"}), public=True)


def _document(routes: Collection[Route]) -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    ids: Counter[str] = Counter()
    for route in routes:
        if route.template.startswith("/api/") and route.template.endswith("/") and not route.public:
            path = _ONE.sub(r"\1s/{id}/", route.template).replace("@me", "{uuid}").replace("@current", "{id}")
            found = _operation(route, path)
            ids[found["operationId"]] += 1
            number = ids[found["operationId"]]
            found["operationId"] += f"_{number}" if number > 1 else ""
            paths.setdefault(path, {})[route.method.lower()] = found
    return {"openapi": "3.0.3", "info": {"title": "PostHog API", "version": "1.0.0"}, "paths": paths}


def _media(asked: str, accept: str) -> str:
    if asked in _TYPES:
        return _TYPES[asked]
    accepted = [one.partition(";")[0].strip() for one in accept.split(",")]
    found = next((one for one in accepted if one in {*_MEDIA, "*/*", "application/*"}), None)
    if found is None:
        raise api_error(406, "not_acceptable", "Could not satisfy the request Accept header.")
    return found if found in _MEDIA else _YAML


def _operation(route: Route, path: str) -> dict[str, Any]:
    words = [word.replace("-", "_") for word in _PARENT.sub("", path).split("/") if word[:1] != "{"]
    verb = "list" if route.method == "GET" and route.parameters >= PAGED else _VERBS[route.method]
    in_path: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", path)
    ]
    in_query: list[dict[str, Any]] = [
        {"name": name, "in": "query", "schema": {"type": "integer" if name in PAGED else "string"}}
        for name in sorted(route.parameters)
    ]
    found = {
        "operationId": "_".join([*filter(None, words), verb]),
        "description": route.text,
        "parameters": in_path + in_query,
        "security": [{"PersonalAPIKeyAuth": [route.scope]}] if route.scope else [],
        "responses": {"200": {"content": {JSON_TYPE: {}}}},
    }
    if route.method in {"POST", "PATCH"}:
        properties = {
            name: _type(name, route.checks[name]) if name in route.checks else {} for name in route.fields or ()
        }
        required = {"required": sorted(route.required)} if route.required else {}
        schema = {"type": "object", "properties": properties, **required}
        found["requestBody"] = {"content": {JSON_TYPE: {"schema": schema}}}
    return found


def _type(name: str, check: FieldCheck) -> dict[str, Any]:
    """What a check lets pass; nothing where it is choosier than by types."""
    kinds = []
    for kind, sample in _SAMPLES.items():
        with suppress(ApiErrorReply):
            check(name, sample)
            kinds.append(kind)
    types = [kind for kind in kinds if kind != "null"]
    return {"type": types[0]} | ({"nullable": True} if "null" in kinds else {}) if len(types) == 1 else {}
