"""What a bad HTTP answer means, in a sentence for the client and a rule for the bridge. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from posthog_wizard.api.replies import scrub
from posthog_wizard.api.retry_after import retry_after
from posthog_wizard.bridge.faults import Fault, HeadersRefused, KeyRefused, SessionGone
from posthog_wizard.bridge.messages import id_key, is_error, is_response
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
from posthog_wizard.strict_json import decode

DOCTOR = "Run `posthog-wizard mcp doctor`."
METHOD_NOT_FOUND = -32601
HEADER_MISMATCH = -32020  # https://modelcontextprotocol.io/specification/2026-07-28/schema#headermismatcherror
OURS = frozenset({401, 403, 429, 502, 503, 504})  # statuses that say more than the JSON-RPC error in their body
INSTALLED = "/mcp_server_installations/"  # in the address of such a proxy
GONE, MALFORMED = 404, 400
NO_SERVER = (404, 405, 410)
TITLE = re.compile(rb"<title[^<>]*>([^<]{1,200})", re.IGNORECASE)
SESSION = re.compile("session", re.IGNORECASE)
NOBODY = Secret("")


class Refusal(NamedTuple):
    """An answer that is not what was hoped for. `headers` have lower-case names, `body` may be cut."""

    url: str  # without query
    status: int
    headers: Mapping[str, str]
    body: bytes
    key: Secret | None = None
    key_source: str | None = None
    owed: frozenset[str | None] = frozenset()  # the `id_key`s of the requests that it answers
    in_session: bool = False  # the request named a session

    @property
    def origin(self) -> str:
        """The server, as it is named in sentences."""
        return "/".join(self.url.split("/")[:3])


def fault_of(refusal: Refusal) -> Fault:
    """The fault that a status of 300 or more is."""
    fault = _fault(refusal)
    fault.spoken = None if refusal.status in OURS or isinstance(fault, SessionGone) else _spoken(refusal)
    return fault


def has_result(refusal: Refusal) -> bool:
    """Whether the body holds the result of a request: whatever the status says, it was carried out."""
    content = _document(refusal)
    parts = content if isinstance(content, list) else [content]
    return any("result" in part for part in parts if _is_answer(refusal, part))


def strange_body(refusal: Refusal) -> Fault:
    """A good status over something that is no JSON-RPC."""
    kind = scrub(refusal.headers.get("content-type", ""), refusal.key or NOBODY)
    what = _page(refusal) or f"answered with {kind or 'nothing'} instead of JSON-RPC"
    behind = "Something between here and the server answered in its place: " if _page(refusal) else ""
    hint = f"{behind}check the address, the proxy and the network's sign-in page; then run `posthog-wizard mcp doctor`."
    return Fault(_error(refusal, BadReply, what, hint[0].upper() + hint[1:], said=False), harmless=bool(_page(refusal)))


def unfollowed(refusal: Refusal, address: str) -> Fault:
    """A redirect that leads elsewhere, or turns a POST into something else."""
    where = scrub(address.partition("?")[0], refusal.key or NOBODY) or "nowhere"
    hint = "Pass that address as --url if you trust it: the key is sent nowhere else."
    return Fault(
        _error(refusal, BadReply, f"redirects to `{where}`, which is not followed", hint, said=False), harmless=True
    )


# ------------------------------------------------------------------ one function per kind of answer


def _fault(refusal: Refusal) -> Fault:
    status, code = refusal.status, (_spoken(refusal) or {}).get("code")
    if status == GONE and refusal.in_session and code != METHOD_NOT_FOUND and not _is_about_the_request(refusal):
        return SessionGone(_error(refusal, ServerFault, "ended the session", DOCTOR), passing=True)
    if status == MALFORMED and code == HEADER_MISMATCH:
        return HeadersRefused(_error(refusal, Rejected, "misses a header", DOCTOR), harmless=True)
    rows = (fault for statuses, fault in ROWS if status in statuses)
    return _of_installation(refusal) or next(rows, _rejected)(refusal)


def _is_about_the_request(refusal: Refusal) -> bool:
    """Whether a refusal names the request by its id, and says something else than that its session is over."""
    content = _document(refusal)
    said = content.get("error", {}).get("message", "") if _is_answer(refusal, content) and "error" in content else ""
    return bool(said) and not SESSION.search(said)


def _is_answer(refusal: Refusal, part: Json) -> bool:
    return isinstance(part, dict) and "id" in part and is_response(part) and id_key(part["id"]) in refusal.owed


def _of_installation(refusal: Refusal) -> Fault | None:
    """What PostHog's proxy before an installed server says: its 401 and 403 are not about the key."""
    if INSTALLED not in refusal.url:
        return None
    from posthog_wizard.api.installation_faults import fault_in  # noqa: PLC0415 - few entries lead there

    fault = fault_in(_detail(refusal) or "")
    if fault is None:
        return None
    identifier = refusal.url.partition(INSTALLED)[2].partition("/")[0]
    hint = fault.hint.replace(" ID", f" {identifier}")
    error = _error(refusal, Rejected, "does not pass it on", f"{hint[:1].upper()}{hint[1:]}.")
    return Fault(error, harmless=True)


def _unauthorized(refusal: Refusal) -> Fault:
    if refusal.key is None:
        hint = "Store one with `posthog-wizard key set`, or set POSTHOG_AUTH_HEADER to `Bearer KEY` in this server's entry."
        return KeyRefused(_error(refusal, BadKey, "wants a key, and none was given", hint), harmless=True)
    source = f" from {refusal.key_source}" if refusal.key_source else ""
    hint = "Run `posthog-wizard mcp doctor`, and `posthog-wizard mcp add` with a key that works."
    return KeyRefused(_error(refusal, BadKey, f"rejected the key{source}", hint), harmless=True)


def _forbidden(refusal: Refusal) -> Fault:
    hint = "Check the key's scopes and this entry's limits; `posthog-wizard mcp doctor` names what is missing."
    return Fault(_error(refusal, MissingScope, "does not let the key do this", hint), harmless=True)


def _no_server(refusal: Refusal) -> Fault:
    return Fault(
        _error(refusal, NotFound, f"has no MCP server at `{refusal.url}`", "Check the --url of this server's entry."),
        harmless=True,
    )


def _throttled(refusal: Refusal) -> Fault:
    wait = _wait(refusal)
    hint = f"Try again in {wait:.0f} seconds." if wait else "Try again in a minute."
    return Fault(_error(refusal, RateLimited, "limits how often it may be asked", hint), harmless=True, passing=True)


def _failed(refusal: Refusal) -> Fault:
    wait = _wait(refusal)
    hint = f"Try again in {wait:.0f} seconds." if wait else "Try again in a minute, or run `posthog-wizard mcp doctor`."
    return Fault(_error(refusal, ServerFault, "failed", hint), passing=True)


def _too_large(refusal: Refusal) -> Fault:
    return Fault(_error(refusal, Rejected, "refused the message as too large", "Ask for less at once."), harmless=True)


def _rejected(refusal: Refusal) -> Fault:
    return Fault(_error(refusal, Rejected, "did not take the message", DOCTOR), harmless=True)


def _misses_time(refusal: Refusal) -> Fault:
    return Fault(_error(refusal, ServerFault, "gave up waiting for the request", DOCTOR), harmless=True, passing=True)


ROWS: tuple[tuple[range | tuple[int, ...], Callable[[Refusal], Fault]], ...] = (
    ((401,), _unauthorized),
    ((403,), _forbidden),
    (NO_SERVER, _no_server),
    ((408, 425), _misses_time),
    ((413,), _too_large),
    ((429,), _throttled),
    ((501, 505), _rejected),
    (range(500, 600), _failed),
)


# ------------------------------------------------------------------ words


def _wait(refusal: Refusal) -> float | None:
    return retry_after(refusal.headers)


def _error(refusal: Refusal, kind: type[ApiError], what: str, hint: str, *, said: bool = True) -> ApiError:
    detail = _detail(refusal) if said else None
    message = f"`{refusal.origin}` {what} (status {refusal.status}){f': {detail}' if detail else ''}"
    error = kind(message, hint, status=refusal.status)
    error.retry_after = _wait(refusal)
    return error


def _detail(refusal: Refusal) -> str | None:
    """What the server itself says about it, made fit to be shown."""
    page = _page(refusal)
    if page:
        return f"it {page}"
    content = _document(refusal)
    holder = content.get("error", content) if isinstance(content, dict) else None
    said = holder if isinstance(holder, str) else _first_text(holder)
    return scrub(said, refusal.key or NOBODY) if said else None


def _first_text(holder: Json) -> str | None:
    names = ("message", "detail", "error_description", "title", "error")
    texts = (holder.get(name) for name in names) if isinstance(holder, dict) else ()
    return next((text for text in texts if isinstance(text, str) and text), None)


def _page(refusal: Refusal) -> str | None:
    start = refusal.body.lstrip()[:100].lower()
    if not ("html" in refusal.headers.get("content-type", "") or start.startswith((b"<!doctype html", b"<html"))):
        return None
    title = TITLE.search(refusal.body)
    named = f" titled `{scrub(title[1].decode('utf-8', 'replace'), refusal.key or NOBODY)}`" if title else ""
    return f"answered with a web page{named} instead of JSON-RPC"


def _spoken(refusal: Refusal) -> Json:
    content = _document(refusal)
    error = content.get("error") if isinstance(content, dict) else None
    return error if is_error(error) else None


def _document(refusal: Refusal) -> Json:
    try:
        return decode(refusal.body)
    except ValueError:
        return None
