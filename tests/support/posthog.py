"""The sandbox over real HTTP on loopback, with prepared answers, and with an eye for what a client does wrong.

    with PostHog(keys=(Key("phx_test", scopes=("user:read",)),), samples=...) as posthog:
        posthog.will_answer("GET", "/api/users/@me/", failure(503), times=2)
        ...

A request that no route knows, or that brings a field or a parameter that its route does not list, is refused and
remembered: leaving the `with` block then fails, and so it does when an answer that was prepared was never asked for.
"""

from __future__ import annotations

import ssl
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Self

from posthog_wizard.sandbox.api import http_messages
from posthog_wizard.sandbox.api.grants import TokenRules
from posthog_wizard.sandbox.api.http_messages import ApiErrorReply
from posthog_wizard.sandbox.api.http_messages import HttpReply as Answered
from posthog_wizard.sandbox.api.http_messages import HttpRequest as Asked
from posthog_wizard.sandbox.api.known_keys import SandboxKey
from posthog_wizard.sandbox.api.routes import Route
from posthog_wizard.sandbox.posthog import ROUTES, Sandbox
from posthog_wizard.sandbox.row_store import SampleRow
from tests.support.sandboxes import everywhere
from tests.support.wire import Reply, Request, Server, connection_to

__all__ = ["PostHog", "Reply", "Request", "Route", "SandboxKey"]


QUICK = TokenRules(interval=1)


def _nothing() -> Iterable[SampleRow]:
    return ()


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class PostHog:
    """The sandbox on a port of its own. `requests` are those that came, in order."""

    keys: tuple[SandboxKey, ...] = (SandboxKey("phx_test"),)
    samples: Callable[[], Iterable[SampleRow]] = _nothing
    routes: tuple[Route, ...] = ()  # beside the sandbox's own, and before them
    tls: ssl.SSLContext | None = None
    always: Reply | None = None  # the answer to everything
    now: Callable[[], datetime] = _now
    folder: Path | None = None  # where the sandbox keeps its rows; a temporary one otherwise
    strict: bool = True  # what no route knows fails the test
    rules: TokenRules = QUICK
    requests: list[Request] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._prepared: dict[str, deque[Reply]] = {}
        self._lock = threading.Lock()
        self._closing = ExitStack()
        self.hung_up_on = threading.Event()  # the client closed its connection while an answer stalled
        self._server = Server(("127.0.0.1", 0), connection_to(self))
        if self.tls is not None:
            self._server.socket = self.tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )

    @property
    def port(self) -> int:
        return self._server.server_port

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def lines(self) -> list[str]:
        """The requests as `METHOD /path`, in order."""
        return [request.line for request in self.requests]

    @cached_property
    def sandbox(self) -> Sandbox:
        """What answers, made with the first request that is not answered otherwise."""
        folder = self.folder or Path(self._closing.enter_context(tempfile.TemporaryDirectory()))
        routes = (*self.routes, *ROUTES)
        made = Sandbox(
            folder,
            samples=self.samples,
            engine=everywhere,
            keys=self.keys,
            routes=routes,
            now=self.now,
            rules=self.rules,
        )
        self._closing.callback(made.close)
        return made

    def know(self, *keys: SandboxKey) -> None:
        """Take these keys from now on, and no other: as when their owner rotates one."""
        with self._lock:
            self.keys = self.sandbox._keys = keys

    def will_answer(self, method: str, path: str, *replies: Reply, times: int = 1) -> Self:
        """Answer the next requests of that line so, before any route is looked at. Each must be asked for."""
        self._prepared.setdefault(f"{method} {path}", deque()).extend(replies * times)
        return self

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        with self._lock:
            self._closing.close()
        if kind is None:
            assert not self.surprises, self.surprises
            unasked = [line for line, replies in self._prepared.items() if replies]
            assert not unasked, unasked

    def answer(self, request: Request) -> Reply:
        """What the server says to `request`; the request is remembered."""
        with self._lock:
            self.requests.append(request)
            if self.always is not None:
                return self.always
            prepared = self._prepared.get(request.line)
            return prepared.popleft() if prepared else self._routed(request)

    def _routed(self, request: Request) -> Reply:
        asked = Asked(request.method, request.path, dict(request.query), request.headers, request.raw, self.url)
        reply = self.sandbox.answer(asked)
        if self.strict and reply.status not in {401, 403}:
            self.surprises += [f"{request.line}: {what}" for what in self._surprising(asked, request)]
        return sent(reply)

    def _surprising(self, asked: Asked, request: Request) -> list[str]:
        try:
            route, _ = self.sandbox.route_of(asked)
        except ApiErrorReply:
            return ["no such endpoint"]
        fields = set(request.body or ()) - route.fields if route.fields is not None else set()
        return [f"unknown `{name}`" for name in sorted(fields | (asked.query.keys() - route.parameters))]


# ------------------------------------------------------------------ the sandbox's refusals, to prepare them


def sent(reply: Answered) -> Reply:
    """A reply of the sandbox as the server sends it."""
    return Reply(reply.status, reply.body, tuple(reply.headers.items()))


def problem(status: int, kind: str, code: str, detail: str, attr: str | None = None, **headers: str) -> Reply:
    """An error as drf-exceptions-hog writes it. Header names are given with underscores."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return sent(http_messages.api_error(status, code, detail, kind, attr=attr, headers=named).reply)


def bad_key(source: str = "request Authorization header") -> Reply:
    return sent(http_messages.bad_key(source).reply)


def no_key() -> Reply:
    return sent(http_messages.no_key().reply)


def forbidden(detail: str) -> Reply:
    return sent(http_messages.forbidden(detail).reply)


def missing_scope(scope: str) -> Reply:
    return forbidden(f"API key missing required scope '{scope}'")


def not_found(detail: str = "Not found.") -> Reply:
    return sent(http_messages.not_found(detail).reply)


def invalid(attr: str, detail: str, code: str = "invalid_input") -> Reply:
    return sent(http_messages.invalid(attr, detail, code).reply)


def throttled(seconds: int | str | None = 1) -> Reply:
    headers = {} if seconds is None else {"Retry_After": str(seconds)}
    return problem(429, "throttled_error", "throttled", "Request was throttled.", **headers)


def failure(status: int = 500, detail: str = "A server error occurred.", **headers: str) -> Reply:
    return problem(status, "server_error", "error", detail, **headers)


def web_page(status: int = 200, text: str = "Log in") -> Reply:
    page = f"<!DOCTYPE html><html><body>{text}</body></html>".encode()
    return Reply(status, page, (("Content-Type", "text/html; charset=utf-8"),))


def redirect(location: str, status: int = 302) -> Reply:
    return Reply(status, b"", (("Location", location),))
