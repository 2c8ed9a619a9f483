"""OAuth's authorization code with PKCE: which answers count, which end the wait, and what is said then."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest

from posthog_wizard.api.keyless import Contact
from posthog_wizard.errors import BadReply, CredentialError, SignInExpired, SignInUnavailable, WizardError
from posthog_wizard.sign_in.oauth_flow import Surroundings, sign_in_by_oauth
from posthog_wizard.sign_in.token import OAuthToken
from tests.support.people import Person
from tests.support.posthog import PostHog, Reply, not_found, web_page
from tests.support.posthog_core import posthog

SCOPES = ("user:read", "insight:write")


class Asked(NamedTuple):
    """What the address of the sign-in says."""

    whole: str
    redirect: str
    state: str

    @classmethod
    def of(cls, address: str) -> Asked:
        said = parse_qs(urlsplit(address).query)
        return cls(address, said["redirect_uri"][0], said["state"][0])


def calls(target: str, **headers: str) -> tuple[int, str]:
    """What a browser that is led there gets."""
    answer = httpx.get(target, headers=headers, trust_env=False)
    return answer.status_code, answer.text


def sends(asked: Asked, target: str) -> int:
    """What somebody gets who sends this in place of a path."""
    port = HTTPConnection(urlsplit(asked.redirect).netloc)
    port.request("GET", target)
    return port.getresponse().status


Browser = Callable[[PostHog, Asked], Any]


def signs_in(
    server: PostHog, browser: Browser, timeout: float = 20, terminal: int | None = None
) -> tuple[OAuthToken, Any]:
    """The token, and what the browser made of it; it acts in a thread once the address is shown."""
    shown: list[asyncio.Future[Any]] = []
    said: list[str] = []

    async def scenario() -> tuple[OAuthToken, Any]:
        loop = asyncio.get_running_loop()

        def show(address: str) -> None:
            shown.append(loop.run_in_executor(None, browser, server, Asked.of(address)))

        around = Surroundings(show, said.append, terminal)
        try:
            token = await sign_in_by_oauth(Contact(server.url), SCOPES, "2", timeout, around)
        finally:
            saw = [await one for one in shown]
        return token, (saw[0], said)

    return asyncio.run(scenario())


def led_back(server: PostHog, asked: Asked, **fields: str) -> str:
    """Where PostHog leads somebody who approves."""
    with Person(server.url, server.sandbox) as person:
        return person.decides(asked.whole.removeprefix(server.url), **{"project": "2", **fields}).headers["Location"]


def approves(server: PostHog, asked: Asked) -> list[tuple[int, str]]:
    return [calls(led_back(server, asked))]


def test_it_asks_for_what_it_needs_and_no_more() -> None:
    with posthog() as server:
        token, _ = signs_in(server, approves)
        registered = server.requests[1].body
    assert (registered["token_endpoint_auth_method"], registered["application_type"]) == ("none", "native")
    assert not registered["client_name"].lower().startswith("posthog")
    assert (token.scopes, token.projects, token.rotates) == (SCOPES, ("2",), False)


def with_noise(server: PostHog, asked: Asked) -> list[int]:
    """Everything that is not the answer to our question comes first, and a second tab last."""
    right = led_back(server, asked)
    wrong = [
        f"{asked.redirect}?code=stolen&state=wrong",
        f"{asked.redirect}?code=stolen",
        f"{asked.redirect}?error=access_denied&state=wrong",
        asked.redirect.replace("/callback", "/"),
        asked.redirect,
    ]
    other_host = calls(right, Host="rebound.example")[0]
    statuses = [calls(target)[0] for target in wrong]
    return [*statuses, other_host, sends(asked, "//["), calls(right)[0]]


def test_only_the_answer_to_our_question_ends_the_wait() -> None:
    with posthog() as server:
        _, (statuses, _) = signs_in(server, with_noise)
    assert statuses == [400, 400, 400, 404, 400, 404, 404, 200]


def answering(**fields: str) -> Browser:
    def act(_server: PostHog, asked: Asked) -> tuple[int, str]:
        said = {"state": asked.state, **fields}
        return calls(f"{asked.redirect}?{urlencode(said)}")

    return act


def silent(_server: PostHog, _asked: Asked) -> None:
    return None


def refuses(server: PostHog, asked: Asked) -> tuple[int, str]:
    with Person(server.url, server.sandbox) as person:
        return calls(person.decides(asked.whole.removeprefix(server.url), "refuse").headers["Location"])


@pytest.mark.parametrize(
    ("browser", "error", "words"),
    [
        (refuses, CredentialError, "did not give access: The resource owner denied"),
        (
            answering(error="server_error", error_description="x\x1b[31m" + "y" * 9999),
            CredentialError,
            r"access: x.*y{200}",
        ),
        (answering(code="c", iss="https://evil.example"), CredentialError, "came from another server"),
        (answering(code="c"), CredentialError, "came from another server"),  # who promises to say it must
        (silent, SignInExpired, "nobody approved within 1 seconds"),
    ],
)
def test_no_access(browser: Browser, error: type[WizardError], words: str) -> None:
    with posthog() as server, pytest.raises(error, match=words) as caught:
        signs_in(server, browser, timeout=1 if browser is silent else 20)
    assert "\x1b" not in caught.value.message
    assert caught.value.hint is not None


@pytest.mark.parametrize(
    ("path", "answers", "error", "words"),
    [
        ("/.well-known/oauth-authorization-server", (not_found(),), SignInUnavailable, "no access by OAuth"),
        ("/.well-known/oauth-authorization-server", (web_page(),), SignInUnavailable, "no access by OAuth"),
        (
            "/.well-known/oauth-authorization-server",
            (Reply(200, {"issuer": "https://evil.example"}),),
            BadReply,
            "another host",
        ),
        ("/oauth/register/", (Reply(500, {"error": "server_error"}),), SignInUnavailable, "no access by OAuth"),
        (
            "/oauth/register/",
            (Reply(400, {"error": "invalid_client_metadata"}),),
            CredentialError,
            "refused the sign-in",
        ),
        ("/oauth/token/", (Reply(400, {"error": "invalid_grant"}),), SignInExpired, "invalid_grant"),
        ("/oauth/token/", (Reply(200, {"access_token": "a b"}),), BadReply, "no access token"),
    ],
)
def test_what_a_server_refuses(path: str, answers: tuple[Reply, ...], error: type[WizardError], words: str) -> None:
    method = "GET" if path.startswith("/.well-known") else "POST"
    with posthog() as server:
        server.will_answer(method, path, *answers)
        with pytest.raises(error, match=words):
            signs_in(server, approves)


def types(terminal: int, text: str) -> None:
    """A line, and the time to read it."""
    os.write(terminal, f"{text}\n".encode())
    time.sleep(0.2)


def test_an_address_can_be_pasted_and_is_judged_in_the_same_way() -> None:
    reading, writing = os.pipe()

    def pastes(server: PostHog, asked: Asked) -> None:
        types(writing, "")
        types(writing, "nonsense")
        types(writing, f"{asked.redirect}?code=c&state=wrong")
        types(writing, led_back(server, asked))

    with posthog() as server:
        token, (_, said) = signs_in(server, pastes, terminal=reading)
    os.close(reading)
    os.close(writing)
    assert token.access.startswith("pha_")
    assert len(said) == 2


def test_a_token_without_refresh_and_without_an_end_is_kept() -> None:
    with posthog() as server:
        server.will_answer("POST", "/oauth/token/", Reply(200, {"access_token": "pha_x", "expires_in": "soon"}))
        token, _ = signs_in(server, approves)
    assert (token.refresh, token.expires - token.issued) == (None, 3600)
