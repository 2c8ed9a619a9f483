"""What PostHog's answer means: the JSON that it holds, or the error that it is. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from posthog_wizard.api.hosts import key_page
from posthog_wizard.errors import ApiError, BadKey, BadReply, MissingScope, NotFound, RateLimited, Rejected, ServerFault
from posthog_wizard.model import NOTHING, Json, Secret
from posthog_wizard.net.error_bodies import reason_in
from posthog_wizard.net.retry_after import retry_after
from posthog_wizard.net.strict_json import decode, decoded

GOOD, SERVER_FAULTS = range(200, 300), range(500, 600)
_LONGEST_DETAIL = 500  # characters of the server's own words in a message
_SCOPE = re.compile(r"required scope ['\"]([\w*:-]{1,60})['\"]")  # as PostHog's own client reads it
_REQUEST_ID_HEADERS = ("x-request-id", "cf-ray")


@dataclass(frozen=True)
class ApiReply:
    """One answer. `base` is the PostHog that was asked, `headers` have lower-case names, `body` is whole."""

    base: str
    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def request_id(self) -> str | None:
        """What PostHog's operators find the request by, where the answer names it."""
        return next((self.headers[name] for name in _REQUEST_ID_HEADERS if name in self.headers), None)

    @property
    def fields(self) -> Mapping[str, Json]:
        """The JSON object that it holds; empty where it holds none."""
        document = decoded(self.body)
        return document if isinstance(document, dict) else NOTHING


@dataclass(frozen=True)
class _ErrorBody:
    """What PostHog's error body says: `{"type", "code", "detail", "attr"}`, texts made fit to be shown."""

    detail: str = ""
    field: str | None = None


def read_reply(reply: ApiReply, key: Secret) -> Json:
    """The JSON of a good answer, None where there is no content. Raises the ApiError that a bad one is."""
    if reply.status not in GOOD:
        raise error_of(reply, key)
    try:
        return decode(reply.body) if reply.body.strip() else None
    except ValueError as error:
        raise _bad(reply, f"answered with {_kind(reply.body)} instead of JSON") from error


def read_content(reply: ApiReply, key: Secret) -> Json:
    """As `read_reply`; an answer that is no JSON is `{"media_type", "bytes"}`, with its `lines` where it is a text."""
    kind = reply.headers.get("content-type", "").partition(";")[0].strip().lower()
    if reply.status not in GOOD or not kind or "json" in kind or kind == "text/html":
        return read_reply(reply, key)
    found: dict[str, Json] = {"media_type": kind, "bytes": len(reply.body)}
    if kind.startswith("text/") or kind.endswith(("xml", "yaml", "javascript")):
        found["lines"] = reply.body.decode("utf-8", "replace").splitlines()
    return found


def object_with(answer: Json, *fields: str) -> dict[str, Any]:
    """An answer that is an object and has these fields. Raises BadReply for what a PostHog does not answer."""
    if not isinstance(answer, dict) or not answer.keys() >= {*fields}:
        what = " ".join(["an object", *(f"with `{name}`" for name in fields)])
        hint = "check that the address is PostHog's, and after a change whether it was done"
        raise BadReply(f"the server does not answer like PostHog: {what} was expected", hint)
    return answer


def rows_of(answer: Json) -> list[dict[str, Any]]:
    """The rows of a list's answer. Raises BadReply when it has none."""
    found = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise BadReply("PostHog did not answer with a list of rows", "try again; if it keeps happening, report it")
    return found


def error_of(reply: ApiReply, key: Secret) -> ApiError:
    """The error that an answer is. Never holds the key, even where PostHog echoes it."""
    said = _said(reply.fields, key)
    if said is None and reply.status == _FORBIDDEN:  # lists of allowed addresses and policies answer in other shapes
        reason = reason_in(decoded(reply.body))
        said = _ErrorBody(scrub_text(reason, key)) if reason else None
    if said is None and reply.status in _SPOKEN:
        what = f"answered {reply.status} with {_kind(reply.body)}, which is not how PostHog's API refuses"
        return _bad(reply, what)
    build = _ERRORS.get(reply.status) or (_server_fault if reply.status in SERVER_FAULTS else _rejected)
    error = build(reply, said or _ErrorBody())
    error.status, error.request_id = reply.status, reply.request_id
    return error


def cross_origin_redirect(reply: ApiReply, target: str, *, same_origin: bool) -> BadReply:
    """A redirect that is not followed. `target` is its address without query: that is not ours to show."""
    where = "" if same_origin else " on another host"
    what = f"redirects to `{target}`{where}, which is not followed"
    return _bad(reply, what, "pass that address as `--host` if it is yours")


def scrub_text(text: str, key: Secret) -> str:
    """`text` fit for a message: no key, no control characters, one line, not longer than _LONGEST_DETAIL."""
    plain = key.reveal()
    for spelled in {plain, quote(plain, safe="")} - {""}:
        text = text.replace(spelled, key.masked())
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return line if len(line) <= _LONGEST_DETAIL else f"{line[:_LONGEST_DETAIL]}…"


# ------------------------------------------------------------------ one function per kind of answer


def _bad_key(reply: ApiReply, said: _ErrorBody) -> ApiError:
    hint = f"check that the key still exists and belongs to that PostHog, or make one at {key_page(reply.base)}"
    return BadKey(f"`{reply.base}` does not accept the key: {said.detail}", hint)


def _forbidden(reply: ApiReply, said: _ErrorBody) -> ApiError:
    match = _SCOPE.search(said.detail)
    page = key_page(reply.base)
    if match is None:
        told = f"the key is not allowed to do this: {said.detail}"
        return MissingScope(told, f"look at what the key may reach at {page}", scope=None)
    scope = match[1]
    return MissingScope(f"the key lacks the scope `{scope}`", f"add `{scope}` to the key at {page}", scope=scope)


def _not_found(reply: ApiReply, said: _ErrorBody) -> ApiError:
    hint = "check the identifier, and that it belongs to this project"
    return NotFound(f"PostHog has nothing at `{reply.path}`: {said.detail}", hint)


def _rejected(reply: ApiReply, said: _ErrorBody) -> ApiError:
    what = f"`{said.field}`" if said.field else f"{reply.method} `{reply.path}`"
    hint = _READ_AGAIN if reply.status == _CONFLICT else "correct that value and try again" if said.field else None
    return Rejected(f"PostHog rejected {what}: {said.detail or f'status {reply.status}'}", hint, field=said.field)


def _rate_limited(reply: ApiReply, said: _ErrorBody) -> ApiError:
    wait = retry_after(reply.headers)
    when = "in a minute" if wait is None else f"in {wait:.0f} seconds"
    told = f"`{reply.base}` has had too many requests with this key{f': {said.detail}' if said.detail else ''}"
    return RateLimited(told, f"try again {when}", retry_after=wait)


def _server_fault(reply: ApiReply, said: _ErrorBody) -> ApiError:
    told = f"`{reply.base}` failed with status {reply.status}{f': {said.detail}' if said.detail else ''}"
    return ServerFault(told, "try again in a minute", retry_after=retry_after(reply.headers))


_FORBIDDEN, _CONFLICT = 403, 409
_READ_AGAIN = (
    "read it again: somebody else changed it meanwhile; then make the change anew, if it still is what you want"
)
_SPOKEN = frozenset({401, 403, 404, 405})  # without PostHog's body they come from something in front of it
_ERRORS: dict[int, Callable[[ApiReply, _ErrorBody], ApiError]] = {
    401: _bad_key,
    403: _forbidden,
    404: _not_found,
    429: _rate_limited,
}


def _bad(reply: ApiReply, what: str, hint: str | None = None) -> BadReply:
    hint = hint or "check that the address is PostHog's and that no proxy or login page stands before it"
    return BadReply(f"`{reply.base}` {what} (`{reply.path}`)", hint, status=reply.status, request_id=reply.request_id)


def _said(document: Mapping[str, Json], key: Secret) -> _ErrorBody | None:
    if not {"detail", "code"} & document.keys():
        return None
    detail, field = document.get("detail") or document.get("code"), document.get("attr")
    return _ErrorBody(
        scrub_text(detail if isinstance(detail, str) else json.dumps(detail), key),
        scrub_text(field, key) if isinstance(field, str) and field else None,
    )


def _kind(body: bytes) -> str:
    start = body.lstrip()[:200].lower()
    if not start:
        return "nothing"
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<body")):
        return "a web page"
    if decoded(body) is not None:
        return "JSON of another kind"
    return "JSON that is cut off or broken" if start[:1] in b"{[" else "text"
