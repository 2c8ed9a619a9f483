"""The sandbox's `/api/schema/`: what it implements, told as PostHog tells it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from posthog_wizard.sandbox.posthog import ROUTES
from tests.openapi.documents import index
from tests.support.sandboxes import Caller

PATH = "/api/schema/"
YAML, JSON = "application/vnd.oai.openapi", "application/json"


def served(ask: Caller, path: str, **headers: str) -> tuple[int, str, bytes]:
    """What anybody gets, without a key."""
    reply = ask.sandbox.exchange("GET", f"http://posthog.test{path}", headers, b"")
    return reply.status, reply.headers["Content-Type"], reply.body


@pytest.mark.parametrize(
    ("path", "accept", "media"),
    [
        (PATH, "*/*", YAML),
        (PATH, "text/html,*/*;q=0.8", YAML),
        (PATH, "application/yaml", "application/yaml"),
        (PATH, JSON, JSON),
        (PATH, "application/vnd.oai.openapi+json, application/json", "application/vnd.oai.openapi+json"),
        (f"{PATH}?format=json", "*/*", JSON),
        (f"{PATH}?format=yaml", JSON, YAML),
    ],
)
def test_what_is_asked_for_is_served(ask: Caller, path: str, accept: str, media: str) -> None:
    status, kind, body = served(ask, path, Accept=accept)
    assert (status, kind) == (200, media)
    assert body.startswith(b"{") is ("json" in media)


def test_what_is_not_there_is_not_acceptable(ask: Caller) -> None:
    assert served(ask, PATH, Accept="text/csv")[0] == 406


def test_every_route_that_a_key_can_call_is_an_operation(ask: Caller) -> None:
    operations = index(json.loads(served(ask, PATH, Accept=JSON)[2])).operations.values()
    routes = [
        one for one in ROUTES if one.template.startswith("/api/") and one.template.endswith("/") and not one.public
    ]
    assert len(operations) == len(routes)
    assert {one.method for one in operations} == {"GET", "POST", "PATCH", "DELETE"}


@pytest.mark.parametrize(
    ("name", "facts"),
    [
        ("feature_flags_create", {"scopes": ("feature_flag:write",), "reads": False}),
        ("feature_flags_destroy", {"deletes_by_patch": True}),
        ("insights_list", {"reads": True, "within": "project"}),
        ("organizations_retrieve", {"path": "/api/organizations/{id}/", "within": "account"}),
        ("users_retrieve", {"path": "/api/users/{uuid}/"}),
        ("surveys_stats_retrieve_2", {"path": "/api/projects/{project_id}/surveys/{id}/stats/"}),
    ],
)
def test_operations(ask: Caller, name: str, facts: dict[str, Any]) -> None:
    found = index(json.loads(served(ask, PATH, Accept=JSON)[2])).get(name)
    assert {fact: getattr(found, fact) for fact in facts} == facts


def test_bodies_are_told_by_their_checks(ask: Caller) -> None:
    body = index(json.loads(served(ask, PATH, Accept=JSON)[2])).get("feature_flags_create").body or {}
    assert body["required"] == ["key"]
    assert body["properties"]["active"] == {"type": "boolean"}
    assert body["properties"]["bucketing_identifier"] == {"type": ["string", "null"]}
    assert body["properties"]["filters"] == {}


def test_what_is_deleted_by_a_change_cannot_be_deleted(ask: Caller) -> None:
    assert ask("DELETE", "dashboards/1/").refusal == (405, "method_not_allowed", None)
