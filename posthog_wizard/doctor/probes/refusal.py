"""What an HTTP answer that was not hoped for, or none at all, says about an entry. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin

from posthog_wizard.doctor.probes.probe_failure import ADD, NEW_KEY, FailureKind, ProbeFailure
from posthog_wizard.net.error_bodies import is_page, page_title, reason_in
from posthog_wizard.net.no_answer import CONNECT_STORY, NAME_STORY, TLS_STORY, UNTRUSTED_STORY, ConnectStep, issued
from posthog_wizard.net.strict_json import decoded

if TYPE_CHECKING:
    from posthog_wizard.api.http_probe import ProbeAnswer, Unanswered
    from posthog_wizard.doctor.probes.handshake import SaidNo
    from posthog_wizard.doctor.redaction import Redactor
    from posthog_wizard.net.addresses import Address

_ADDRESS = f"correct the address of the entry: run {ADD} again"
_LIMITS = "look at the key's scopes, organizations and projects in PostHog, and at the limits of the entry"
SIGN_IN = "open a browser, sign in to the network, or ask its administrator to let this address through"
LATER = "try again in a minute; https://status.posthog.com says what is known"
CORRECT_PROXY = "correct HTTPS_PROXY, HTTP_PROXY, ALL_PROXY or NO_PROXY"
NETWORK = "check the network, the VPN and the proxy"
AUTHORITY = "add the authority to the system's certificates (Node clients: NODE_EXTRA_CA_CERTS)"
_SERVER_ERRORS, _REDIRECTS = range(500, 600), range(300, 400)


class SignInNeeded(Exception):
    """The server wants a key, none was given, and it says how to get one: the client signs in by itself."""


class _Row(NamedTuple):
    """What a status says."""

    kind: FailureKind
    told: str
    fix: str


_STATUSES: Mapping[int, _Row] = {
    401: _Row("refused", "does not accept the key", NEW_KEY),
    403: _Row("forbidden", "does not allow this key to do that", _LIMITS),
    404: _Row("not-mcp", "has no MCP server at this address", _ADDRESS),
    405: _Row("not-mcp", "has no MCP server at this address", _ADDRESS),
    407: _Row("proxy", "cannot be reached: the proxy requires a password", CORRECT_PROXY),
    410: _Row("not-mcp", "has no MCP server at this address any more", _ADDRESS),
    429: _Row("busy", "limits how often it can be asked", LATER),
}
_OTHER_REFUSAL = _Row("error", "did not accept the message", _ADDRESS)
_FAILURE = _Row("failed", "failed", LATER)

# Where no answer came: the step that failed. {} are the lower level's own words.
_STEPS: Mapping[ConnectStep, _Row] = {
    "name": _Row("name", NAME_STORY, NETWORK),
    "connect": _Row("connect", CONNECT_STORY, "check the address, and that the server is running"),
    "proxy": _Row("proxy", "the proxy stands in the way ({})", CORRECT_PROXY),
    "tls": _Row("tls", TLS_STORY, "check that the address really speaks https"),
    "answer": _Row("timeout", "there was no answer ({})", "try again; a longer `--timeout` may help"),
}
_INTERCEPTED = _Row("intercepted", UNTRUSTED_STORY, AUTHORITY)


def read_refusal(
    address: Address, answer: ProbeAnswer, redactor: Redactor, *, has_key: bool
) -> ProbeFailure | SignInNeeded:
    """What a status that is not a good one means."""
    if answer.status == 401 and not has_key and "www-authenticate" in answer.headers:  # noqa: PLR2004 - HTTP's own
        return SignInNeeded()
    if answer.status in _REDIRECTS:
        return _redirect(address, answer, redactor)
    if answer.status not in _SERVER_ERRORS and is_page(answer.headers, answer.body):
        return _blocked(address, answer, redactor)
    row = _STATUSES.get(answer.status) or (_FAILURE if answer.status in _SERVER_ERRORS else _OTHER_REFUSAL)
    if answer.status == 401 and not has_key:  # noqa: PLR2004
        row = row._replace(told="requires a key, and the entry has none")
    said = _said(answer, redactor)
    told = f"`{address.origin}` {row.told} (status {answer.status})" + (f": {said}" if said else "")
    return ProbeFailure(row.kind, told, row.fix, {"status": answer.status})


def not_the_answer(address: Address, answer: ProbeAnswer, redactor: Redactor) -> ProbeFailure:
    """A good status over something that is not the answer."""
    if is_page(answer.headers, answer.body):
        return _blocked(address, answer, redactor)
    kind = redactor.line(answer.headers.get("content-type") or "nothing")
    told = f"`{address.origin}` is not an MCP server there: it answered with {kind}, not with the message asked for"
    return ProbeFailure("not-mcp", told, _ADDRESS, {"status": answer.status})


def _blocked(address: Address, answer: ProbeAnswer, redactor: Redactor) -> ProbeFailure:
    """A web page in place of an answer: from a proxy, a firewall, or a network that wants a sign-in first."""
    title = page_title(answer.body)
    named = f" titled `{redactor.line(title)}`" if title else ""
    told = f"something before `{address.origin}` answered in its place, with a web page{named}"
    return ProbeFailure("blocked", f"{told} (status {answer.status})", SIGN_IN, {"status": answer.status})


def no_answer_failure(origin: str, problem: Unanswered, proxy: str | None) -> ProbeFailure:
    """No answer at all."""
    row = _INTERCEPTED if problem.issuer else _STEPS[problem.step]
    named = {"issuer": problem.issuer, "proxy": proxy}
    told = f"`{origin}` cannot be reached: {row.told.format(issued(problem.words, problem.issuer))}"
    return ProbeFailure(row.kind, told, row.fix, {name: value for name, value in named.items() if value})


def said_no(no: SaidNo, redactor: Redactor) -> ProbeFailure:
    """An error of JSON-RPC under a good status."""
    return ProbeFailure("error", f"it answers `{no.method}` with an error: {redactor.line(no.message)}", _LIMITS)


def _redirect(address: Address, answer: ProbeAnswer, redactor: Redactor) -> ProbeFailure:
    location = urljoin(f"{address.origin}{address.target}", answer.headers.get("location", ""))
    where = redactor.line(location.partition("?")[0])
    told = f"`{address.origin}` sends its visitors on to `{where}`, where the key is not sent"
    return ProbeFailure("redirect", told, _ADDRESS, {"status": answer.status})


def _said(answer: ProbeAnswer, redactor: Redactor) -> str | None:
    said = reason_in(decoded(answer.body))
    return redactor.line(said) if said else None
