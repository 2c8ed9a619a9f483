"""The sandbox's sign-in pages: who may see and approve, what a page gives away, and PostHog's errors."""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.sandbox.api.grants import TokenRules
from posthog_wizard.sandbox.api.http_messages import HttpReply
from posthog_wizard.sandbox.posthog import Sandbox
from tests.support.people import NAVIGATION, TOKEN
from tests.support.posthog_core import world
from tests.support.sandboxes import NOON, Answer, answer_of

ORIGIN = "http://127.0.0.1:8010"
FORM = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"  # RFC 7636, appendix B
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
BACK = "http://127.0.0.1:41234/callback"


class Visitor:
    """Somebody who asks a sandbox, at a time that can be moved."""

    def __init__(self, folder: Path, **rules: Any) -> None:
        self.now = NOON
        self.sandbox = Sandbox(
            folder,
            samples=world,
            engine=lambda: pytest.fail("no query"),
            now=lambda: self.now,
            rules=TokenRules(**rules),
        )
        self.cookie = ""

    def asks(self, method: str, path: str, body: Any = None, **headers: str) -> HttpReply:
        content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.sandbox.exchange(method, f"{ORIGIN}{path}", {"Cookie": self.cookie, **given}, content)

    def api(self, path: str, **fields: Any) -> Answer:
        return answer_of(self.asks("POST", path, fields, Content_Type="application/json"))

    def opens(self, path: str, **headers: str) -> HttpReply:
        return self.asks(
            "GET", path, b"", **{**{name.replace("-", "_"): value for name, value in NAVIGATION.items()}, **headers}
        )

    def posts(self, path: str, headers: Mapping[str, str] = FORM, **fields: str) -> HttpReply:
        from urllib.parse import urlencode

        return self.asks(
            "POST", path, urlencode(fields).encode(), **{name.replace("-", "_"): v for name, v in headers.items()}
        )

    def signs_in(self) -> str:
        """A session; the token of its forms."""
        led = self.posts("/cli/authorize", sign_in_code=self.sandbox.door.new_code())
        self.cookie = led.headers["Set-Cookie"].split(";")[0]
        found = TOKEN.search(self.opens("/cli/authorize").body.decode())
        assert found is not None
        return found[1]

    def code(self) -> dict[str, Any]:
        body: dict[str, Any] = self.api("/api/cli-auth/device-code/").body
        return body

    def registers(self, **changes: Any) -> Answer:
        return self.api("/oauth/register/", **{"client_name": "pw-cli", "redirect_uris": [BACK], **changes})

    def address(self, **changes: str) -> str:
        from urllib.parse import urlencode

        client = self.registers().body["client_id"]
        asked = {"client_id": client, "redirect_uri": BACK, "response_type": "code", "code_challenge": CHALLENGE}
        return f"/oauth/authorize/?{urlencode({**asked, 'code_challenge_method': 'S256', 'state': 's', **changes})}"

    def approves(self, address: str) -> dict[str, str]:
        """What the browser is led back with, and what the token endpoint wants."""
        from urllib.parse import parse_qs, urlsplit

        led = self.posts(address, token=self.signs_in(), decision="approve", project="2").headers["Location"]
        client = parse_qs(urlsplit(address).query)["client_id"][0]
        code = parse_qs(urlsplit(led).query)["code"][0]
        return {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": client,
            "redirect_uri": BACK,
            "code_verifier": VERIFIER,
        }


@pytest.fixture
def visitor(tmp_path: Path) -> Iterator[Visitor]:
    made = Visitor(tmp_path / "sandbox")
    yield made
    made.sandbox.close()


# ------------------------------------------------------------------ who may


def test_the_code_of_the_door_counts_once_and_only_its_user_can_read_it(visitor: Visitor) -> None:
    code = visitor.sandbox.door.code()
    assert visitor.sandbox.door.code() == code
    assert stat.S_IMODE(visitor.sandbox.door.path.stat().st_mode) == 0o600
    first = visitor.posts("/cli/authorize", sign_in_code=f" {code[:4]}-{code[4:].lower()} ")
    assert (first.status, first.headers["Location"]) == (303, "/cli/authorize?")
    assert re.fullmatch(r"sandbox_session=[\w-]{43}; HttpOnly; SameSite=Strict; Path=/", first.headers["Set-Cookie"])
    again = visitor.posts("/cli/authorize", sign_in_code=code)
    assert (again.status, "Set-Cookie" in again.headers, "used already" in again.body.decode()) == (403, False, True)
    assert visitor.posts("/cli/authorize", sign_in_code="").status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://127.0.0.1:9999", "Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "none"},
    ],
)
@pytest.mark.parametrize("path", ["/cli/authorize?code=X", "/oauth/authorize/?client_id=x"])
def test_a_form_of_another_page_is_refused(headers: dict[str, str], path: str, visitor: Visitor) -> None:
    token = visitor.signs_in()
    assert visitor.posts(path, headers, token=token, decision="approve", code="X").status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Mode": "no-cors", "Sec_Fetch_Dest": "image"},
        {"Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "iframe"},
        {"Sec_Fetch_Mode": "cors", "Sec_Fetch_Dest": "empty"},
    ],
)
def test_a_page_is_shown_in_a_window_of_its_own_only(headers: dict[str, str], visitor: Visitor) -> None:
    visitor.signs_in()
    assert [visitor.opens(path, **headers).status for path in ("/cli/authorize", visitor.address())] == [403, 403]


@pytest.mark.parametrize("token", ["", "wrong", "é"])
def test_without_the_session_s_token_nothing_is_approved(token: str, visitor: Visitor) -> None:
    code = visitor.code()
    visitor.signs_in()
    visitor.posts(
        "/cli/authorize", token=token, decision="approve", code=code["user_code"], project="2", preset="read-only"
    )
    assert visitor.api("/api/cli-auth/poll/", device_code=code["device_code"]).status == 202
    visitor.cookie = "sandbox_session=guessed"
    assert visitor.api("/api/cli-auth/authorize/", user_code=code["user_code"], project_id=2).status == 403


def faults(page: HttpReply, key: str) -> list[str]:
    """What a page gives away, and what protects it not."""
    text, headers = page.body.decode().lower(), page.headers
    policy = headers["Content-Security-Policy"]
    wrong = {
        "the key": key.lower() in text,
        "a script": "<script" in text,
        "anything may be loaded": not policy.startswith("default-src 'none'; "),
        "it can be framed": "frame-ancestors 'none'" not in policy or headers["X-Frame-Options"] != "DENY",
        "it is kept": headers["Cache-Control"] != "no-store",
    }
    return [what for what, true in wrong.items() if true]


def test_pages_give_nothing_away(visitor: Visitor) -> None:
    code, token = visitor.code(), visitor.signs_in()
    shown = visitor.opens(f"/cli/authorize?code={code['user_code']}&use_cases=schema,<script>")
    done = visitor.posts(
        "/cli/authorize", token=token, decision="approve", code=code["user_code"], project="2", preset="schema"
    )
    key = visitor.api("/api/cli-auth/poll/", device_code=code["device_code"]).body["personal_api_key"]
    asked = visitor.opens(visitor.address(scope="<b>", state="<i>"))
    assert [faults(page, key) for page in (shown, done, asked)] == [[], [], []]
    assert '<option value="schema" selected>' in shown.body.decode()
    assert "form-action 'self' http://127.0.0.1:41234;" in asked.headers["Content-Security-Policy"]


# ------------------------------------------------------------------ codes


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"scopes": []}, "invalid_request"),
        ({"scopes": "query:read"}, "invalid_request"),
        ({"scopes": ["file_system:write"]}, "invalid_scope"),
        ({"user_code": "WXYZ-0000"}, "invalid_code"),
        ({"project_id": 99}, "invalid_project"),
        ({}, None),
    ],
)
def test_what_the_page_s_question_is_answered(fields: dict[str, Any], error: str | None, visitor: Visitor) -> None:
    code = visitor.code()["user_code"]
    visitor.signs_in()
    asked = {"user_code": code, "project_id": 2, **fields}
    assert visitor.api("/api/cli-auth/authorize/", **asked).body.get("error") == error
    again = error or "already_authorized"
    assert visitor.api("/api/cli-auth/authorize/", **asked).body.get("error") == again


def test_a_key_is_given_once_and_only_for_its_project(visitor: Visitor) -> None:
    code = visitor.code()
    assert re.fullmatch(r"[A-Z]{4}-[0-9]{4}", code["user_code"])
    visitor.signs_in()
    visitor.api("/api/cli-auth/authorize/", user_code=code["user_code"], project_id=2)
    given = visitor.api("/api/cli-auth/poll/", device_code=code["device_code"]).body
    assert (given["status"], given["project_id"], given["scopes"][0]) == ("authorized", "2", "event_definition:read")
    assert visitor.api("/api/cli-auth/poll/", device_code=code["device_code"]).body["error"] == "expired_token"
    assert visitor.api("/api/cli-auth/poll/").status == 400
    visitor.sandbox.store.reset()
    record = answer_of(
        visitor.asks("GET", "/api/personal_api_keys/@current", b"", Authorization=f"Bearer {given['personal_api_key']}")
    )
    assert (record.status, record.body["scoped_teams"], record.body["label"]) == (200, [2], given["label"])


def test_a_code_that_is_over(visitor: Visitor) -> None:
    code = visitor.code()
    visitor.signs_in()
    visitor.now += timedelta(seconds=601)
    assert visitor.api("/api/cli-auth/poll/", device_code=code["device_code"]).body["status"] == "expired"
    answer = visitor.api("/api/cli-auth/authorize/", user_code=code["user_code"], project_id=2)
    assert answer.body["error"] == "invalid_code"


def test_too_many_codes(visitor: Visitor) -> None:
    statuses = [visitor.api("/api/cli-auth/device-code/").status for _ in range(101)]
    assert (set(statuses[:100]), statuses[100]) == ({200}, 429)


# ------------------------------------------------------------------ OAuth


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_name": "PostHog wizard"}, "invalid_client_metadata"),
        ({"client_name": "An official thing"}, "invalid_client_metadata"),
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://evil.example/"]}, "invalid_redirect_uri"),
        ({"redirect_uris": [1]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["https://["]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://localhost/callback"]}, None),
    ],
)
def test_who_can_be_registered(changes: dict[str, Any], error: str | None, visitor: Visitor) -> None:
    answer = visitor.registers(**changes)
    assert (answer.status, answer.body.get("error")) == (400 if error else 201, error)


@pytest.mark.parametrize(
    ("changes", "status", "where"),
    [
        ({"client_id": "x"}, 400, None),
        ({"redirect_uri": "https://evil.example/"}, 400, None),
        ({"redirect_uri": "https://["}, 400, None),
        ({"code_challenge_method": "plain"}, 303, "error=invalid_request&state=s&iss="),
        ({"code_challenge": ""}, 303, "error=invalid_request"),
        ({"response_type": "token"}, 303, "error=unsupported_response_type"),
        ({"redirect_uri": f"{BACK}?x=1"}, 400, None),
        ({}, 200, None),
    ],
)
def test_what_a_wrong_address_gets(changes: dict[str, str], status: int, where: str | None, visitor: Visitor) -> None:
    answer = visitor.opens(visitor.address(**changes))
    assert answer.status == status
    assert answer.headers.get("Location", "").startswith(f"{BACK}?{where}" if where else "")


def test_a_form_of_a_wrong_address_approves_nothing(visitor: Visitor) -> None:
    led = visitor.posts(visitor.address(code_challenge=""), token=visitor.signs_in(), decision="approve")
    assert (led.status, led.headers["Location"].partition("&")[0]) == (303, f"{BACK}?error=invalid_request")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "other"}, "invalid_grant"),
        ({"code_verifier": "\ud800"}, "invalid_grant"),
        ({"code": "other"}, "invalid_grant"),
        ({"client_id": "other"}, "invalid_grant"),
        ({"redirect_uri": "http://127.0.0.1:1/callback"}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({}, None),
    ],
)
def test_what_a_code_gives(changes: dict[str, str], error: str | None, visitor: Visitor) -> None:
    sent = visitor.approves(visitor.address())
    answer = visitor.api("/oauth/token/", **{**sent, **changes})
    assert answer.body.get("error") == error


def test_a_code_that_is_used_twice_takes_everything_with_it(visitor: Visitor) -> None:
    sent = visitor.approves(visitor.address())
    token = visitor.api("/oauth/token/", **sent).body["access_token"]
    assert visitor.asks("GET", "/api/users/@me/", b"", Authorization=f"Bearer {token}").status == 200
    assert visitor.api("/oauth/token/", **sent).body["error"] == "invalid_grant"
    assert visitor.asks("GET", "/api/users/@me/", b"", Authorization=f"Bearer {token}").status == 401


def test_the_life_of_a_token(visitor: Visitor) -> None:
    given = visitor.api(
        "/oauth/token/", **visitor.approves(visitor.address(scope="user:read insight:write nonsense"))
    ).body
    access, refresh = given["access_token"], given["refresh_token"]
    assert (given["scope"], given["scoped_teams"], given["expires_in"]) == ("user:read insight:write", [2], 604800)
    signed = {"Authorization": f"Bearer {access}"}
    told = answer_of(visitor.posts("/oauth/introspect/", {**FORM, **signed}, token=access)).body
    assert (told["active"], told["scope"], told["client_name"]) == (True, given["scope"], "pw-cli")
    assert answer_of(visitor.posts("/oauth/introspect/", {**FORM, **signed}, token="another")).status == 401
    visitor.now += timedelta(days=8)
    assert answer_of(visitor.posts("/oauth/introspect/", {**FORM, **signed}, token=access)).body == {"active": False}
    client = {"client_id": visitor.sandbox.store.rows("sign_in.clients")[0]["id"], "grant_type": "refresh_token"}
    newer = visitor.api("/oauth/token/", **client, refresh_token=refresh).body
    assert (newer["refresh_token"], newer["access_token"] == access) == (refresh, False)
    assert visitor.api("/oauth/revoke/", token=refresh).status == 200
    assert visitor.api("/oauth/token/", **client, refresh_token=refresh).body["error"] == "invalid_grant"


@pytest.mark.parametrize(("seconds", "error"), [(100, None), (130, "invalid_grant")])
def test_rotation_has_a_time_of_grace(seconds: int, error: str | None, tmp_path: Path) -> None:
    visitor = Visitor(tmp_path / "sandbox", rotating=True)
    given = visitor.api("/oauth/token/", **visitor.approves(visitor.address())).body
    client = {"client_id": visitor.sandbox.store.rows("sign_in.clients")[0]["id"], "grant_type": "refresh_token"}
    first = visitor.api("/oauth/token/", **client, refresh_token=given["refresh_token"]).body["refresh_token"]
    visitor.now += timedelta(seconds=seconds)
    assert visitor.api("/oauth/token/", **client, refresh_token=given["refresh_token"]).body.get("error") == error
    assert visitor.api("/oauth/token/", **client, refresh_token=first).body.get("error") == error
    visitor.sandbox.close()


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"{", "Invalid JSON payload"),
        (b"[]", "JSON payload must be an object"),
        (b'{"grant_type": 1}', "Parameter 'grant_type' must be a string"),
    ],
)
def test_a_token_request_that_is_none(body: bytes, told: str, visitor: Visitor) -> None:
    answer = answer_of(visitor.asks("POST", "/oauth/token/", body, Content_Type="application/json"))
    assert (answer.status, answer.body) == (400, {"error": "invalid_request", "error_description": told})
