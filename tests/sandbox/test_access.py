"""Who is let in, and what those hear who are not: statuses, codes and texts of PostHog's API."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from posthog_wizard.errors import WizardError
from posthog_wizard.sandbox.api.known_keys import KEYS
from posthog_wizard.sandbox.engine import Engine
from posthog_wizard.sandbox.posthog import Sandbox, sample_rows
from tests.support.sandboxes import MAIN, Caller

READ_ONLY, DASHBOARDS, PROJECT, ORGANIZATION, THROTTLED = (key.value for key in KEYS[1:])
HOME = "018f0000-0000-7000-8000-000000000001"
IN_PROJECTS = "API keys with scoped projects are only supported on project-based endpoints."
INVALID = "Personal API key found in request Authorization header is invalid."

METHODS = {True: "GET", False: "POST"}
REFUSED = (
    # method, path, key, status, code, detail
    ("GET", "/api/users/@me/", None, 401, "not_authenticated", "Authentication credentials were not provided."),
    ("GET", "/api/users/@me/", "phx_wrong", 401, "authentication_failed", INVALID),
    ("GET", "/api/users/@me/", "phc_sandbox_leafline", 401, "authentication_failed", INVALID),
    ("POST", "dashboards/", READ_ONLY, 403, "permission_denied", "API key missing required scope 'dashboard:write'"),
    ("GET", "surveys/", DASHBOARDS, 403, "permission_denied", "API key missing required scope 'survey:read'"),
    ("GET", "/api/organizations/", PROJECT, 403, "permission_denied", IN_PROJECTS),
    ("GET", "/api/projects/2/", PROJECT, 403, "permission_denied",
     "API key does not have access to the requested project: ID 2."),
    ("GET", "/api/organizations/0190/", ORGANIZATION, 403, "permission_denied",
     "API key does not have access to the requested organization: ID 0190."),
    ("GET", "/api/organizations/0190/", MAIN, 404, "not_found", "Not found."),
    ("GET", "/api/projects/99/", MAIN, 404, "not_found", "Project not found."),
    ("GET", "/api/projects/x/", MAIN, 404, "not_found", "Project not found."),
    ("GET", "dashboards/99/", MAIN, 404, "not_found", "Not found."),
    ("PATCH", "dashboards/99/", MAIN, 404, "not_found", "Not found."),
    ("GET", "dashboards", MAIN, 404, "not_found", "Endpoint not found."),
    ("GET", "/", MAIN, 404, "not_found", "Endpoint not found."),
    ("DELETE", "dashboards/", MAIN, 405, "method_not_allowed", 'Method "DELETE" not allowed.'),
    ("DELETE", "dashboards/1/", MAIN, 405, "method_not_allowed",
     'Hard delete of this model is not allowed. Use a patch API call to set "deleted" to true'),
    ("GET", "/api/users/@me/", THROTTLED, 429, "throttled", "Request was throttled. Expected available in 30 seconds."),
)  # fmt: skip


@pytest.mark.parametrize(("method", "path", "key", "status", "code", "detail"), REFUSED)
def test_refused(ask: Caller, method: str, path: str, key: str | None, status: int, code: str, detail: str) -> None:
    answer = ask(method, path, key=key)
    assert (answer.status, answer.body["code"], answer.body["detail"]) == (status, code, detail)
    assert set(answer.body) == {"type", "code", "detail", "attr"}


def test_a_refused_key_is_challenged_and_a_throttled_one_told_when(ask: Caller) -> None:
    assert ask("GET", "/api/users/@me/", key=None).headers["WWW-Authenticate"] == "Bearer"
    assert ask("GET", "/api/users/@me/", key=THROTTLED).headers["Retry-After"] == "30"


ALLOWED = (
    ("/api/personal_api_keys/@current", DASHBOARDS),  # needs no scope
    ("/api/personal_api_keys/@current", PROJECT),
    ("/api/users/@me/", PROJECT),
    ("/api/projects/1/", PROJECT),
    ("/api/projects/@current/", PROJECT),
    ("/api/environments/1/dashboards/", PROJECT),
    (f"/api/organizations/{HOME}/", ORGANIZATION),
    ("/api/organizations/@current/", ORGANIZATION),
    ("/api/projects/2/", ORGANIZATION),
    ("dashboards/", DASHBOARDS),  # what may be written may be read
    ("feature_flags/", READ_ONLY),
)


@pytest.mark.parametrize(("path", "key"), ALLOWED)
def test_allowed(ask: Caller, path: str, key: str) -> None:
    assert ask("GET", path, key=key).status == 200


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (f"/api/users/@me/?personal_api_key={MAIN}", None, 200),
        ("/api/users/@me/?personal_api_key=phx_wrong", None, 401),
        ("dashboards/", {"name": "By body", "personal_api_key": MAIN}, 201),
        ("dashboards/", {"personal_api_key": 1}, 401),
        ("dashboards/", b"personal_api_key", 401),
    ],
)
def test_the_key_may_come_in_the_body_or_the_query(ask: Caller, path: str, body: object, status: int) -> None:
    assert ask(METHODS[body is None], path, body, key=None).status == status


def test_the_record_of_a_key(ask: Caller) -> None:
    record = ask.get("/api/personal_api_keys/@current", key=PROJECT)
    assert (record["scopes"], record["scoped_teams"], record["value"]) == (["*"], [1], None)
    assert PROJECT not in str(record)


def test_the_owner(ask: Caller) -> None:
    me = ask.get("/api/users/@me/")
    assert (me["email"], me["organization"]["name"], me["team"]["id"]) == ("robin@leafline.example", "Leafline", 1)
    assert "current_project" not in me


def test_the_organization_and_its_projects(ask: Caller) -> None:
    assert [row["name"] for row in ask.get(f"/api/organizations/{HOME}/")["projects"]] == [
        "Leafline app",
        "Leafline staging",
    ]
    assert ask.names(f"/api/organizations/{HOME}/projects/?limit=1&offset=1") == ["Leafline staging"]
    assert ask.names("/api/organizations/") == ["Leafline"]


def no_engine() -> Engine:
    raise WizardError("DuckDB is not installed", "install it")


def a_bug() -> Engine:
    raise ZeroDivisionError


@pytest.mark.parametrize(
    ("engine", "status", "words"), [(no_engine, 400, "install it"), (a_bug, 500, "A server error")]
)
def test_queries_without_an_engine(engine: Callable[[], Engine], status: int, words: str, tmp_path: Path) -> None:
    """What is missing is said; a bug of ours is a server's error, and no more is told."""
    opened = Sandbox(tmp_path, samples=sample_rows, engine=engine, keys=KEYS)
    answer = Caller(opened)("GET", "event_definitions/")
    opened.close()
    assert answer.status == status
    assert words in answer.body["detail"]
