"""`network.*`: the way to every PostHog that is in use, step by step: proxy, name, TLS, answer, clock."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from posthog_wizard.api.retry_after import http_date
from posthog_wizard.doctor.check import Check, Status, Task
from posthog_wizard.doctor.landmarks import Landmark, landmarks
from posthog_wizard.doctor.patient import Patient
from posthog_wizard.doctor.reach import Reached, is_number, reach
from posthog_wizard.doctor.refusal import AUTHORITY, LATER, NETWORK, PROXY, SIGN_IN, is_page
from posthog_wizard.model import Json
from posthog_wizard.strict_json import decode

if TYPE_CHECKING:
    from posthog_wizard.api.visits import Answer

MARGIN = 0.5  # seconds before the limit
SKEW = 60.0  # seconds by which the clocks may differ: tokens of five minutes, and certificates, then still work
OFFLINE = "it needs the network (`--offline`)"
NOWHERE = "no entry and no key leads to a PostHog on the network"
PROXY_WANTS_PASSWORD = 407
ORDER = ("proxy", "name", "connect", "tls", "answer")
# The steps of the way with a check of their own, and what it looks at; a step that failed hides those after it.
STEPS = (("proxy", "the proxy to `{}`"), ("name", "the name `{}`"), ("tls", "TLS of `{}`"))
RUNNING = "start that PostHog, or correct the address in the entry"
FIXES = {"proxy": PROXY, "tls": "check that the address really speaks https"}


def ways(patient: Patient) -> Iterator[Task]:
    """One task, whose servers are asked at the same time; which they are may depend on a key that is looked up."""
    yield Task("network.api", "the network", partial(_checked, patient))


def _checked(patient: Patient) -> tuple[Check, ...]:
    every = landmarks(patient)
    asked = tuple(one for one in every if one.address.loopback or not patient.options.offline)
    left_out = tuple(_skipped(one, OFFLINE) for one in every if one not in asked)
    if not every:
        return (Check("network.api", "skip", "PostHog's API", NOWHERE),)
    reached = asyncio.run(_reach_all(asked, patient))
    sure = any(way.answer is not None for one, way in zip(asked, reached, strict=True) if not one.certain)
    pairs = ((one._replace(certain=one.certain or not sure), way) for one, way in zip(asked, reached, strict=True))
    found = (check for one, way in pairs for check in checks_of(one, way))
    return (*_told_once(found), *left_out, *_clock(reached))


def _told_once(checks: Iterable[Check]) -> Iterator[Check]:
    """One finding where the same stands in the way to several servers; what is in order stays apart."""
    groups: dict[tuple[str, str | None], list[Check]] = {}
    for check in checks:
        groups.setdefault((check.id, check.cause or check.title), []).append(check)
    for first, *others in groups.values():
        status: Status = "fail" if "fail" in {one.status for one in (first, *others)} else first.status
        title = f"{first.title} and {len(others)} more" if others else first.title
        hosts = [one.data["host"] for one in (first, *others)]
        yield first._replace(status=status, title=title, data={**first.data, **({"hosts": hosts} if others else {})})


async def _reach_all(asked: tuple[Landmark, ...], patient: Patient) -> list[Reached]:
    until = patient.deadline - min(MARGIN, patient.options.timeout / 4)
    return await asyncio.gather(*(reach(one, patient.machine.environment, until) for one in asked))


def _skipped(landmark: Landmark, reason: str) -> Check:
    return Check(f"network.{landmark.kind}", "skip", _title(landmark), reason, data={"host": landmark.shown})


def _title(landmark: Landmark) -> str:
    return f"PostHog's API at `{landmark.shown}`" if landmark.kind == "api" else f"the MCP server `{landmark.shown}`"


# ------------------------------------------------------------------ one server


def checks_of(landmark: Landmark, way: Reached) -> Iterator[Check]:
    """What the way to one server tells: its steps as far as they were taken, then the answer."""
    failed = _failed_step(way)
    for step, title in STEPS:
        if not _taken(step, landmark, way) or ORDER.index(step) > ORDER.index(failed):
            continue
        check = Check(f"network.{step}", "ok", title.format(landmark.shown), data=_data(step, landmark, way))
        yield _failure(check, landmark, way) if step == failed else check
    if failed not in dict(STEPS):
        yield _answered(landmark, way)


def _failed_step(way: Reached) -> str:
    """The step that failed; the last one where there is an answer."""
    if way.failure is not None:
        return way.failure.step
    refused = way.proxy is not None and way.answer is not None and way.answer.status == PROXY_WANTS_PASSWORD
    return "proxy" if refused else "answer"


def _taken(step: str, landmark: Landmark, way: Reached) -> bool:
    """Whether the way has that step: numbers need no name server, and names behind a proxy are not resolved here."""
    proxied = way.proxy is not None
    return {
        "proxy": proxied,
        "name": not proxied and not is_number(landmark.address.host),
        "tls": landmark.address.secure,
    }[step]


def _data(step: str, landmark: Landmark, way: Reached) -> dict[str, Json]:
    details: dict[str, dict[str, Json]] = {
        "proxy": {"proxy": way.proxy},
        "name": {"milliseconds": way.name_milliseconds},
    }
    return {"host": landmark.shown, **details.get(step, {})}


def _failure(check: Check, landmark: Landmark, way: Reached) -> Check:
    """A step that failed; where nothing is known to need that server, only a warning."""
    status: Status = "fail" if landmark.certain else "warn"
    if way.failure is None:
        return check._replace(status=status, cause=f"the proxy `{way.proxy}` wants a password", fix=PROXY)
    told, issuer = way.failure.words, way.failure.issuer
    if issuer is not None:
        cause = f"somebody reads what passes: the certificate is signed by `{issuer}`, not trusted here ({told})"
        return check._replace(status=status, cause=cause, fix=AUTHORITY, data={**check.data, "issuer": issuer})
    causes = {
        "proxy": f"the proxy `{way.proxy}` lets nothing through ({told})" if way.proxy else told,
        "name": f"the name cannot be resolved ({told})",
        "tls": f"TLS failed ({told})",
    }
    cause = causes.get(way.failure.step, f"no answer: {told}")
    fix = RUNNING if way.failure.step == "connect" and landmark.address.loopback else NETWORK
    return check._replace(status=status, cause=cause, fix=FIXES.get(way.failure.step, fix))


def _answered(landmark: Landmark, way: Reached) -> Check:
    check = Check(f"network.{landmark.kind}", "ok", _title(landmark), data={"host": landmark.shown})
    if way.answer is None:
        return _failure(check, landmark, way)
    data = {**check.data, "status": way.answer.status, "milliseconds": way.answer.milliseconds}
    check = check._replace(title=f"{check.title}: {way.answer.milliseconds:,} ms", data=data)
    if is_page(way.answer):
        cause = f"something before it answered in its place, with a web page (status {way.answer.status})"
        return check._replace(status="fail" if landmark.certain else "warn", cause=cause, fix=SIGN_IN)
    if way.answer.status >= 500:  # noqa: PLR2004 - HTTP's own
        return check._replace(status="warn", cause=f"it failed with status {way.answer.status}", fix=LATER)
    return (
        check
        if _is_spoken(way.answer)
        else check._replace(
            status="warn",
            cause=f"it does not answer like PostHog (status {way.answer.status})",
            fix="check the address",
        )
    )


def _is_spoken(answer: Answer) -> bool:
    """Whether it is JSON, or the stream of events that an MCP server may answer with."""
    if answer.headers.get("content-type", "").startswith("text/event-stream"):
        return True
    try:
        return isinstance(decode(answer.body), dict)
    except ValueError:
        return False


# ------------------------------------------------------------------ the clock


def _clock(reached: list[Reached]) -> Iterator[Check]:
    """This computer's clock beside the first server's that tells the time."""
    skews = (_skew(way) for way in reached)
    skew = next((seconds for seconds in skews if seconds is not None), None)
    if skew is None:
        return
    check = Check("network.clock", "ok", "this computer's clock", data={"seconds": round(skew)})
    if abs(skew) <= SKEW:
        yield check
        return
    cause = f"it is {abs(skew):,.0f} seconds {'fast' if skew > 0 else 'slow'}"
    yield check._replace(status="warn", cause=cause, fix="let the system set the time by itself")


def _skew(way: Reached) -> float | None:
    """Seconds by which our clock is ahead, from the Date header (RFC 9110, 6.6.1)."""
    if way.answer is None or is_page(way.answer):
        return None
    date = http_date(way.answer.headers.get("date", ""))
    return None if date is None else way.at - date.timestamp()
