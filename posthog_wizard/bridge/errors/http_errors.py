"""What a bad HTTP answer means, in a sentence for the client and a rule for the bridge. Pure; loaded when there is one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

import httpcore

from posthog_wizard.api.replies import scrub_text
from posthog_wizard.bridge.bridge_context import BridgeContext
from posthog_wizard.bridge.errors.delivery_errors import DeliveryError, HeadersRefused, KeyRefused, SessionGone
from posthog_wizard.bridge.messages import PendingRequest
from posthog_wizard.errors import (
    ApiError,
    BadKey,
    BadReply,
    MissingScope,
    NotFound,
    RateLimited,
    Rejected,
    ServerFault,
)
from posthog_wizard.model import Json, Secret
from posthog_wizard.net.error_bodies import is_page, page_title, reason_in
from posthog_wizard.net.jsonrpc import METHOD_NOT_FOUND, id_key, is_error, is_response
from posthog_wizard.net.retry_after import retry_after
from posthog_wizard.net.strict_json import decode

_DOCTOR = "Run `posthog-wizard mcp doctor`."
_HEADER_MISMATCH = -32020  # https://modelcontextprotocol.io/specification/2026-07-28/schema#headermismatcherror
_OURS = frozenset({401, 403, 429, 502, 503, 504})  # statuses that say more than the JSON-RPC error in their body
_INSTALLED = "/mcp_server_installations/"  # in the address of such a proxy
_GONE, _MALFORMED = 404, 400
_NO_SERVER = (404, 405, 410)
_SESSION = re.compile("session", re.IGNORECASE)
_NOBODY = Secret("")
REFUSAL_BYTES = 1 << 16  # bytes of a refusal that are read


class HttpErrorResponse(NamedTuple):
    """An answer that is not what was hoped for. `headers` have lower-case names, `body` may be cut."""

    url: str  # without query
    status: int
    headers: Mapping[str, str]
    body: bytes
    key: Secret | None = None
    key_source: str | None = None
    pending_ids: frozenset[str | None] = frozenset()  # the `id_key`s of the requests that it answers
    in_session: bool = False  # the request named a session

    @property
    def origin(self) -> str:
        """The server, as it is named in sentences."""
        return "/".join(self.url.split("/")[:3])


def http_error_response(
    context: BridgeContext, pending: PendingRequest, response: httpcore.Response, body: bytes
) -> HttpErrorResponse:
    """The answer to a message, of which `body` was read."""
    return HttpErrorResponse(
        url=f"{context.address.origin}{context.address.target.partition('?')[0]}",
        status=response.status,
        headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers},
        body=body[:REFUSAL_BYTES],
        key=context.api_key.key,
        key_source=context.api_key.words,
        pending_ids=frozenset(pending.pending_ids),
        in_session=bool(context.session.id and pending.message.version is None and pending.method != "initialize"),
    )


def error_of_response(error_response: HttpErrorResponse) -> DeliveryError:
    """The fault that a status of 300 or more is."""
    failure = _fault(error_response)
    failure.spoken = (
        None if error_response.status in _OURS or isinstance(failure, SessionGone) else _spoken(error_response)
    )
    return failure


def has_result(error_response: HttpErrorResponse) -> bool:
    """Whether the body holds the result of a request: whatever the status says, it was carried out."""
    content = _document(error_response)
    parts = content if isinstance(content, list) else [content]
    return any("result" in part for part in parts if _is_answer(error_response, part))


def body_not_json_rpc(error_response: HttpErrorResponse) -> DeliveryError:
    """A good status over something that is no JSON-RPC."""
    kind = scrub_text(error_response.headers.get("content-type", ""), error_response.key or _NOBODY)
    what = _page(error_response) or f"answered with {kind or 'nothing'} instead of JSON-RPC"
    behind = "Something between here and the server answered in its place: " if _page(error_response) else ""
    hint = f"{behind}check the address, the proxy and the network's sign-in page; then run `posthog-wizard mcp doctor`."
    return DeliveryError(
        _error(error_response, BadReply, what, hint[0].upper() + hint[1:], said=False),
        harmless=bool(_page(error_response)),
    )


def redirect_refused(error_response: HttpErrorResponse, address: str) -> DeliveryError:
    """A redirect that leads elsewhere, or turns a POST into something else."""
    where = scrub_text(address.partition("?")[0], error_response.key or _NOBODY) or "nowhere"
    hint = "Pass that address as --url if you trust it: the key is sent nowhere else."
    return DeliveryError(
        _error(error_response, BadReply, f"redirects to `{where}`, which is not followed", hint, said=False),
        harmless=True,
    )


# ------------------------------------------------------------------ one function per kind of answer


def _fault(error_response: HttpErrorResponse) -> DeliveryError:
    status, code = error_response.status, (_spoken(error_response) or {}).get("code")
    if (
        status == _GONE
        and error_response.in_session
        and code != METHOD_NOT_FOUND
        and not _is_about_the_request(error_response)
    ):
        return SessionGone(_error(error_response, ServerFault, "ended the session", _DOCTOR), transient=True)
    if status == _MALFORMED and code == _HEADER_MISMATCH:
        return HeadersRefused(_error(error_response, Rejected, "misses a header", _DOCTOR), harmless=True)
    rows = (failure for statuses, failure in _ROWS if status in statuses)
    return _of_installation(error_response) or next(rows, _rejected)(error_response)


def _is_about_the_request(error_response: HttpErrorResponse) -> bool:
    """Whether a refusal names the request by its id, and says something else than that its session is over."""
    content = _document(error_response)
    said = (
        content.get("error", {}).get("message", "")
        if _is_answer(error_response, content) and "error" in content
        else ""
    )
    return bool(said) and not _SESSION.search(said)


def _is_answer(error_response: HttpErrorResponse, part: Json) -> bool:
    return (
        isinstance(part, dict)
        and "id" in part
        and is_response(part)
        and id_key(part["id"]) in error_response.pending_ids
    )


def _of_installation(error_response: HttpErrorResponse) -> DeliveryError | None:
    """What PostHog's proxy before an installed server says: its 401 and 403 are not about the key."""
    if _INSTALLED not in error_response.url:
        return None
    from posthog_wizard.api.installation_errors import known_problem_in  # noqa: PLC0415 - few entries lead there

    failure = known_problem_in(_detail(error_response) or "")
    if failure is None:
        return None
    identifier = error_response.url.partition(_INSTALLED)[2].partition("/")[0]
    hint = failure.hint.replace(" ID", f" {identifier}")
    error = _error(error_response, Rejected, "does not pass it on", f"{hint[:1].upper()}{hint[1:]}.")
    return DeliveryError(error, harmless=True)


def _unauthorized(error_response: HttpErrorResponse) -> DeliveryError:
    if error_response.key is None:
        hint = "Store one with `posthog-wizard key set`, or set POSTHOG_AUTH_HEADER to `Bearer KEY` in this server's entry."
        return KeyRefused(_error(error_response, BadKey, "wants a key, and none was given", hint), harmless=True)
    source = f" from {error_response.key_source}" if error_response.key_source else ""
    hint = "Run `posthog-wizard mcp doctor`, and `posthog-wizard mcp add` with a key that works."
    return KeyRefused(_error(error_response, BadKey, f"rejected the key{source}", hint), harmless=True)


def _forbidden(error_response: HttpErrorResponse) -> DeliveryError:
    hint = "Check the key's scopes and this entry's limits; `posthog-wizard mcp doctor` names what is missing."
    return DeliveryError(_error(error_response, MissingScope, "does not let the key do this", hint), harmless=True)


def _no_server(error_response: HttpErrorResponse) -> DeliveryError:
    return DeliveryError(
        _error(
            error_response,
            NotFound,
            f"has no MCP server at `{error_response.url}`",
            "Check the --url of this server's entry.",
        ),
        harmless=True,
    )


def _throttled(error_response: HttpErrorResponse) -> DeliveryError:
    wait = _wait(error_response)
    hint = f"Try again in {wait:.0f} seconds." if wait else "Try again in a minute."
    return DeliveryError(
        _error(error_response, RateLimited, "limits how often it may be asked", hint), harmless=True, transient=True
    )


def _failed(error_response: HttpErrorResponse) -> DeliveryError:
    wait = _wait(error_response)
    hint = f"Try again in {wait:.0f} seconds." if wait else "Try again in a minute, or run `posthog-wizard mcp doctor`."
    return DeliveryError(_error(error_response, ServerFault, "failed", hint), transient=True)


def _too_large(error_response: HttpErrorResponse) -> DeliveryError:
    return DeliveryError(
        _error(error_response, Rejected, "refused the message as too large", "Ask for less at once."), harmless=True
    )


def _rejected(error_response: HttpErrorResponse) -> DeliveryError:
    return DeliveryError(_error(error_response, Rejected, "did not take the message", _DOCTOR), harmless=True)


def _misses_time(error_response: HttpErrorResponse) -> DeliveryError:
    return DeliveryError(
        _error(error_response, ServerFault, "gave up waiting for the request", _DOCTOR), harmless=True, transient=True
    )


_ROWS: tuple[tuple[range | tuple[int, ...], Callable[[HttpErrorResponse], DeliveryError]], ...] = (
    ((401,), _unauthorized),
    ((403,), _forbidden),
    (_NO_SERVER, _no_server),
    ((408, 425), _misses_time),
    ((413,), _too_large),
    ((429,), _throttled),
    ((501, 505), _rejected),
    (range(500, 600), _failed),
)


# ------------------------------------------------------------------ words


def _wait(error_response: HttpErrorResponse) -> float | None:
    return retry_after(error_response.headers)


def _error(
    error_response: HttpErrorResponse, kind: type[ApiError], what: str, hint: str, *, said: bool = True
) -> ApiError:
    detail = _detail(error_response) if said else None
    message = f"`{error_response.origin}` {what} (status {error_response.status}){f': {detail}' if detail else ''}"
    error = kind(message, hint, status=error_response.status)
    error.retry_after = _wait(error_response)
    return error


def _detail(error_response: HttpErrorResponse) -> str | None:
    """What the server itself says about it, made fit to be shown."""
    page = _page(error_response)
    if page:
        return f"it {page}"
    said = reason_in(_document(error_response))
    return scrub_text(said, error_response.key or _NOBODY) if said else None


def _page(error_response: HttpErrorResponse) -> str | None:
    if not is_page(error_response.headers, error_response.body):
        return None
    title = page_title(error_response.body)
    named = f" titled `{scrub_text(title, error_response.key or _NOBODY)}`" if title else ""
    return f"answered with a web page{named} instead of JSON-RPC"


def _spoken(error_response: HttpErrorResponse) -> Json:
    content = _document(error_response)
    error = content.get("error") if isinstance(content, dict) else None
    return error if is_error(error) else None


def _document(error_response: HttpErrorResponse) -> Json:
    try:
        return decode(error_response.body)
    except ValueError:
        return None
