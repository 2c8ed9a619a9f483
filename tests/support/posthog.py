"""A PostHog on loopback, over real HTTP, that answers as PostHog's API is known to answer.

    with PostHog(keys=(Key("phx_test", scopes=("user:read",)),)) as posthog:
        posthog.will_answer("GET", "/api/users/@me/", failure(503), times=2)
        ...

Routes are rows (`Route`); pass `routes=(*CORE, *yours)` to serve more. A request that no row knows, or that brings a
field or a parameter that its row does not list, is refused and remembered: leaving the `with` block then fails, and so
it does when an answer that was prepared was never asked for.
"""

from __future__ import annotations

import re
import ssl
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import unquote

from tests.support.wire import Reply, Request, Server, connection_to

__all__ = ["Key", "PostHog", "Reply", "Request", "Route", "Visit"]


@dataclass(frozen=True)
class Key:
    """A personal API key as the server knows it. `teams` and `organizations` limit it when they are not empty."""

    value: str
    scopes: tuple[str, ...] = ("*",)
    teams: tuple[int, ...] = ()
    organizations: tuple[str, ...] = ()

    def may(self, scope: str) -> bool:
        """`*` satisfies all, `:write` satisfies `:read`."""
        return bool({"*", scope, scope.replace(":read", ":write")} & set(self.scopes))


@dataclass(frozen=True)
class Visit:
    """A request that was let in: whose key, to which world, with which parts of the path."""

    request: Request
    key: Key
    world: dict[str, Any]
    parts: Mapping[str, str]
    origin: str

    def __getitem__(self, name: str) -> str:
        return self.parts[name]


@dataclass(frozen=True)
class Route:
    """One row: `/api/projects/{project_id}/dashboards/` and what it takes. `fields` None: any body."""

    method: str
    path: str
    answer: Callable[[Visit], Reply]
    scope: str | None = None
    parameters: frozenset[str] = frozenset()
    fields: frozenset[str] | None = frozenset()
    any_team: bool = False  # a key that is limited to projects may use it though it belongs to none

    def match(self, request: Request) -> Mapping[str, str] | None:
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(self.path))
        found = re.fullmatch(pattern, request.path) if request.method == self.method else None
        return None if found is None else {name: unquote(value) for name, value in found.groupdict().items()}


# ------------------------------------------------------------------ PostHog's error bodies


def problem(status: int, kind: str, code: str, detail: str, attr: str | None = None, **headers: str) -> Reply:
    """An error as drf-exceptions-hog writes it. Header names are given with underscores."""
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Reply(status, {"type": kind, "code": code, "detail": detail, "attr": attr}, named)


def bad_key(source: str = "request Authorization header") -> Reply:
    detail = f"Personal API key found in {source} is invalid."
    return problem(401, "authentication_error", "authentication_failed", detail, WWW_Authenticate="Bearer")


def no_key() -> Reply:
    detail = "Authentication credentials were not provided."
    return problem(401, "authentication_error", "not_authenticated", detail, WWW_Authenticate="Bearer")


def forbidden(detail: str) -> Reply:
    return problem(403, "authentication_error", "permission_denied", detail)


def missing_scope(scope: str) -> Reply:
    return forbidden(f"API key missing required scope '{scope}'")


def not_found(detail: str = "Not found.") -> Reply:
    return problem(404, "invalid_request", "not_found", detail)


def invalid(attr: str, detail: str, code: str = "invalid_input") -> Reply:
    return problem(400, "validation_error", code, detail, attr)


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


# ------------------------------------------------------------------ the server


@dataclass
class PostHog:
    """A PostHog on loopback. `world` is what its routes know and change; `requests` what came, in order."""

    keys: tuple[Key, ...] = (Key("phx_test"),)
    routes: tuple[Route, ...] = ()
    world: dict[str, Any] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    always: Reply | None = None  # the answer to everything
    requests: list[Request] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._prepared: dict[str, deque[Reply]] = {}
        self._lock = threading.Lock()
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

    def will_answer(self, method: str, path: str, *replies: Reply, times: int = 1) -> Self:
        """Answer the next requests of that line so, before any row is looked at. Each must be asked for."""
        self._prepared.setdefault(f"{method} {path}", deque()).extend(replies * times)
        return self

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
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
        found = ((route, route.match(request)) for route in self.routes)
        route, parts = next(((route, parts) for route, parts in found if parts is not None), (None, {}))
        if route is None:
            return self._surprise(request, "no such endpoint", not_found("Endpoint not found."))
        key = self._key_of(request)
        refusal = _refusal(route, parts, key) if isinstance(key, Key) else key
        if refusal is not None:
            return refusal
        assert isinstance(key, Key)
        for name in _unknown(route, request):
            return self._surprise(request, f"unknown `{name}`", invalid(name, "Unknown field.", "unknown_field"))
        return route.answer(Visit(request, key, self.world, parts, self.url))

    def _surprise(self, request: Request, what: str, reply: Reply) -> Reply:
        self.surprises.append(f"{request.line}: {what}")
        return reply

    def _key_of(self, request: Request) -> Key | Reply:
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not value:
            return no_key()
        return next((key for key in self.keys if key.value == value), bad_key())


def _refusal(route: Route, parts: Mapping[str, str], key: Key) -> Reply | None:
    team, organization = parts.get("project_id"), parts.get("organization_id")
    if route.scope is not None and not key.may(route.scope):
        return missing_scope(route.scope)
    if key.teams and team is None and not route.any_team:
        return forbidden("API keys with scoped projects are only supported on project-based endpoints.")
    if key.teams and team not in {None, *map(str, key.teams)}:
        return forbidden(f"API key does not have access to the requested project: ID {team}.")
    if key.organizations and organization not in {None, *key.organizations}:
        return forbidden(f"API key does not have access to the requested organization: ID {organization}.")
    return None


def _unknown(route: Route, request: Request) -> list[str]:
    fields = set(request.body or ()) if route.fields is not None else set()
    return sorted((fields - (route.fields or set())) | ({name for name, _ in request.query} - route.parameters))
