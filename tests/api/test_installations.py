"""Every call of the installations' API, against the sandbox and against answers of older and newer servers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.api.installations import Installation
from posthog_wizard.errors import (
    ApiError,
    BadReply,
    MissingScope,
    NotFound,
    Rejected,
    ServerFault,
    WizardError,
    WrongUsage,
)
from posthog_wizard.model import Json, Secret
from tests.support.calls import call
from tests.support.installation_calls import AllCalls
from tests.support.installed import HELLO, LINEAR, NOTION, PATH, UPSTREAM_KEY, WAREHOUSE, hello, installed
from tests.support.machines import KEY
from tests.support.mcp_server import mcp_server
from tests.support.posthog import Reply, redirect
from tests.support.posthog_core import posthog
from tests.support.program import OTHER_KEY

Action = Callable[[AllCalls], Awaitable[Any]]
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
ACME = "https://mcp.acme.com/mcp"


def ask(base: str, action: Action, *, project: str = "1", key: str = KEY) -> Any:
    """What one call gives."""
    return call(base, lambda client: action(AllCalls(client, project)), key)


def refusal(base: str, action: Action, **options: str) -> WizardError:
    """The error of one call."""
    with pytest.raises(WizardError) as caught:
        ask(base, action, **options)
    assert KEY not in f"{caught.value} {caught.value.hint}"
    return caught.value


def custom(name: str = "Acme", url: str = ACME, **more: Any) -> Action:
    """Install a server that takes a key."""
    given = {"auth_type": "api_key", "api_key": Secret(UPSTREAM_KEY), **more}
    return lambda them: them.install_custom(name, url, **given)


# ------------------------------------------------------------------ what works


def test_the_list_is_newest_first_and_complete(tmp_path: Path) -> None:
    many = tuple(hello(f"https://mcp.acme.com/{number}", f"Acme {number}") for number in range(120))
    rows = [(kind, project, row | {"id": f"{index:036}"}) for index, (kind, project, row) in enumerate(many)]
    with installed(tmp_path, None, *rows) as server:
        found = ask(server.url, lambda them: them.all())
    assert len({each.id for each in found}) == 123
    assert [each.id for each in found[-3:]] == [WAREHOUSE, NOTION, LINEAR]
    assert [request.parameter("offset") for request in server.requests] == ["", "100"]


@pytest.mark.parametrize("wanted", [NOTION, "Notion", "notion"])
def test_one_is_found_by_id_and_by_name(wanted: str, tmp_path: Path) -> None:
    with installed(tmp_path) as server:
        found = ask(server.url, lambda them: them.find(wanted))
    assert (found.id, found.name, found.url, found.auth_type) == (
        NOTION,
        "Notion",
        "https://mcp.notion.com/mcp",
        "oauth",
    )
    assert (found.enabled, found.needs_sign_in, found.shared) == (True, True, False)
    assert found.fields["description"] == "Meeting notes"


def test_a_change_sends_what_was_given_alone(tmp_path: Path) -> None:
    with installed(tmp_path) as server:
        changed = ask(server.url, lambda them: them.update(LINEAR, display_name="Issues", is_enabled=False))
    assert (changed.name, changed.enabled, changed.fields["description"]) == ("Issues", False, "Issues and roadmap")
    assert server.requests[-1].body == {"display_name": "Issues", "is_enabled": False}


def test_deleted_is_gone(tmp_path: Path) -> None:
    with installed(tmp_path) as server:
        assert ask(server.url, lambda them: them.delete(LINEAR)) is None
        assert isinstance(refusal(server.url, lambda them: them.retrieve(LINEAR)), NotFound)


def test_installing_with_a_key_gives_the_installation(tmp_path: Path) -> None:
    with installed(tmp_path) as server:
        made = ask(server.url, custom(description="Orders"))
    assert isinstance(made, Installation)
    assert (made.name, made.url, made.fields["description"], made.needs_sign_in) == ("Acme", ACME, "Orders", False)
    assert UPSTREAM_KEY not in str(made.fields)
    assert server.requests[-1].body["api_key"] == UPSTREAM_KEY


def test_installing_with_oauth_gives_the_page(tmp_path: Path) -> None:
    with installed(tmp_path) as server:
        page = ask(server.url, lambda them: them.install_custom("Acme", ACME, "oauth"))
        made = ask(server.url, lambda them: them.find("Acme"))
    assert page.startswith("https://sandbox.invalid/oauth/authorize?")
    assert made.needs_sign_in


@pytest.mark.parametrize(
    ("fields", "query"),
    [
        ({"server_id": "s1"}, {"server_id": "s1"}),
        ({"server_id": None, "template_id": "t1"}, {"installation_id": "i1"}),
        ({}, {"installation_id": "i1"}),
    ],
)
@pytest.mark.parametrize(
    "answer", [redirect("https://login.acme.com/x"), Reply(body={"redirect_url": "https://login.acme.com/x"})]
)
def test_authorize_reads_the_redirect_and_never_follows_it(
    fields: dict[str, Json], query: dict[str, str], answer: Reply
) -> None:
    with posthog() as server:
        server.will_answer("GET", f"{PATH}authorize/", answer)
        page = ask(server.url, lambda them: them.authorize(Installation("i1", fields)), key="phx_test")
    assert page == "https://login.acme.com/x"
    assert dict(server.requests[0].query) == {"install_source": "posthog", **query}
    assert len(server.requests) == 1


def test_a_redirect_within_posthog_is_not_followed_either() -> None:
    with posthog() as server:
        server.will_answer("GET", f"{PATH}authorize/", redirect(f"{server.url}/api/users/@me/"))
        ask(server.url, lambda them: them.authorize(Installation("i1", {})), key="phx_test")
        assert len(server.requests) == 1


# ------------------------------------------------------------------ the proxy


def test_the_proxy_passes_a_message_on(tmp_path: Path) -> None:
    with mcp_server(UPSTREAM_KEY) as upstream, installed(tmp_path, upstream.url) as server:
        answer = ask(server.url, lambda them: them.proxy(HELLO, PING))
        silence = ask(server.url, lambda them: them.proxy(HELLO, {"jsonrpc": "2.0", "method": "notifications/x"}))
    assert (answer, silence) == ({"jsonrpc": "2.0", "id": 1, "result": {}}, None)
    assert server.requests[0].headers["accept"] == "application/json, text/event-stream"
    assert upstream.refused == []


STREAM = b': hi\r\n\r\ndata: {"method": "notifications/progress"}\r\n\r\nevent: message\r\ndata: {"id": 1,\r\ndata: "result": {}}\r\n\r\n'


@pytest.mark.parametrize(
    ("body", "answer"), [(STREAM, {"id": 1, "result": {}}), (STREAM.replace(b"\r\n", b"\n"), {"id": 1, "result": {}})]
)
def test_the_proxy_may_answer_with_a_stream(body: bytes, answer: Json) -> None:
    with posthog() as server:
        server.will_answer("POST", f"{PATH}i1/proxy/", Reply(200, body, (("Content-Type", "text/event-stream"),)))
        assert ask(server.url, lambda them: them.proxy("i1", PING), key="phx_test") == answer


# ------------------------------------------------------------------ what does not

REFUSED: list[tuple[Action, type[ApiError], str, str]] = [
    (lambda them: them.create({"url": ACME}), Rejected, "does not take new installations", "installations add"),
    (lambda them: them.retrieve("nope"), NotFound, "nothing at", "identifier"),
    (lambda them: them.update("nope", is_enabled=True), NotFound, "nothing at", "identifier"),
    (lambda them: them.delete("nope"), NotFound, "nothing at", "identifier"),
    (lambda them: them.find("nope"), NotFound, "no installation `nope`", "`Warehouse`"),
    (lambda them: them.authorize(Installation("nope", {})), NotFound, "no such installation", "installations list"),
    (
        lambda them: them.authorize(Installation("x", {"server_id": "y"})),
        NotFound,
        "does not know that server",
        "installations list",
    ),
    (custom(url="https://mcp.linear.app/mcp"), Rejected, "installed in this project already", "`update`"),
    (custom(api_key=None), Rejected, "needs a key of its own", "--server-key-stdin"),
    (custom(url="https://10.1.2.3/mcp"), Rejected, "URL not allowed: that address is private", "public https"),
    (custom(name=""), Rejected, "`name`: This field may not be blank", "correct that value"),
    (custom(auth_type="none"), Rejected, "`auth_type`", "correct that value"),
    (lambda them: them.proxy(WAREHOUSE, PING), Rejected, "is switched off", "update ID --enable"),
    (lambda them: them.proxy(NOTION, PING), Rejected, "sign in to that server again", "authorize ID"),
    (lambda them: them.proxy(LINEAR, PING), ServerFault, "does not pass it on: Upstream", ""),
    (lambda them: them.proxy(HELLO, PING), Rejected, "refused what PostHog signs in with", "authorize ID"),
    (lambda them: them.proxy(HELLO, "x" * 1_100_000), Rejected, "too large", ""),
]


@pytest.mark.parametrize(("action", "kind", "message", "hint"), REFUSED)
def test_refusals_in_words(action: Action, kind: type[ApiError], message: str, hint: str, tmp_path: Path) -> None:
    with mcp_server("another") as upstream, installed(tmp_path, upstream.url) as server:
        problem = refusal(server.url, action)
    assert isinstance(problem, kind)
    assert message in str(problem)
    assert hint in (problem.hint or "")


@pytest.mark.parametrize("identifier", ["", ".", ".."])
def test_an_identifier_leads_nowhere_else(identifier: str, tmp_path: Path) -> None:
    with installed(tmp_path) as server:
        assert isinstance(refusal(server.url, lambda them: them.retrieve(identifier)), WrongUsage)
        assert server.requests == []


def test_a_key_without_the_scope(tmp_path: Path) -> None:
    with installed(tmp_path) as server:
        problem = refusal(server.url, lambda them: them.all(), key=OTHER_KEY)
    assert isinstance(problem, MissingScope)
    assert problem.scope == "project:read"


def test_two_of_one_name_need_the_id(tmp_path: Path) -> None:
    with installed(tmp_path, None, hello(ACME, "Linear")) as server:
        problem = refusal(server.url, lambda them: them.find("linear"))
    assert isinstance(problem, WrongUsage)
    assert f"{HELLO}, {LINEAR}" in (problem.hint or "")


def test_without_any_installation_the_hint_says_how_to_begin(tmp_path: Path) -> None:
    with installed(tmp_path) as server:
        problem = refusal(server.url, lambda them: them.find("x"), project="2")
    assert "installations add" in (problem.hint or "")


@pytest.mark.parametrize(
    ("answer", "action"),
    [
        (Reply(body={"results": [{"name": "no id"}], "next": None}), lambda them: them.all()),
        (Reply(body={"results": ["text"], "next": None}), lambda them: them.all()),
    ],
)
def test_what_is_no_installation(answer: Reply, action: Action) -> None:
    with posthog() as server:
        server.will_answer("GET", PATH, answer)
        assert isinstance(refusal(server.url, action, key="phx_test"), BadReply)


@pytest.mark.parametrize(
    "answer",
    [
        Reply(200, b"data: \n\n", (("Content-Type", "text/event-stream"),)),
        Reply(200, b"data: {cut\n\n", (("Content-Type", "text/event-stream"),)),
        Reply(502, b"<html>bad gateway</html>"),
        Reply(502, ["odd"]),
    ],
)
def test_a_proxy_that_breaks_off(answer: Reply) -> None:
    with posthog() as server:
        server.will_answer("POST", f"{PATH}i1/proxy/", answer)
        assert isinstance(
            refusal(server.url, lambda them: them.proxy("i1", PING), key="phx_test"), BadReply | ServerFault
        )


@pytest.mark.parametrize("answer", [Reply(body=None), Reply(body={}), redirect("")])
def test_authorize_without_a_page(answer: Reply) -> None:
    with posthog() as server:
        server.will_answer("GET", f"{PATH}authorize/", answer)
        problem = refusal(server.url, lambda them: them.authorize(Installation("i1", {})), key="phx_test")
    assert "where to sign in" in str(problem)
