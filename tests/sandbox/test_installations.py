"""The sandbox's installed MCP servers behave as PostHog's real API does, also where its documentation says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.sandbox.api.known_keys import KEYS
from posthog_wizard.sandbox.posthog import Sandbox, sample_rows
from tests.support.mcp_server import mcp_server
from tests.support.sandboxes import NOON, Caller, engine

KIND = "mcp_server_installations/"
LINEAR, NOTION, WAREHOUSE = (f"018f0000-0000-7000-8000-0000000a000{number}" for number in (1, 2, 3))
SERVER = "018f0000-0000-7000-8000-0000000b000"
READER, NARROW = "phx_sandbox_readonly_0000000000000000", "phx_sandbox_dashboards_00000000000000"
ACME = {"name": "Acme", "url": "https://mcp.acme.com/mcp", "auth_type": "api_key", "api_key": "acme_key"}
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
FIELDS = [
    "id", "server_id", "name", "display_name", "url", "description", "auth_type", "is_enabled", "needs_reauth",
    "pending_oauth", "proxy_url", "created_at", "updated_at",
]  # fmt: skip


def test_newest_first_with_the_fields_of_the_documentation(ask: Caller) -> None:
    page = ask.get(KIND)
    assert (page["count"], [row["name"] for row in page["results"]]) == (3, ["Warehouse", "Notion", "Linear"])
    assert [list(row) for row in page["results"]] == [FIELDS] * 3
    assert page["results"][2]["proxy_url"].endswith(f"/api/environments/1/{KIND}{LINEAR}/proxy/")


def test_pages(ask: Caller) -> None:
    first = ask.get(f"{KIND}?limit=2")
    assert [row["name"] for row in first["results"]] == ["Warehouse", "Notion"]
    assert first["next"].endswith("limit=2&offset=2")


REFUSED: list[tuple[str, str, Any, int, Any]] = [
    ("POST", KIND, ACME, 405, None),  # documented, and yet
    ("PUT", f"{KIND}{LINEAR}/", {}, 405, 'Method "PUT" not allowed.'),
    ("GET", f"{KIND}{LINEAR}/proxy/", None, 405, 'Method "GET" not allowed.'),
    ("GET", f"{KIND}nothing/", None, 404, "Not found."),
    ("PATCH", f"{KIND}nothing/", {}, 404, "Not found."),
    ("DELETE", f"{KIND}nothing/", None, 404, "Not found."),
    ("PATCH", f"{KIND}{LINEAR}/", {"is_enabled": "perhaps"}, 400, "Must be a valid boolean."),
    ("POST", f"{KIND}install_custom/", {}, 400, "This field is required."),
    ("POST", f"{KIND}install_custom/", ACME | {"name": "x" * 201}, 400, "Ensure this field has no more than 200 characters."),
    ("POST", f"{KIND}install_custom/", ACME | {"auth_type": "none"}, 400, '"none" is not a valid choice.'),
    ("POST", f"{KIND}install_custom/", ACME | {"api_key": ""}, 400, "api_key is required"),
    ("POST", f"{KIND}install_custom/", ACME | {"url": "https://10.0.0.1/"}, 400, "URL not allowed: that address is private or reserved"),
    ("POST", f"{KIND}install_custom/", ACME | {"url": "http://127.0.0.1:99999/"}, 400, "URL not allowed: it is not a URL"),
    ("POST", f"{KIND}install_custom/", ACME | {"url": "http://["}, 400, "URL not allowed: it is not a URL"),
    ("POST", f"{KIND}install_custom/", ACME | {"url": "https://mcp.linear.app/mcp"}, 400, "This server URL is already installed."),
    ("GET", f"{KIND}authorize/", None, 400, "Exactly one of server_id and installation_id is required"),
    ("GET", f"{KIND}authorize/?server_id={SERVER}1&installation_id={LINEAR}", None, 400, "Exactly one of server_id and installation_id is required"),
    ("GET", f"{KIND}authorize/?server_id=nothing", None, 404, "Server not found"),
    ("GET", f"{KIND}authorize/?installation_id={WAREHOUSE}", None, 404, "Installation not found"),
    ("GET", f"{KIND}authorize/?server_id={SERVER}1&install_source=posthog-code", None, 400, "Invalid callback URL"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "body", "status", "detail"), REFUSED)
def test_refusals(method: str, path: str, body: Any, status: int, detail: str | None, ask: Caller) -> None:
    answer = ask(method, path, body)
    assert (answer.status, answer.body and answer.body["detail"]) == (status, detail)


@pytest.mark.parametrize(
    ("path", "said", "status"),
    [
        (f"{KIND}{WAREHOUSE}/proxy/", "Server is disabled", 403),
        (f"{KIND}{NOTION}/proxy/", "Installation needs re-authentication", 401),
        (f"{KIND}{LINEAR}/proxy/", "Upstream MCP server unreachable (the sandbox reaches this computer only)", 502),
    ],
)
def test_the_proxy_refuses_in_a_shape_of_its_own(path: str, said: str, status: int, ask: Caller) -> None:
    assert (ask("POST", path, PING).status, ask("POST", path, PING).body) == (status, {"error": said})


def test_reading_is_enough_for_all_of_it(ask: Caller) -> None:
    assert ask("POST", f"{KIND}install_custom/", ACME, key=READER).status == 201
    assert ask("DELETE", f"{KIND}{LINEAR}/", key=READER).status == 204
    assert ask("GET", KIND, key=NARROW).body["detail"] == "API key missing required scope 'project:read'"


def test_three_fields_can_change(ask: Caller) -> None:
    sent = {
        "display_name": "Issues",
        "description": "x",
        "is_enabled": False,
        "url": "https://evil.example",
        "name": "n",
    }
    changed = ask("PATCH", f"{KIND}{LINEAR}/", sent).body
    assert [changed[name] for name in ("name", "description", "is_enabled", "url")] == [
        "Issues", "x", False, "https://mcp.linear.app/mcp",
    ]  # fmt: skip


def test_a_key_is_never_told(ask: Caller) -> None:
    made = ask("POST", f"{KIND}install_custom/", ACME)
    assert (made.status, list(made.body)) == (201, FIELDS)
    assert "acme_key" not in str(ask.get(KIND))


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("install_source=posthog", 302),
        ("", 302),
        ("install_source=posthog-code&posthog_code_callback_url=array://x", 200),
    ],
)
def test_authorize_redirects_a_browser(query: str, status: int, ask: Caller) -> None:
    answer = ask("GET", f"{KIND}authorize/?server_id={SERVER}1&{query}")
    page = answer.headers.get("Location") or answer.body["redirect_url"]
    assert (answer.status, page.partition("?")[0]) == (status, "https://sandbox.invalid/oauth/authorize")
    assert ask.get(f"{KIND}{LINEAR}/")["needs_reauth"] is True


class Hands:
    """A clock whose hands a test moves."""

    moved = timedelta()


@pytest.fixture
def later(tmp_path: Path) -> Iterator[tuple[Caller, Hands]]:
    hands = Hands()
    sandbox = Sandbox(tmp_path / "later", samples=sample_rows, engine=engine, keys=KEYS, now=lambda: NOON + hands.moved)
    yield Caller(sandbox), hands
    sandbox.close()


def test_signing_in_counts_as_done_after_a_moment(later: tuple[Caller, Hands]) -> None:
    ask, hands = later
    begun = ask("POST", f"{KIND}install_custom/", ACME | {"auth_type": "oauth"})
    assert (begun.status, list(begun.body)) == (200, ["redirect_url"])
    (made,) = [row for row in ask.get(KIND)["results"] if row["name"] == "Acme"]
    assert (made["pending_oauth"], made["needs_reauth"]) == (True, False)
    assert ask("POST", f"{KIND}{made['id']}/proxy/", PING).body == {"error": "No credentials configured"}
    hands.moved = timedelta(seconds=3)
    assert ask.get(f"{KIND}{made['id']}/")["pending_oauth"] is False


def test_installing_again_drops_the_sign_in(ask: Caller) -> None:
    again = {"name": "Linear", "url": "https://mcp.linear.app/mcp", "auth_type": "oauth"}
    assert ask("POST", f"{KIND}install_custom/", again).status == 200
    assert (ask.get(KIND)["count"], ask.get(f"{KIND}{LINEAR}/")["needs_reauth"]) == (3, True)


# ------------------------------------------------------------------ the way through


def through(ask: Caller, url: str, body: Any = PING, key: str = "acme_key") -> Any:
    """What the proxy answers for a server at `url`."""
    made = ask("POST", f"{KIND}install_custom/", ACME | {"url": url, "api_key": key}).body
    return ask("POST", f"{KIND}{made['id']}/proxy/", body)


def test_the_server_s_own_key_goes_to_it_and_posthog_s_does_not(ask: Caller) -> None:
    with mcp_server("acme_key") as upstream:
        answer = through(ask, upstream.url)
    assert (answer.status, answer.body) == (200, {"jsonrpc": "2.0", "id": 1, "result": {}})
    (message,) = upstream.messages
    assert message.headers["authorization"] == "Bearer acme_key"


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"{cut", 400, "Invalid JSON"),
        (b'"text"', 400, "Invalid JSON"),
        (b"[" + b" " * 1024 * 1024 + b"]", 413, "Request body too large"),
    ],
)
def test_what_is_no_message(body: bytes, status: int, said: str, ask: Caller) -> None:
    answer = through(ask, "http://127.0.0.1:1/mcp", body)
    assert (answer.status, answer.body) == (status, {"error": said})


def test_a_server_that_refuses_its_key(ask: Caller) -> None:
    with mcp_server("another") as upstream:
        answer = through(ask, upstream.url)
    assert (answer.status, answer.body) == (401, {"error": "Authentication failed"})


def test_a_server_that_is_not_there(ask: Caller) -> None:
    answer = through(ask, "http://127.0.0.1:1/mcp?x=1")
    assert (answer.status, answer.body) == (502, {"error": "Upstream MCP server unreachable"})
