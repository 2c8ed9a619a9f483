"""One client for PostHog's REST API, bound to one origin and one key."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Self
from urllib.parse import quote

import httpx

from posthog_wizard.api.hosts import api_base
from posthog_wizard.api.replies import ApiReply, cross_origin_redirect, read_reply
from posthog_wizard.api.retry_policy import RetryPolicy
from posthog_wizard.api.transport import body_within, open_http, proxy_to
from posthog_wizard.api.transport_errors import may_have_been_applied, retry, unreachable
from posthog_wizard.errors import ApiError, BadKey, BadReply, CredentialError, Unreachable, WrongUsage
from posthog_wizard.model import Json, Secret
from posthog_wizard.net.addresses import parse_address
from posthog_wizard.net.certificates import certificate_issuer
from posthog_wizard.net.no_answer import no_answer

Parameters = Mapping[str, object] | Sequence[tuple[str, object]]
_READ_TIMEOUT = 30.0  # seconds without a byte; queries ask for more
_LARGEST_REPLY = 64 * 1024 * 1024  # bytes, unpacked
_LONGEST_PATH = 200  # characters of an address in a message
_MOST_REDIRECTS = 5


class ApiClient:
    """PostHog at `host`, as the owner of `key`. An async context manager; connections are pooled inside it.

    `host` is anything that `hosts.api_base` takes. `transport` is the seam for tests. Every method returns the parsed
    JSON (None where PostHog sends none) and raises an ApiError. Only GET, and what is marked `repeatable`, is ever
    sent twice, except that a refused key is asked for once more: `renew` gives another one in its place, or None. A
    401 is given before anything is done. The key goes to the bound origin alone.
    """

    def __init__(
        self,
        host: str,
        key: Secret,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        allow_http: bool = False,
        ca_file: Path | None = None,
        read_timeout: float = _READ_TIMEOUT,
        patience: RetryPolicy = RetryPolicy(),  # noqa: B008 - a frozen value
        largest_reply: int = _LARGEST_REPLY,
        renew: Callable[[Secret], Awaitable[Secret | None]] | None = None,
    ) -> None:
        self.base = api_base(host, allow_http=allow_http)
        self._origin = _origin(_url(self.base))
        self._key, self._timeout, self._patience, self._largest = key, read_timeout, patience, largest_reply
        self._http = open_http(self.base, transport=transport, ca_file=ca_file)
        self._renew = renew
        self._proxy_to = getattr(transport, "proxy_to", proxy_to)  # a transport with routes of its own knows better

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(self, *_raised: object) -> None:
        await self._http.aclose()

    async def get(self, path: str, *, params: Parameters | None = None, read_timeout: float | None = None) -> Json:
        """Read `path`, which begins with `/api/`."""
        return await self.request("GET", path, params=params, read_timeout=read_timeout, repeatable=True)

    async def post(self, path: str, *, json: Json = None) -> Json:
        """Send `json`."""
        return await self.request("POST", path, json=json)

    async def patch(self, path: str, *, json: Json) -> Json:
        """Change the fields that `json` names."""
        return await self.request("PATCH", path, json=json)

    async def delete(self, path: str) -> Json:
        """Delete what is at `path`. Most of PostHog's resources want a PATCH with `deleted` instead."""
        return await self.request("DELETE", path)

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Parameters | None = None,
        json: Json = None,
        read_timeout: float | None = None,
        repeatable: bool = False,
        read: Callable[[ApiReply, Secret], Json] = read_reply,
    ) -> Json:
        """Any request. `read_timeout`: seconds without a byte; in all it may take that, or the budget if it is more.

        `repeatable`: it only reads, as a query does, so it may be sent again.
        `read` makes of an answer what is given: see `replies`.
        """
        silence = self._timeout if read_timeout is None else read_timeout
        limit = max(self._patience.budget, silence)

        async def send() -> Json:
            request, start = self._build(method, path, params, json, silence), asyncio.get_running_loop().time()

            async def attempt() -> Json:
                return read(await self._reply(path, limit, start, self._send(request)), self._key)

            return await (retry(attempt, self._patience) if repeatable else _once(attempt))

        key = self._key
        try:
            return await send()
        except BadKey:
            newer = await self._renew(key) if self._renew else None
            if newer is None:
                raise
            self._key = newer
            return await send()

    async def answer(
        self,
        method: str,
        path: str,
        *,
        params: Parameters | None = None,
        json: Json = None,
        headers: Mapping[str, str] | None = None,
        read_timeout: float | None = None,
    ) -> ApiReply:
        """The answer as it came, whatever its status: no redirect is followed. Raises Unreachable, BadReply.

        For what is no JSON of the API: a redirect that is meant for a browser, another server's answer.
        """
        silence = self._timeout if read_timeout is None else read_timeout
        request = self._build(method, path, params, json, silence)
        request.headers.update(headers or {})
        return await self._reply(path, silence, asyncio.get_running_loop().time(), self._sent(request))

    def content_of(self, reply: ApiReply) -> Json:
        """The JSON of what `answer` gave. Raises the ApiError that it is."""
        return read_reply(reply, self._key)

    def _build(self, method: str, path: str, params: Parameters | None, json: Json, silence: float) -> httpx.Request:
        odd = any(character in "?#\\" or character <= " " for character in path)
        if odd or not path.startswith("/api/") or any(part in {".", ".."} for part in path.split("/")):
            raise ValueError(f"not a path of the API: {path!r}")  # it is ours to write: a bug, not bad luck
        timeout = httpx.Timeout(self._http.timeout.connect, read=silence, pool=None)
        try:
            url = _url(f"{self.base}{path}").copy_merge_params(_plain(params))
            request = self._http.build_request(method, url, json=json, timeout=timeout)
        except (ValueError, httpx.InvalidURL) as error:  # a lone surrogate, not a number; longer than an address can be
            hint = "shorten the arguments, or correct them"
            raise WrongUsage(f"`{path[:_LONGEST_PATH]}` cannot be asked that: {error}", hint) from error
        if quote(self._key.reveal(), safe="") in str(request.url):
            raise CredentialError("the key must not be part of an address", "leave it out of the arguments")
        request.headers["Authorization"] = f"Bearer {self._key.reveal()}"
        return request

    async def _reply(self, path: str, limit: float, start: float, sent: Awaitable[httpx.Response]) -> ApiReply:
        """The whole answer. All tries that began at `start` share `limit` seconds."""
        try:
            async with asyncio.timeout_at(start + limit):
                response = await sent
                try:
                    return self._read(response, await self._body(response, path))
                finally:
                    await response.aclose()
        except TimeoutError as error:
            raise Unreachable(f"`{self.base}` did not answer in {limit:g} seconds", "try again") from error

    async def _send(self, request: httpx.Request) -> httpx.Response:
        """The answer without its body, redirects of a GET within the origin followed."""
        for _ in range(_MOST_REDIRECTS + 1):
            response = await self._sent(request)
            target = response.next_request
            if target is None:
                return response
            await response.aclose()
            same_origin = _origin(target.url) == self._origin
            if not same_origin or response.request.method != "GET":
                address = str(target.url.copy_with(query=None, fragment=None, userinfo=b""))
                raise cross_origin_redirect(self._read(response, b""), address, same_origin=same_origin)
            request = target
        raise BadReply(f"`{self.base}` redirects in a circle", "check the address")

    async def _sent(self, request: httpx.Request) -> httpx.Response:
        """The answer without its body, whatever it is."""
        try:
            return await self._http.send(request, stream=True)
        except httpx.HTTPError as error:
            issuer = None
            if no_answer(error).untrusted:
                address = parse_address(self.base, allow_http=True)
                issuer = await certificate_issuer(address, self._proxy_to(self.base))
            raise unreachable(self.base, error, issuer) from error

    async def _body(self, response: httpx.Response, path: str) -> bytes:
        body = await body_within(response, self._largest, self.base, path)
        if body is None:
            told = f"the answer of `{path}` is larger than {self._largest // 1024**2} MB"
            hint = "ask for less: a smaller page, or a query with LIMIT"
            raise BadReply(told, hint, status=response.status_code)
        return body

    def _read(self, response: httpx.Response, body: bytes) -> ApiReply:
        request = response.request
        return ApiReply(self.base, request.method, request.url.path, response.status_code, response.headers, body)


async def _once(attempt: Callable[[], Awaitable[Json]]) -> Json:
    try:
        return await attempt()
    except ApiError as error:
        if may_have_been_applied(error):
            error.hint = "check whether it was done before you try again"
        raise


def _url(text: str) -> httpx.URL:
    try:
        return httpx.URL(text)
    except httpx.InvalidURL as error:
        raise WrongUsage(f"`{text[:_LONGEST_PATH]}` is not an address: {error}") from error


def _origin(url: httpx.URL) -> tuple[str, bytes, int | None]:
    return url.scheme, url.raw_host.rstrip(b"."), url.port


def filled(template: str, /, **values: int | str) -> str:
    """A path with its `{names}` filled in, each value as one segment, so that no identifier leads elsewhere.

    Raises WrongUsage for an identifier that is empty or a dot segment.
    """
    for name, value in values.items():
        if str(value) in {"", ".", ".."}:
            raise WrongUsage(f"`{name}` is empty or no identifier")
    return template.format(**{name: quote(str(value), safe="@") for name, value in values.items()})


def _plain(params: Parameters | None) -> list[tuple[str, str | int | float | bool | None]]:
    """Query parameters without those that are None; a list gives its name several times."""
    pairs = params.items() if isinstance(params, Mapping) else params or ()
    return [
        (name, item if isinstance(item, str | int | float) else str(item))
        for name, value in pairs
        if value is not None
        for item in (value if isinstance(value, list | tuple) else [value])
    ]
