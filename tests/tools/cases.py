"""A row of the tools' tests: what is asked of a tool, what it asks of PostHog, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from posthog_wizard.model import Limits
from tests.support.posthog import Reply, Request
from tests.support.posthog_tools import said
from tests.support.serving import PINNED, Bench

PROJECT = "/api/projects/2"
QUERY = "/api/environments/2/query/"


@dataclass(frozen=True)
class Sent:
    """A request: method and path, and the whole query or body where the row tells them."""

    line: str
    query: dict[str, str] | None = None
    body: Any = None


@dataclass(frozen=True)
class Case:
    """`answer` holds fields that the answer must have; others may be there too. `replies` are given to what is sent first."""

    tool: str
    arguments: dict[str, Any]
    sent: tuple[Sent, ...]
    answer: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    limits: Limits = PINNED
    replies: tuple[tuple[str, str, Reply], ...] = ()

    def __str__(self) -> str:
        return f"{self.tool} {self.note}".strip()


@dataclass(frozen=True)
class Refusal:
    """A call that fails with these words, after these requests."""

    tool: str
    arguments: dict[str, Any]
    words: str
    lines: tuple[str, ...] = ()
    limits: Limits = PINNED

    def __str__(self) -> str:
        return f"{self.tool} {self.words}"


def check(bench: Bench, case: Case) -> None:
    """Make the call of a case, and compare."""
    for reply in case.replies:
        bench.posthog.will_answer(*reply)
    found = bench.call(case.tool, **case.arguments)
    assert not found.failed, found.text
    assert [asked(request, sent) for request, sent in zip(bench.posthog.requests, case.sent, strict=True)] == list(
        case.sent
    )
    answer = said(found.text.replace(bench.posthog.url, "{}"))
    assert {name: answer.get(name) for name in case.answer} == case.answer


def check_refusal(bench: Bench, case: Refusal) -> None:
    """Make a call that must fail, and look for the words."""
    found = bench.call(case.tool, **case.arguments)
    assert found.failed
    assert case.words in found.text
    assert bench.posthog.lines == list(case.lines)


def asked(request: Request, like: Sent) -> Sent:
    """The request as `like` describes one."""
    query = None if like.query is None else dict(request.query)
    return Sent(request.line, query, None if like.body is None else request.body)
