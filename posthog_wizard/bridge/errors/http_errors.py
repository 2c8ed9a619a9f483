"""What a bad HTTP answer means, in a sentence for the client and a rule for the bridge. Pure; loaded when there is one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import httpcore

from posthog_wizard.api.replies import scrub_text
from posthog_wizard.bridge.bridge_context import BridgeContext
from posthog_wizard.bridge.eras import is_wrong_era
from posthog_wizard.bridge.errors.delivery_errors import (
    DOCTOR_HINT,
    DeliveryError,
    HeadersRefused,
    KeyRefused,
    SessionGone,
    WrongEra,
)
from posthog_wizard.bridge.messages import Message, PendingRequest
from posthog_wizard.bridge.session import is_session_lost
from posthog_wizard.errors import ApiError, BadKey, BadReply, MissingScope, NotFound, RateLimited, Rejected, ServerFault
from posthog_wizard.model import Json, Secret
from posthog_wizard.net.error_bodies import is_page, page_title, reason_in
from posthog_wizard.net.jsonrpc import HEADER_MISMATCH, METHOD_NOT_FOUND, id_key, is_error, is_response
from posthog_wizard.net.retry_after import retry_after
from posthog_wizard.net.strict_json import decoded

# No browser is opened from here: a client started us. What is stored meanwhile is read with the next message.
_SIGN_IN = "Sign in with `posthog-wizard login`, or store a key with `posthog-wizard key set`."
_GIVE_KEY = (
    "Store one with `posthog-wizard key set`, or set POSTHOG_AUTH_HEADER to `Bearer KEY` in this server's entry."
)
_SIGN_IN_ELSEWHERE = (
    "Sign in to `{}` in a client that can (Cursor and Claude Code open the browser for it), "
    "or set POSTHOG_AUTH_HEADER to `Bearer TOKEN` in this server's entry."
)
_ANOTHER_KEY = "Run `posthog-wizard mcp doctor`, and `posthog-wizard mcp add` with a key that works."
_LIMITS = "Check the key's scopes and this entry's limits; `posthog-wizard mcp doctor` names what is missing."
_CHECK = "Check the address, the proxy and the network's sign-in page; then run `posthog-wizard mcp doctor`."
_IN_BETWEEN = f"Something between here and the server answered in its place. {_CHECK}"
_LATER = "Try again in {wait}, or run `posthog-wizard mcp doctor`."
_OURS = frozenset({401, 403, 429, 502, 503, 504})  # statuses that say more than the JSON-RPC error in their body
_INSTALLED = "/mcp_server_installations/"  # in the address of such a proxy
_GONE, _MALFORMED, _UNAUTHORIZED = (404, 410), 400, 401
_NOT_SESSIONS = (403, 409, 413, 429)  # statuses that never say that a session is over: 409 is for a second stream
_OTHER_ERA = (400, 404, 405, 406, 415, 422, 501)  # what a server may say to a message of an era that it does not speak
_GUARDED = (403, 511)  # with a page: a firewall's, or a network's that wants a sign-in
_FOR_NOW = (302, 303)  # most often to a page where somebody signs in
_NO_SERVER = (404, 405, 410)
_POSTHOG = re.compile(r"https://(?:[^/:@]+\.)?posthog\.com(?::\d+)?$")  # servers that take what `login` gives
REFUSAL_BYTES = 1 << 16  # bytes of a refusal that are read


@dataclass(frozen=True)
class HttpErrorResponse:
    """An answer that is not what was hoped for. `headers` have lower-case names, `body` may be cut."""

    url: str  # without query
    status: int
    headers: Mapping[str, str]
    body: bytes
    key: Secret | None = None
    key_source: str | None = None
    pending_ids: frozenset[str | None] = frozenset()  # the `id_key`s of the requests that it answers
    in_session: bool = False  # the request named a session
    undecided: Message | None = None  # the message, where it is not known which era the server speaks

    @property
    def origin(self) -> str:
        """The server, as it is named in sentences."""
        return "/".join(self.url.split("/")[:3])

    @cached_property
    def document(self) -> Json:
        """The body's JSON; None for what is none."""
        return decoded(self.body)

    @property
    def spoken(self) -> Json:
        """The error of JSON-RPC in it, None where there is none."""
        error = self.document.get("error") if isinstance(self.document, dict) else None
        return error if is_error(error) else None

    @property
    def page(self) -> str | None:
        """What a web page in place of an answer is, in words; None for anything else."""
        if not is_page(self.headers, self.body):
            return None
        title = page_title(self.body)
        named = f" titled `{self.shown(title)}`" if title else ""
        return f"answered with a web page{named} instead of JSON-RPC"

    @property
    def detail(self) -> str | None:
        """What the server itself says about it, made fit to be shown."""
        if self.page:
            return f"it {self.page}"
        said = reason_in(self.document)
        return self.shown(said) if said else None

    def shown(self, text: str) -> str:
        """The server's words without the key."""
        return scrub_text(text, self.key or Secret(""))

    def answers(self, part: Json) -> bool:
        """Whether a part of the body answers one of the requests."""
        return isinstance(part, dict) and "id" in part and is_response(part) and id_key(part["id"]) in self.pending_ids


def http_error_response(
    context: BridgeContext, pending: PendingRequest, response: httpcore.Response, body: bytes
) -> HttpErrorResponse:
    """The answer to a message, of which `body` was read."""
    return HttpErrorResponse(
        url=f"{context.address.origin}{context.upstream.address.target.partition('?')[0]}",
        status=response.status,
        headers={name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers},
        body=body[:REFUSAL_BYTES],
        key=context.api_key.key,
        key_source=context.api_key.words,
        pending_ids=frozenset(pending.pending_ids),
        undecided=pending.message if context.session.is_undecided else None,
        in_session=bool(context.session.id and pending.message.version is None and pending.method != "initialize"),
    )


def error_of_response(answer: HttpErrorResponse) -> DeliveryError:
    """The fault that a status of 300 or more is."""
    failure = _fault(answer)
    if answer.status not in _OURS and not isinstance(failure, SessionGone):
        failure.spoken = answer.spoken
    return failure


def has_result(answer: HttpErrorResponse) -> bool:
    """Whether the body holds the result of a request: whatever the status says, it was carried out."""
    content = answer.document
    parts = content if isinstance(content, list) else [content]
    return any("result" in part for part in parts if answer.answers(part))


def body_not_json_rpc(answer: HttpErrorResponse) -> DeliveryError:
    """A good status over something that is no JSON-RPC, or a page of something in between, whatever its status."""
    page, kind = answer.page, answer.shown(answer.headers.get("content-type", ""))
    if not answer.body:
        kind = "nothing"
    elif "json" in kind:
        kind = "other or broken JSON"
    what = page or f"answered with {kind or 'bytes of no type'} instead of JSON-RPC"
    error = _error(answer, BadReply, what, _IN_BETWEEN if page else DOCTOR_HINT, said=False)
    return DeliveryError(error, harmless=bool(page))


def redirect_refused(answer: HttpErrorResponse, address: str) -> DeliveryError:
    """A redirect that leads elsewhere, or turns a POST into something else."""
    place = answer.shown(address.partition("?")[0])
    what = f"redirects to `{place or 'nowhere'}`, which is not followed"
    there = answer.url
    with suppress(ValueError):
        there = urljoin(answer.url, place)
        here, parts = urlsplit(answer.url), urlsplit(there)
        if (here.scheme, parts.scheme) == ("https", "http"):  # it does not know of the TLS before it, nor of the port
            netloc = here.netloc if parts.hostname == here.hostname else parts.netloc
            there = parts._replace(scheme="https", netloc=netloc).geturl()
    hint = f"Pass `{there}` as --url if you trust it: the key is sent nowhere else."
    hint = _CHECK if answer.status in _FOR_NOW else DOCTOR_HINT if there == answer.url else hint
    return DeliveryError(_error(answer, BadReply, what, hint, said=False), harmless=True)


# ------------------------------------------------------------------ what a status means


class _Kind(NamedTuple):
    """What answers of a status are: which error, in which words, and as what DeliveryError knows them."""

    error: type[ApiError]
    what: str
    hint: str = DOCTOR_HINT
    harmless: bool = True
    transient: bool = False


_REJECTED = _Kind(Rejected, "did not accept the message")
_KINDS: tuple[tuple[range | tuple[int, ...], _Kind], ...] = (
    ((403,), _Kind(MissingScope, "does not allow the key to do this", _LIMITS)),
    (_NO_SERVER, _Kind(NotFound, "has no MCP server at `{url}`", "Check the --url of this server's entry.")),
    ((407,), _Kind(Rejected, "was not reached: the proxy before it wants another sign-in", "Check HTTP_PROXY.")),
    ((408, 425), _Kind(ServerFault, "gave up waiting for the request", transient=True)),
    ((413,), _Kind(Rejected, "refused the message as too large", "Ask for less at once.")),
    ((429,), _Kind(RateLimited, "limits how often it can be asked", "Try again in {wait}.", transient=True)),
    ((501, 505), _REJECTED),
    (range(500, 600), _Kind(ServerFault, "failed", _LATER, harmless=False, transient=True)),
)


def _fault(answer: HttpErrorResponse) -> DeliveryError:
    if _is_session_gone(answer):
        return SessionGone(_error(answer, ServerFault, "ended the session", DOCTOR_HINT), transient=True)
    if answer.page and answer.status in _GUARDED:
        return body_not_json_rpc(answer)
    undecided, status, spoken = answer.undecided, answer.status, answer.spoken
    if undecided and status in _OTHER_ERA and is_wrong_era(undecided, spoken):
        return WrongEra(_of_kind(answer).error, harmless=True)
    code = (spoken or {}).get("code")
    if status == _MALFORMED and code == HEADER_MISMATCH:
        return HeadersRefused(_error(answer, Rejected, "misses a header", DOCTOR_HINT), harmless=True)
    known = _of_installation(answer)
    if known is None and status == _UNAUTHORIZED:
        return _unauthorized(answer)
    return known or _of_kind(answer)


def _of_kind(answer: HttpErrorResponse) -> DeliveryError:
    kind = next((kind for statuses, kind in _KINDS if answer.status in statuses), _REJECTED)
    seconds = retry_after(answer.headers)
    words = {"url": answer.url, "wait": f"{seconds:.0f} seconds" if seconds else "a minute"}
    error = _error(answer, kind.error, kind.what.format(**words), kind.hint.format(**words))
    return DeliveryError(error, harmless=kind.harmless, transient=kind.transient)


def _is_session_gone(answer: HttpErrorResponse) -> bool:
    """Whether the server no longer knows the session: by its status alone, unless it speaks of the request, or by its words.

    A 401 that says how to sign in is about the key, whatever its words.
    """
    if not answer.in_session or "www-authenticate" in answer.headers:
        return False
    spoken = answer.spoken
    about_request = bool(spoken and answer.answers(answer.document) and spoken["message"])
    if answer.status in _GONE and not (about_request and not is_session_lost(spoken["message"])):
        return spoken is None or spoken["code"] != METHOD_NOT_FOUND
    if answer.status in _NOT_SESSIONS or answer.page:
        return False
    said = spoken["message"] if spoken else reason_in(answer.document) or answer.body.decode("utf-8", "replace")
    return is_session_lost(said, (spoken or {}).get("code"))


def _of_installation(answer: HttpErrorResponse) -> DeliveryError | None:
    """What PostHog's proxy before an installed server says: its 401 and 403 are not about the key."""
    if _INSTALLED not in answer.url:
        return None
    from posthog_wizard.api.installation_errors import known_problem_in  # noqa: PLC0415 - few entries lead there

    failure = known_problem_in(answer.detail or "")
    if failure is None:
        return None
    identifier = answer.url.partition(_INSTALLED)[2].partition("/")[0]
    hint = failure.hint.replace(" ID", f" {identifier}")
    error = _error(answer, Rejected, "does not pass it on", f"{hint[:1].upper()}{hint[1:]}.")
    return DeliveryError(error, harmless=True)


def _unauthorized(answer: HttpErrorResponse) -> DeliveryError:
    if answer.key is not None:
        source = f" from {answer.key_source}" if answer.key_source else ""
        what, hint = f"rejected the key{source}", _ANOTHER_KEY
    else:  # OAuth: https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization
        oauth = "resource_metadata" in answer.headers.get("www-authenticate", "").lower()
        what = "wants you to sign in" if oauth else "requires a key, and none was given"
        elsewhere = _SIGN_IN_ELSEWHERE.format(answer.origin) if oauth else _GIVE_KEY
        hint = _SIGN_IN if _POSTHOG.match(answer.origin) else elsewhere
    return KeyRefused(_error(answer, BadKey, what, hint, said=answer.key is not None), harmless=True)


# ------------------------------------------------------------------ words


def _error(answer: HttpErrorResponse, kind: type[ApiError], what: str, hint: str, *, said: bool = True) -> ApiError:
    detail = answer.detail if said else None
    message = f"`{answer.origin}` {what} (status {answer.status}){f': {detail}' if detail else ''}"
    error = kind(message, hint, status=answer.status)
    error.retry_after = retry_after(answer.headers)
    return error
