"""Whether data comes back: a call that changes nothing, of PostHog's servers and ours. Somebody else's marks are claims.

A server with a dead key lists its tools all the same, so the proof goes on until data came back; another tool is
tried only where the key lacks a scope. PostHog's server that offers `exec` alone is asked once more with
`x-posthog-mcp-mode: tools`; what that second answer lacks proves nothing, since the client asks only once.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from posthog_wizard.clients.recognise import HOSTED_ADDRESS, proxy_of, said_words
from posthog_wizard.doctor.context import Trusted
from posthog_wizard.doctor.destinations import Destination
from posthog_wizard.doctor.probes.handshake import Harmless, Offer, no_call
from posthog_wizard.doctor.probes.probe_failure import (
    ADD,
    NETWORK,
    NEW_KEY,
    UNAUTHORIZED,
    FailureKind,
    ProbeFailure,
    SignInNeeded,
)
from posthog_wizard.doctor.probes.stdio_probe import ProbeResult
from posthog_wizard.doctor.redaction import Redactor
from posthog_wizard.errors import WizardError
from posthog_wizard.invocation import invocation_of
from posthog_wizard.model import Json, Stdio

_HOSTED_CALLS = ("projects-get", "organizations-get")  # https://posthog.com/docs/model-context-protocol
_MOST = 3  # calls until one gives data
_LONGEST = 400  # characters of what a tool says in place of data
_DATA = re.compile(
    r"^(posthog-data-\w+)\n(.*)\n\1$", re.DOTALL | re.MULTILINE
)  # what PostHog said, see `tools.answers.delimited`
_WRAPPER = "exec"  # the one tool that wraps them all, in the hosted server's mode `cli`
MODE_HEADER = "x-posthog-mcp-mode"


class _Refusal(NamedTuple):
    """What a tool's error means, known by its words."""

    said: str | re.Pattern[str]
    kind: FailureKind
    told: str
    fix: str
    pinned: bool = False  # only of an entry that is limited to a project


_REFUSALS = (
    _Refusal(UNAUTHORIZED, "refused", "it connects, but its key is refused", NEW_KEY),
    _Refusal("no PostHog key|no profile|no key", "no-key", "it connects, but finds no key", NEW_KEY),
    _Refusal("cannot be reached|no answer", "connect", "it connects, but PostHog cannot be reached", NETWORK),
    _Refusal(
        r"(?i)nothing at|not found|\b404\b|does not exist",
        "no-data",
        "its project `{project}` is gone, or its key does not reach it",
        f"choose a project that the key reaches: run {ADD} again with `--project ID`, or with `--no-limits`",
        pinned=True,
    ),
    _Refusal("", "no-data", "it connects, but its calls fail", f"put right what it says, or run {ADD} again"),
)


def calls_of(entry: Trusted, where: Destination) -> Harmless:
    """What may be called behind an entry: tools that are marked read-only and need no arguments."""
    said = invocation_of(said_words(entry.fields)) if isinstance(entry.server, Stdio) else None
    if said is not None and said.program == "serve" and not entry.allowed:
        return partial(_harmless, first=())
    hosted = partial(_harmless, first=_HOSTED_CALLS, last=bool(where.limits.project))
    return hosted if _is_hosted(entry, where) else no_call


def _is_hosted(entry: Trusted, where: Destination) -> bool:
    """Whether PostHog's hosted server answers, or one that the user named in its place (`--mcp-url`)."""
    if proxy_of(entry.fields) is not None or not where.url:
        return False
    return bool(HOSTED_ADDRESS.match(where.url)) or (entry.unchanged and not entry.allowed)


def _harmless(tools: Sequence[Mapping[str, Json]], first: tuple[str, ...], *, last: bool = False) -> tuple[str, ...]:
    """Those that are marked so and need nothing; one that is known to be harmless need only not be marked otherwise.

    `last`: those that are known come last, for they tell nothing of the project to which an entry is limited.
    """
    names: list[str] = []
    for tool in tools:
        marks, schema, marked = tool.get("annotations"), tool.get("inputSchema"), tool["name"] in first
        needs = schema.get("required") if isinstance(schema, Mapping) else None
        marked = marks.get("readOnlyHint", marked) if isinstance(marks, Mapping) else marked
        names += [str(tool["name"])] if marked is True and not needs else []
    known = [name for name in first if name in names]
    others = [name for name in names if name not in known]
    return tuple([*others[: _MOST - 1], *known] if last else [*known, *others])[:_MOST]


def with_proof(
    entry: Trusted, result: ProbeResult, where: Destination, redactor: Redactor, again: Callable[[], ProbeResult]
) -> ProbeResult:
    """The result. The hosted server that has one tool for all is asked `again`, by name. Raises the ProbeFailure that a call is."""
    offer = result.offer
    if offer.proof is None and _is_hosted(entry, where) and _WRAPPER in offer.tools:
        with suppress(ProbeFailure, SignInNeeded, WizardError):  # the client itself asks only once
            offer = offer._replace(proof=again().offer.proof)
    if offer.proof is None or offer.proof.refusal is None:
        return result._replace(offer=offer)
    framed = _DATA.search(offer.proof.refusal)
    said = framed[2] if framed else offer.proof.refusal.partition("\nHint:")[0].removeprefix("Error: ")
    said = redactor.line(said)[:_LONGEST]
    row = next(row for row in _REFUSALS if re.search(row.said, said) and (where.limits.project or not row.pinned))
    told = row.told.format(project=where.limits.project)
    seen = {"tools": len(offer.tools), "tool": offer.proof.tool}
    raise ProbeFailure(row.kind, f"{told}: `{offer.proof.tool}` says: {said}", row.fix, seen)


def proof_words(entry: Trusted, where: Destination, offer: Offer) -> str:
    """What the line of an entry that works says of its data."""
    if offer.proof is not None:
        return f"data came back (`{offer.proof.tool}`)"
    if _is_hosted(entry, where):
        return "connected; data not proven"
    return "connected, no harmless call to try" if calls_of(entry, where) is not no_call else "connected"
