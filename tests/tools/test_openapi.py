"""Every request of every tool, beside PostHog's own OpenAPI: paths, parameters, bodies, enumerations.

`openapi.json` is what we use of the schema of a PostHog Cloud of 2026; `openapi_subset` says how it is made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from tests.support.posthog import Request
from tests.support.serving import Bench, bench, instance
from tests.tools.cases import Case
from tests.tools.openapi_subset import QUERY, SUBSET
from tests.tools.test_rows import CASES
from tests.tools.test_writes import WRITES, Write, built

API: dict[str, Any] = json.loads(SUBSET.read_text())
OPERATIONS: dict[str, Any] = API["operations"]
# What newer sources say, or what this schema leaves out: operation -> names, each with its reason.
TOLERATED: dict[str, dict[str, str]] = {
    "GET /api/projects/{project_id}/dashboards/": {"search": "in posthog/api/dashboards, not described"},
    "GET /api/projects/{project_id}/experiments/": {"search": "in the hosted server's experiment-list"},
    "GET /api/projects/{project_id}/event_definitions/": dict.fromkeys(
        ("search", "limit", "offset"), "described by nothing: the view builds its own SQL"
    ),
    "GET /api/projects/{project_id}/feature_flags/": {
        "archived": "newer servers leave archived flags out unless asked"
    },
    "GET /api/projects/{project_id}/insights/": {
        "search": "in posthog/api/insight, not described",
        "favorited": "in posthog/api/insight, not described",
    },
    "GET /api/projects/{project_id}/surveys/stats/": dict.fromkeys(("date_from", "date_to"), "read from the request"),
    "GET /api/projects/{project_id}/surveys/{id}/stats/": dict.fromkeys(
        ("date_from", "date_to"), "read from the request"
    ),
    "POST /api/projects/{project_id}/insights/": {"saved": "in the serializer of PostHog before March 2026"},
    "POST /api/environments/{project_id}/max_tools/create_and_query_insight/": dict.fromkeys(
        ("query", "insight_type"), "the view reads them, its serializer is another"
    ),
    "PATCH /api/projects/{project_id}/feature_flags/{id}/": {"original_flag": "read from the request beside `version`"},
}
# Requests that this schema has no operation for, with the reason.
UNDESCRIBED = {
    "GET /api/personal_api_keys/@current": "a key may ask about itself alone",
    "GET /api/users/@me/": "described as /api/users/{uuid}/",
    "GET /api/schema/": "the schema itself",
    "GET /api/projects/1/": "described below organizations alone",
    "POST /api/projects/1/mcp_tools/docs_search/": "of the hosted server, newer than this schema",
}
_PATHS = {operation: re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(operation))) for operation in OPERATIONS}
_QUERY = re.compile(r"POST /api/(environments|projects)/\d+/query/")
_POLL = re.compile(r"GET /api/(environments|projects)/\d+/query/[^/]+/")


def operation_of(line: str) -> str | None:
    """The operation of a request; the one with the most words where several fit."""
    found = [operation for operation, pattern in _PATHS.items() if pattern.fullmatch(line)]
    return min(found, key=lambda one: one.count("{"), default=None)


def faults(schema: dict[str, Any], value: Any) -> list[str]:
    """What PostHog's schema says of a value."""
    judge = jsonschema.Draft202012Validator({**schema, "components": API["components"]})
    return [f"{error.json_path}: {error.message[:300]}" for error in judge.iter_errors(value)]


def read(text: str) -> Any:
    """A parameter as the number or truth value that it may be."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def unknown(known: Any, sent: Any, operation: str) -> list[str]:
    return sorted(set(sent) - set(known) - set(TOLERATED.get(operation, {})))


def fields(schema: dict[str, Any]) -> set[str]:
    """The fields of a body that callers may set."""
    if "$ref" in schema:
        schema = API["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return set(schema.get("properties", {}))


def complaints(request: Request) -> Iterator[str]:
    """What is wrong with a request."""
    if _POLL.fullmatch(request.line):
        return
    if _QUERY.fullmatch(request.line):
        if request.body["query"].get("metric", {}).get("metric_type") == "retention":
            return  # newer than this schema
        yield from faults({"$ref": f"#/components/schemas/{QUERY}"}, request.body)
        return
    operation = operation_of(request.line)
    if operation is None:
        yield from [] if re.sub(r"/\d+/", "/1/", request.line) in UNDESCRIBED else [f"no operation: {request.line}"]
        return
    described = OPERATIONS[operation]
    query = dict(request.query)
    yield from (f"parameter {name}" for name in unknown(described["query"], query, operation))
    for name in query.keys() & described["query"].keys():
        texts = faults(described["query"][name], query[name])
        yield from texts and faults(described["query"][name], read(query[name]))
    if request.body is not None:
        body = described.get("body", {})
        yield from (f"field {name}" for name in unknown(fields(body), request.body, operation))
        yield from faults(body, request.body)


@pytest.mark.parametrize("write", WRITES, ids=str)
def test_posthog_describes_what_a_change_sends(write: Write) -> None:
    with instance(samples=built) as server:
        Bench(server).call(write.tool, **write.arguments)
        assert [fault for request in server.requests for fault in complaints(request)] == []


# `api-read` and `api-write` send nothing that the whole schema does not describe: see tests/openapi.
@pytest.mark.parametrize("case", [case for case in CASES if case.tool not in {"api-read", "api-write"}], ids=str)
def test_posthog_describes_what_is_sent(case: Case) -> None:
    with bench(limits=case.limits) as made:
        for reply in case.replies:
            made.posthog.will_answer(*reply)
        made.call(case.tool, **case.arguments)
        assert [fault for request in made.posthog.requests for fault in complaints(request)] == []
