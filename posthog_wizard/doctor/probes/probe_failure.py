"""Why an entry does not work: a kind for programs, a sentence and what mends it for people. Pure.

What an HTTP answer that was not hoped for, or none at all, says about an entry, is told here, too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal
from urllib.parse import urljoin

from posthog_wizard.model import NOTHING, Json
from posthog_wizard.net.error_bodies import is_page, page_title, reason_in
from posthog_wizard.net.no_answer import CONNECT_STORY, NAME_STORY, TLS_STORY, UNTRUSTED_STORY, ConnectStep, issued
from posthog_wizard.net.strict_json import decoded

if TYPE_CHECKING:
    from posthog_wizard.api.http_probe import ProbeAnswer, Unanswered
    from posthog_wizard.doctor.redaction import Redactor
    from posthog_wizard.net.addresses import Address

ADD = "{add}"
NEW_KEY = f"give the entry a key that works: run {ADD} again"
LIMITS = "look at the key's scopes, organizations and projects in PostHog, and at the limits of the entry"
SIGN_IN = "open a browser, sign in to the network, or ask its administrator to let this address through"
LATER = "try again in a minute; https://status.posthog.com says what is known"
CORRECT_PROXY = "correct HTTPS_PROXY, HTTP_PROXY, ALL_PROXY or NO_PROXY"
NETWORK = "check the network, the VPN and the proxy"
AUTHORITY = "add the authority to the system's certificates (Node clients: NODE_EXTRA_CA_CERTS)"
_ADDRESS = f"correct the address of the entry: run {ADD} again"
UNAUTHORIZED = re.compile(r"\b401\b|rejected the key|does not accept the key|unauthorized", re.IGNORECASE)
FailureKind = Literal[
    "not-found", "not-executable", "crashed", "hung", "noise", "error", "no-key", "no-data",  # a program
    "refused", "forbidden", "wrong-region", "blocked", "intercepted", "tls", "name", "proxy", "connect",  # an address
    "timeout", "redirect", "not-mcp", "busy", "failed", "plain-http", "wrong-address", "misread",
]  # fmt: skip

_Row = tuple[FailureKind, str, str]
# What a status says.
_STATUSES: Mapping[int, _Row] = {
    401: ("refused", "does not accept the key", NEW_KEY),
    403: ("forbidden", "does not allow this key to do that", LIMITS),
    404: ("not-mcp", "has no MCP server at this address", _ADDRESS),
    405: ("not-mcp", "has no MCP server at this address", _ADDRESS),
    407: ("proxy", "cannot be reached: the proxy requires a password", CORRECT_PROXY),
    410: ("not-mcp", "has no MCP server at this address any more", _ADDRESS),
    429: ("busy", "limits how often it can be asked", LATER),
}
# Where no answer came: the step that failed. {} are the lower level's own words.
_STEPS: Mapping[ConnectStep, _Row] = {
    "name": ("name", NAME_STORY, NETWORK),
    "connect": ("connect", CONNECT_STORY, "check the address, and that the server is running"),
    "proxy": ("proxy", "the proxy stands in the way ({})", CORRECT_PROXY),
    "tls": ("tls", TLS_STORY, "check that the address really speaks https"),
    "answer": ("timeout", "there was no answer ({})", "try again; a longer `--timeout` may help"),
}


class ProbeFailure(Exception):
    """What a trial came to instead of a list of tools. `data` is shown in JSON; none of it may hold a key.

    In `fix`, ADD stands for the `mcp add` of the entry that was tried, which only who made the trial knows.
    """

    def __init__(self, kind: FailureKind, cause: str, fix: str, data: Mapping[str, Json] = NOTHING) -> None:
        super().__init__(cause)
        self.kind, self.cause, self.data = kind, cause, data
        self._fix = fix

    def fix(self, add: str) -> str:
        """What mends it; `add` is the command that writes the entry anew."""
        return self._fix.replace(ADD, add)

    def beside(self, data: Mapping[str, Json]) -> ProbeFailure:
        """The same with what else was seen."""
        return ProbeFailure(self.kind, self.cause, self._fix, {**data, **self.data})


class SignInNeeded(Exception):
    """The server wants a key, none was given, and it says how to get one: the client signs in by itself."""


def read_refusal(
    address: Address, answer: ProbeAnswer, redactor: Redactor, *, has_key: bool
) -> ProbeFailure | SignInNeeded:
    """What a status that is not a good one means."""
    status, data = answer.status, {"status": answer.status}
    keyless = status == 401 and not has_key  # noqa: PLR2004 - HTTP's own
    if keyless and "www-authenticate" in answer.headers:
        return SignInNeeded()
    if status in range(300, 400):
        location = urljoin(f"{address.origin}{address.target}", answer.headers.get("location", ""))
        where = redactor.line(location.partition("?")[0])
        told = f"`{address.origin}` sends its visitors on to `{where}`, where the key is not sent"
        return ProbeFailure("redirect", told, _ADDRESS, data)
    failed = status in range(500, 600)
    if not failed and is_page(answer.headers, answer.body):
        return _blocked(address, answer, redactor)
    other: _Row = ("failed", "failed", LATER) if failed else ("error", "did not accept the message", _ADDRESS)
    kind, told, fix = _STATUSES.get(status, other)
    told = "requires a key, and the entry has none" if keyless else told
    said = redactor.line(reason_in(decoded(answer.body)) or "")
    told = f"`{address.origin}` {told} (status {status})" + (f": {said}" if said else "")
    return ProbeFailure(kind, told, fix, data)


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
    intercepted: _Row = ("intercepted", UNTRUSTED_STORY, AUTHORITY)
    kind, story, fix = intercepted if problem.issuer else _STEPS[problem.step]
    named = {"issuer": problem.issuer, "proxy": proxy}
    told = f"`{origin}` cannot be reached: {story.format(issued(problem.words, problem.issuer))}"
    return ProbeFailure(kind, told, fix, {name: value for name, value in named.items() if value})
