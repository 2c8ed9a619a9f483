"""Signing in by OAuth's authorization code with PKCE: the browser comes back to a port of ours, or its address is pasted.

RFC 8252 (native apps, loopback), 7636 (PKCE), 9207 (issuer in the answer).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

from posthog_wizard.errors import CredentialError, SignInExpired, WizardError, WrongUsage
from posthog_wizard.printable import printable
from posthog_wizard.sign_in.token import OAuthToken, token_from

if TYPE_CHECKING:
    from posthog_wizard.api.keyless import Contact
    from posthog_wizard.api.oauth_requests import Issuer

_LOOPBACK, _CALLBACK = "127.0.0.1", "/callback"
_LONGEST = 16 * 1024  # bytes of a request
_SLOW = 10.0  # seconds for one to arrive
_PAGE = (
    "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\nConnection: close\r\n"
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\nReferrer-Policy: no-referrer\r\n\r\n"
    '<!doctype html><html lang="en"><title>posthog-wizard</title><p>{words}</p></html>'
)


class Surroundings(NamedTuple):
    """What the flow needs of the outside; `terminal` is the descriptor where an address can be pasted."""

    show: Callable[[str], None]
    warn: Callable[[str], None]
    terminal: int | None = None


class _Wish(NamedTuple):
    """What an answer must match to be the one to our question."""

    state: str
    issuer: Issuer

    def code_in(self, query: str) -> str:
        """The code that an answer brings. Raises WrongUsage for what answers another question, CredentialError for a no."""
        said = {name: values[0] for name, values in parse_qs(query).items() if len(values) == 1}
        if not hmac.compare_digest(said.get("state", "").encode(), self.state.encode()):
            raise WrongUsage("that is not the answer to this sign-in", "take the address from the newest tab")
        if "error" in said:
            told = printable(said.get("error_description") or said["error"])[:300]
            raise CredentialError(f"PostHog did not give access: {told}", "run the command again and approve")
        if said.get("iss", None if self.issuer.named else self.issuer.name) != self.issuer.name:
            raise CredentialError(
                "the answer came from another server than the one that was asked", "run the command again"
            )
        if not said.get("code"):
            raise WrongUsage("that address brings no code", "copy the whole address from the browser")
        return said["code"]


async def sign_in_by_oauth(
    contact: Contact,
    scopes: tuple[str, ...],
    project: str | None,
    timeout: float,  # noqa: ASYNC109 - it is what the person is told
    around: Surroundings,
) -> OAuthToken:
    """Lead the person through it. Raises SignInExpired when the time is up, CredentialError, ApiError."""
    from posthog_wizard.api.oauth_requests import exchange, issuer, register, renew  # noqa: PLC0415 - it loads httpx

    found, verifier, state = await issuer(contact), secrets.token_urlsafe(64), secrets.token_urlsafe(32)
    wish, answer = _Wish(state, found), asyncio.get_running_loop().create_future()
    server = await asyncio.start_server(partial(_serve, wish, answer), _LOOPBACK, 0, limit=_LONGEST)
    async with server:
        redirect = f"http://{_LOOPBACK}:{server.sockets[0].getsockname()[1]}{_CALLBACK}"
        client = await register(contact, redirect, scopes)
        asked = {
            "client_id": client,
            "redirect_uri": redirect,
            "response_type": "code",
            "code_challenge": base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("="),
            "code_challenge_method": "S256",
            "scope": " ".join(scopes),
            "state": state,
            "required_access_level": "project",
            **({"team_id": project} if project else {}),
        }
        around.show(f"{contact.base}/oauth/authorize/?{urlencode(asked)}")
        try:
            with _pasting(wish, answer, around):
                code = await asyncio.wait_for(answer, timeout)
        except TimeoutError as problem:
            raise SignInExpired(f"nobody approved within {timeout:.0f} seconds", "run the command again") from problem
    token = token_from(await exchange(contact, client, code, redirect, verifier), client, time.time())
    token = token._replace(ca_file=str(contact.ca_file.absolute()) if contact.ca_file else None)
    # The first renewal tells whether refresh tokens rotate here: while the person is there, and nobody else has the token.
    # Whoever is killed in a later one leaves somebody who knows whether to try again.
    with suppress(WizardError):  # it is good for now; the next renewal tells more
        if token.refresh is not None:
            token = token_from(await renew(contact, client, token.refresh), client, time.time(), token)
    return token


async def _serve(
    wish: _Wish, answer: asyncio.Future[str], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    try:
        async with asyncio.timeout(_SLOW):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        own_host = f"{_LOOPBACK}:{writer.get_extra_info('sockname')[1]}" in head
        status, words = _heard(wish, answer, head.split(" ")[:2], own_host)
        writer.write(_PAGE.format(status=status, words=words).encode())
        await writer.drain()
    except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return
    finally:
        writer.close()


def _heard(wish: _Wish, answer: asyncio.Future[str], request: list[str], own_host: bool) -> tuple[str, str]:
    """What a request that came to the port is told. Only the right answer, or a no to our question, ends the wait."""
    path, _, query = (request[1] if len(request) > 1 else "").partition("?")
    if request[0] != "GET" or path != _CALLBACK or not own_host:
        return "404 Not Found", "There is nothing here."
    if answer.done():
        return "200 OK", "This sign-in is over already. You can close this page."
    try:
        answer.set_result(wish.code_in(query))
    except WrongUsage:
        return "400 Bad Request", "This is not the answer to the sign-in that is waiting."
    except CredentialError as problem:
        answer.set_exception(problem)
        return "200 OK", "You are not signed in. The terminal says why."
    return "200 OK", "You are signed in. You can close this page and go back to the terminal."


@contextmanager
def _pasting(wish: _Wish, answer: asyncio.Future[str], around: Surroundings) -> Iterator[None]:
    """Take an address that somebody copies out of a browser on another machine; where the system lets us, beside the wait."""
    loop, terminal = asyncio.get_running_loop(), around.terminal

    def pasted() -> None:
        text = os.read(terminal or 0, _LONGEST).decode(errors="replace").strip()
        try:
            if text and not answer.done():
                answer.set_result(wish.code_in(urlsplit(text).query))
        except (WrongUsage, ValueError) as problem:
            around.warn(f"{problem}: take the whole address from the newest tab")
        except CredentialError as problem:
            answer.set_exception(problem)

    if terminal is None:
        yield
        return
    with suppress(NotImplementedError):  # Windows
        loop.add_reader(terminal, pasted)
    try:
        yield
    finally:
        with suppress(NotImplementedError):
            loop.remove_reader(terminal)
