"""An installation as three generations of servers tell of it, and where its proxy is."""

from __future__ import annotations

import pytest

from posthog_wizard.api.installations import Installation, read_installation
from posthog_wizard.api.replies import ApiReply
from posthog_wizard.errors import BadReply
from posthog_wizard.model import Json
from tests.support.installation_calls import event

BASE = "https://us.posthog.com"
PROXY = "/api/environments/1/mcp_server_installations/i1/proxy/"
FIRST: Json = {
    "id": "i1",
    "server_id": "s1",
    "display_name": "",
    "url": "https://mcp.acme.com/mcp",
    "auth_type": "none",
}
SECOND: Json = {
    "id": "i1", "server_id": "s1", "name": "Acme", "display_name": "Acme", "url": "https://mcp.acme.com/mcp",
    "auth_type": "oauth", "is_enabled": False, "needs_reauth": False, "pending_oauth": True, "proxy_url": BASE + PROXY,
}  # fmt: skip
THIRD: Json = {
    "id": "i1", "template_id": None, "name": "Acme (team)", "display_name": "Acme", "url": "https://mcp.acme.com/mcp",
    "auth_type": "oauth", "is_enabled": True, "scope": "shared", "is_owner": False, "needs_reauth": True,
    "pending_oauth": False, "proxy_url": BASE + PROXY, "tool_count": 7, "brand_new": [1],
}  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "name", "enabled", "needs_sign_in", "shared", "reference"),
    [
        (FIRST, "mcp.acme.com", True, False, False, {"server_id": "s1"}),
        (SECOND, "Acme", False, True, False, {"server_id": "s1"}),
        (THIRD, "Acme (team)", True, True, True, {"installation_id": "i1"}),
        ({"id": "i1"}, "i1", True, False, False, {"installation_id": "i1"}),
    ],
)
def test_three_generations(
    fields: Json, name: str, enabled: bool, needs_sign_in: bool, shared: bool, reference: dict[str, str]
) -> None:
    found = read_installation(fields, BASE)
    assert (found.name, found.enabled, found.needs_sign_in, found.shared) == (name, enabled, needs_sign_in, shared)
    assert found.reference == reference
    assert found.fields == fields
    assert found.proxy_address(BASE, "1") == BASE + PROXY


@pytest.mark.parametrize("document", [None, [], {}, {"id": None}, {"id": ""}, {"id": 5}])
def test_what_is_none(document: Json) -> None:
    with pytest.raises(BadReply):
        read_installation(document, BASE)


@pytest.mark.parametrize(
    ("base", "address"),
    [
        (BASE, "https://US.posthog.com:443" + PROXY),
        ("https://p.example.com/posthog", "https://p.example.com/posthog" + PROXY),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000" + PROXY),
    ],
)
def test_a_proxy_on_the_key_s_own_host(base: str, address: str) -> None:
    assert Installation("i1", {"proxy_url": address}).proxy_address(base, "1") == address


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example" + PROXY,
        "https://us.posthog.com.evil.example" + PROXY,
        "http://us.posthog.com" + PROXY,
        "https://us.posthog.com:8443" + PROXY,
        "https://me@us.posthog.com" + PROXY,
        "https://us.posthog.com" + PROXY + " x",
        "https://us.posthog.com" + PROXY + "\n",
        "https://[" + PROXY,
        "ftp://us.posthog.com" + PROXY,
        PROXY,
    ],
)
def test_a_key_goes_to_its_own_host_alone(address: str) -> None:
    with pytest.raises(BadReply) as caught:
        Installation("i1", {"proxy_url": address, "name": "Acme"}).proxy_address(BASE, "1")
    assert "to which the key does not belong" in str(caught.value)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"NaN", b"[" * 100_000, b"9" * 5000, b"[" * 990 + b"]" * 990], ids=lambda data: str(data[:9])
)
def test_an_event_of_a_proxy_that_is_no_message(data: bytes) -> None:
    reply = ApiReply(BASE, "POST", PROXY, 200, {"content-type": "text/event-stream"}, b"data: " + data + b"\n\n")
    with pytest.raises(BadReply, match="broke off"):
        event(reply)
