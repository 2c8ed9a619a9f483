"""Answers and what they mean: the bodies are those of the live API."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from posthog_wizard import errors
from posthog_wizard.api import replies
from posthog_wizard.model import Json, Secret
from posthog_wizard.net.retry_after import retry_after
from tests.support import posthog

KEY = Secret("phx_Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4z")
BASE = "https://us.posthog.com"
PAGE = b"<!DOCTYPE html><html><body>502 Bad Gateway</body></html>"


def reply(status: int, body: object = b"", **headers: str) -> replies.ApiReply:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return replies.ApiReply(BASE, "GET", "/api/projects/1/", status, named, raw)


def sent(answer: posthog.Reply) -> replies.ApiReply:
    headers = {name.lower(): value for name, value in answer.headers}
    return replies.ApiReply(BASE, "GET", "/api/projects/1/", answer.status, headers, answer.encoded())


@pytest.mark.parametrize(
    ("status", "body", "content"),
    [
        (200, b'{"a": [1, null, "\xc3\xa4"]}', {"a": [1, None, "ä"]}),
        (200, b"[]", []),
        (201, b"1", 1),
        (204, b"", None),
        (202, b" \r\n", None),
        (200, b"null", None),
    ],
)
def test_content(status: int, body: bytes, content: Json) -> None:
    assert replies.read_reply(reply(status, body), KEY) == content


@pytest.mark.parametrize(
    ("status", "body", "what"),
    [
        (200, PAGE, "a web page instead of JSON"),
        (200, b'{"results": [1, 2', "cut off or broken"),
        (200, b"\xff\xfe\x00", "text instead of JSON"),
        (200, b"[" * 100_000, "cut off or broken"),
        (401, PAGE, "answered 401 with a web page"),
        (403, PAGE, "answered 403 with a web page"),
        (403, b"[1]", "answered 403 with"),
        (404, b"", "answered 404 with nothing"),
        (404, b'{"error": "no route"}', "answered 404"),
        (405, b"Method Not Allowed", "answered 405 with text"),
    ],
)
def test_not_the_api(status: int, body: bytes, what: str) -> None:
    with pytest.raises(errors.BadReply, match=r"^`https://us\.posthog\.com` ") as caught:
        replies.read_reply(reply(status, body), KEY)
    assert what in caught.value.message
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("answer", "kind", "message", "facts"),
    [
        (
            posthog.bad_key(),
            errors.BadKey,
            f"`{BASE}` does not accept the key: Personal API key found in request Authorization header is invalid.",
            {"status": 401},
        ),
        (
            posthog.no_key(),
            errors.BadKey,
            "`https://us.posthog.com` does not accept the key: Authentication credentials were not provided.",
            {"status": 401},
        ),
        (
            posthog.missing_scope("dashboard:write"),
            errors.MissingScope,
            "the key lacks the scope `dashboard:write`",
            {"status": 403, "scope": "dashboard:write"},
        ),
        (
            posthog.forbidden('API key missing required scope "query:read"'),
            errors.MissingScope,
            "the key lacks the scope `query:read`",
            {"scope": "query:read"},
        ),
        (
            posthog.forbidden("API key does not have access to the requested project: ID 5."),
            errors.MissingScope,
            "the key is not allowed to do this: API key does not have access to the requested project: ID 5.",
            {"status": 403, "scope": None},
        ),
        (
            posthog.not_found(),
            errors.NotFound,
            "PostHog has nothing at `/api/projects/1/`: Not found.",
            {"status": 404},
        ),
        (
            posthog.invalid("filters", "This field is required.", "required"),
            errors.Rejected,
            "PostHog rejected `filters`: This field is required.",
            {"status": 400, "field": "filters"},
        ),
        (
            posthog.problem(400, "validation_error", "invalid_input", "Query is too long."),
            errors.Rejected,
            "PostHog rejected GET `/api/projects/1/`: Query is too long.",
            {"status": 400, "field": None},
        ),
        (
            posthog.problem(402, "payment_required", "upgrade", "This needs another plan."),
            errors.Rejected,
            "PostHog rejected GET `/api/projects/1/`: This needs another plan.",
            {"status": 402},
        ),
        (
            posthog.Reply(409, b""),
            errors.Rejected,
            "PostHog rejected GET `/api/projects/1/`: status 409",
            {"status": 409},
        ),
        (
            posthog.problem(405, "invalid_request", "method_not_allowed", 'Method "GET" not allowed.'),
            errors.Rejected,
            'PostHog rejected GET `/api/projects/1/`: Method "GET" not allowed.',
            {"status": 405},
        ),
        (
            posthog.throttled(17),
            errors.RateLimited,
            "`https://us.posthog.com` has had too many requests with this key: Request was throttled.",
            {"status": 429, "retry_after": 17.0, "hint": "try again in 17 seconds"},
        ),
        (
            posthog.throttled(None),
            errors.RateLimited,
            "`https://us.posthog.com` has had too many requests with this key: Request was throttled.",
            {"retry_after": None, "hint": "try again in a minute"},
        ),
        (
            posthog.Reply(429, b"slow down"),
            errors.RateLimited,
            "`https://us.posthog.com` has had too many requests with this key",
            {"retry_after": None},
        ),
        (
            posthog.failure(500),
            errors.ServerFault,
            "`https://us.posthog.com` failed with status 500: A server error occurred.",
            {"status": 500, "retry_after": None},
        ),
        (
            posthog.Reply(502, PAGE),
            errors.ServerFault,
            "`https://us.posthog.com` failed with status 502",
            {"status": 502},
        ),
        (
            posthog.failure(503, Retry_After="3"),
            errors.ServerFault,
            "`https://us.posthog.com` failed with status 503: A server error occurred.",
            {"status": 503, "retry_after": 3.0},
        ),
    ],
)
def test_errors(answer: posthog.Reply, kind: type[errors.ApiError], message: str, facts: dict[str, Any]) -> None:
    with pytest.raises(kind) as caught:
        replies.read_reply(sent(answer), KEY)
    assert type(caught.value) is kind
    assert caught.value.message == message
    assert {name: getattr(caught.value, name) for name in facts} == facts


@pytest.mark.parametrize("answer", [posthog.bad_key(), posthog.missing_scope("a:read"), posthog.forbidden("no")])
def test_the_hint_names_the_page_that_helps(answer: posthog.Reply) -> None:
    hint = replies.error_of(sent(answer), KEY).hint
    assert "https://us.posthog.com/settings/user-api-keys?preset=mcp_server" in str(hint)


@pytest.mark.parametrize(
    ("headers", "identifier"),
    [({}, None), ({"x_request_id": "r-1", "cf_ray": "c"}, "r-1"), ({"cf_ray": "9abc-FRA"}, "9abc-FRA")],
)
def test_request_id(headers: dict[str, str], identifier: str | None) -> None:
    assert replies.error_of(reply(500, b"", **headers), KEY).request_id == identifier


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
@pytest.mark.parametrize("member", ["detail", "attr"])
def test_an_echoed_key_is_masked(status: int, member: str) -> None:
    body = {"type": "x", "code": "c", "detail": "d", "attr": "a", member: f"no such key: {KEY.reveal()}!"}
    error = replies.error_of(reply(status, body), KEY)
    assert KEY.reveal() not in f"{error} {error.hint} {vars(error)}"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\nlines\tand  spaces", "two lines and spaces"),
        ("\x1b[31mred\x07\u202e", "[31mred"),
        ("x" * 501, "x" * 500 + "…"),
        (f"<{KEY.reveal()}>", f"<{KEY.masked()}>"),
    ],
)
def test_scrub(text: str, shown: str) -> None:
    assert replies.scrub_text(text, KEY) == shown


def test_scrub_finds_the_key_in_its_other_spellings() -> None:
    assert replies.scrub_text("a%2Fb%3D and a/b=", Secret("a/b=")) == "… and …"


@pytest.mark.parametrize(
    ("detail", "shown"),
    [
        ({"query": ["is bad"]}, '{"query": ["is bad"]}'),
        (None, "code_only"),
        ("", "code_only"),
    ],
)
def test_odd_details(detail: Json, shown: str) -> None:
    error = replies.error_of(reply(400, {"code": "code_only", "detail": detail, "attr": 3}), KEY)
    assert error.message == f"PostHog rejected GET `/api/projects/1/`: {shown}"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        (" 12 ", 12.0),
        ("Sun, 22 Nov 2026 12:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 12:00:30 -0000", 30.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("0" * 5000, 0.0),
        ("9" * 400, 86_400.0),
        ("9" * 5000, 86_400.0),
        ("86401", 86_400.0),
        ("NaN", None),
        ("inf", None),
        ("1e5", None),
        ("0, 0", None),
        ("Sun, 22 Nov 2026 13:00:30 +0100", 30.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400.0),
        ("Fri, 31 Dec 9999 23:59:59 -2359", 86_400.0),
        ("Mon, 01 Jan 0001 00:00:00 +2359", 0.0),
        ("Mon, 01 Jan 99999999999999 00:00:00 GMT", None),
        (f"Mon, 01 Jan {'9' * 5000} 00:00:00 GMT", None),
        ("Mon, 01 Jan 2100 00:00:00 +99999999999999", None),
        ("Mon, 32 Jan 2100 25:61:61 GMT", None),
    ],
)
def test_retry_after(text: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": text}, datetime(2026, 11, 22, 12, tzinfo=UTC)) == seconds


def test_retry_after_unsaid() -> None:
    assert retry_after({}) is None
