"""What an HTTP answer that was not hoped for, or none at all, says about an entry. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin

from posthog_wizard.doctor.trouble import Kind, Trouble
from posthog_wizard.strict_json import decode

if TYPE_CHECKING:
    from posthog_wizard.api.visits import Answer, Step, Unanswered
    from posthog_wizard.bridge.address import Address
    from posthog_wizard.doctor.handshake import SaidNo
    from posthog_wizard.doctor.secrecy import Veil

NEW_KEY = "give the entry a key that works: run `posthog-wizard mcp add` again"
ADDRESS = "correct the address of the entry: run `posthog-wizard mcp add` again"
LIMITS = "look at the key's scopes, organizations and projects in PostHog, and at the limits of the entry"
SIGN_IN = "open a browser, sign in to the network, or ask its administrator to let this address through"
LATER = "try again in a minute; https://status.posthog.com says what is known"
PROXY = "correct HTTPS_PROXY, HTTP_PROXY, ALL_PROXY or NO_PROXY"
NETWORK = "check the network, the VPN and the proxy"
AUTHORITY = "add the authority to the system's certificates (Node clients: NODE_EXTRA_CA_CERTS)"
TITLE = re.compile(rb"<title[^<>]*>([^<]{1,200})", re.IGNORECASE)
PAGE = (b"<!doctype html", b"<html", b"<head", b"<body")
CLIENT_ERRORS, SERVER_ERRORS, REDIRECTS = range(400, 500), range(500, 600), range(300, 400)
TEXTS = ("error_description", "message", "detail", "error")


class SignInNeeded(Exception):
    """The server wants a key, none was given, and it says how to get one: the client signs in by itself."""


class Row(NamedTuple):
    """What a status says."""

    kind: Kind
    told: str
    fix: str


STATUSES: Mapping[int, Row] = {
    401: Row("refused", "does not accept the key", NEW_KEY),
    403: Row("forbidden", "does not let this key do that", LIMITS),
    404: Row("not-mcp", "has no MCP server at this address", ADDRESS),
    405: Row("not-mcp", "has no MCP server at this address", ADDRESS),
    407: Row("proxy", "cannot be reached: the proxy wants a password", PROXY),
    410: Row("not-mcp", "has no MCP server at this address any more", ADDRESS),
    429: Row("busy", "limits how often it may be asked", LATER),
}
OTHER_REFUSAL = Row("error", "did not take the message", ADDRESS)
FAILURE = Row("failed", "failed", LATER)

# Where no answer came: the step that failed. {} are the lower level's own words.
STEPS: Mapping[Step, Row] = {
    "name": Row("name", "its name cannot be resolved ({})", NETWORK),
    "connect": Row("connect", "connecting failed ({})", "check the address, and that the server is running"),
    "proxy": Row("proxy", "the proxy stands in the way ({})", PROXY),
    "tls": Row("tls", "TLS failed ({})", "check that the address really speaks https"),
    "answer": Row("timeout", "there was no answer ({})", "try again; a longer `--timeout` may help"),
}
INTERCEPTED = Row("intercepted", "its certificate is not trusted ({})", AUTHORITY)


def read_refusal(address: Address, answer: Answer, veil: Veil, *, has_key: bool) -> Trouble | SignInNeeded:
    """What a status that is not a good one means."""
    if answer.status == 401 and not has_key and "www-authenticate" in answer.headers:  # noqa: PLR2004 - HTTP's own
        return SignInNeeded()
    if answer.status in REDIRECTS:
        return _redirect(address, answer, veil)
    if answer.status not in SERVER_ERRORS and is_page(answer):
        return blocked(address, answer, veil)
    row = STATUSES.get(answer.status) or (FAILURE if answer.status in SERVER_ERRORS else OTHER_REFUSAL)
    if answer.status == 401 and not has_key:  # noqa: PLR2004
        row = row._replace(told="wants a key, and the entry holds none")
    said = _said(answer, veil)
    told = f"`{address.origin}` {row.told} (status {answer.status})" + (f": {said}" if said else "")
    return Trouble(row.kind, told, row.fix, {"status": answer.status})


def strange(address: Address, answer: Answer, veil: Veil) -> Trouble:
    """A good status over something that is not the answer."""
    if is_page(answer):
        return blocked(address, answer, veil)
    kind = veil.line(answer.headers.get("content-type") or "nothing")
    told = f"`{address.origin}` is not an MCP server there: it answered with {kind}, not with the message asked for"
    return Trouble("not-mcp", told, ADDRESS, {"status": answer.status})


def blocked(address: Address, answer: Answer, veil: Veil) -> Trouble:
    """A web page in place of an answer: from a proxy, a firewall, or a network that wants a sign-in first."""
    title = TITLE.search(answer.body)
    named = f" titled `{veil.line(title[1].decode('utf-8', 'replace'))}`" if title else ""
    told = f"something before `{address.origin}` answered in its place, with a web page{named}"
    return Trouble("blocked", f"{told} (status {answer.status})", SIGN_IN, {"status": answer.status})


def unanswered(origin: str, problem: Unanswered, proxy: str | None) -> Trouble:
    """No answer at all."""
    row = INTERCEPTED if problem.issuer else STEPS[problem.step]
    words = f"{problem.words}, signed by `{problem.issuer}`" if problem.issuer else problem.words
    named = {"issuer": problem.issuer, "proxy": proxy}
    told = f"`{origin}` cannot be reached: {row.told.format(words)}"
    return Trouble(row.kind, told, row.fix, {name: value for name, value in named.items() if value})


def said_no(no: SaidNo, veil: Veil) -> Trouble:
    """An error of JSON-RPC under a good status."""
    return Trouble("error", f"it answers `{no.method}` with an error: {veil.line(no.message)}", LIMITS)


def is_page(answer: Answer) -> bool:
    """Whether it is a web page."""
    return "html" in answer.headers.get("content-type", "") or answer.body.lstrip()[:100].lower().startswith(PAGE)


def _redirect(address: Address, answer: Answer, veil: Veil) -> Trouble:
    location = urljoin(f"{address.origin}{address.target}", answer.headers.get("location", ""))
    where = veil.line(location.partition("?")[0])
    told = f"`{address.origin}` sends its visitors on to `{where}`, where the key is not sent"
    return Trouble("redirect", told, ADDRESS, {"status": answer.status})


def _said(answer: Answer, veil: Veil) -> str | None:
    try:
        document = decode(answer.body)
    except ValueError:
        return None
    holder = (
        document.get("error") if isinstance(document, dict) and isinstance(document.get("error"), dict) else document
    )
    texts = (holder.get(name) for name in TEXTS) if isinstance(holder, dict) else ()
    said = next((text for text in texts if isinstance(text, str) and text), None)
    return veil.line(said) if said else None
