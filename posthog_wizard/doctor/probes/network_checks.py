"""`network.*`: the way to every PostHog that is in use, step by step: proxy, name, TLS, answer, clock."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator

from posthog_wizard.doctor.check import NEEDS_NETWORK, Check, Status, finding
from posthog_wizard.doctor.context import Context
from posthog_wizard.doctor.probes.probe_failure import AUTHORITY, CORRECT_PROXY, LATER, NETWORK, SIGN_IN
from posthog_wizard.doctor.probes.reachability import Endpoint, Reachability, endpoints, is_number, reach
from posthog_wizard.model import Json
from posthog_wizard.net.error_bodies import is_page
from posthog_wizard.net.retry_after import http_date
from posthog_wizard.net.strict_json import decoded

_MARGIN = 0.5  # seconds before the limit
_SKEW = 60.0  # seconds by which the clocks may differ: tokens of five minutes, and certificates, then still work
_ORDER = ("proxy", "name", "connect", "tls", "answer")
# The steps of the way with a check of their own, and what it looks at; a step that failed hides those after it.
_STEPS = (("proxy", "the proxy to `{}`"), ("name", "the name `{}`"), ("tls", "TLS of `{}`"))
_FIXES = {"proxy": CORRECT_PROXY, "tls": "check that the address really speaks https"}


def check_network(context: Context) -> tuple[Check, ...]:
    """The servers are asked at the same time; which they are may depend on a key that is looked up."""
    every = endpoints(context)
    asked = tuple(one for one in every if one.address.loopback or not context.options.offline)
    left_out = (_about(one)._replace(status="skip", cause=NEEDS_NETWORK) for one in every if one not in asked)
    if not every:
        return (finding("skip", "PostHog's API", "no entry and no key leads to a PostHog on the network"),)
    reachability = asyncio.run(_reach_all(asked, context))
    sure = any(way.answer is not None for one, way in zip(asked, reachability, strict=True) if not one.certain)
    pairs = ((one._replace(certain=one.certain or not sure), way) for one, way in zip(asked, reachability, strict=True))
    found = (check for one, way in pairs for check in checks_of(one, way))
    return (*_told_once(found), *left_out, *_clock(reachability))


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


async def _reach_all(asked: tuple[Endpoint, ...], context: Context) -> list[Reachability]:
    until = context.deadline - min(_MARGIN, context.options.timeout / 4)
    return await asyncio.gather(*(reach(one, context.machine.environment, until) for one in asked))


def _about(endpoint: Endpoint) -> Check:
    what, host = "PostHog's API at" if endpoint.kind == "api" else "the MCP server", endpoint.address.authority
    return Check(f"network.{endpoint.kind}", "ok", f"{what} `{host}`", data={"host": host})


def checks_of(endpoint: Endpoint, way: Reachability) -> Iterator[Check]:
    """What the way to one server tells: its steps as far as they were taken, then the answer."""
    refused = way.proxy is not None and way.answer is not None and way.answer.status == 407  # noqa: PLR2004 - HTTP's own
    failed = way.failure.step if way.failure is not None else "proxy" if refused else "answer"
    # Numbers need no name server, and names behind a proxy are not resolved here.
    named = way.proxy is None and not is_number(endpoint.address.host)
    taken = {"proxy": way.proxy is not None, "name": named, "tls": endpoint.address.secure}
    for step, title in _STEPS:
        if not taken[step] or _ORDER.index(step) > _ORDER.index(failed):
            continue
        host, took = endpoint.address.authority, way.name_milliseconds
        seen: dict[str, dict[str, Json]] = {"proxy": {"proxy": way.proxy}, "name": {"milliseconds": took}}
        check = Check(f"network.{step}", "ok", title.format(host), data={"host": host, **seen.get(step, {})})
        yield _failure(check, endpoint, way) if step == failed else check
    if failed not in dict(_STEPS):
        yield _answered(endpoint, way)


def _failure(check: Check, endpoint: Endpoint, way: Reachability) -> Check:
    """A step that failed; where nothing is known to need that server, only a warning."""
    status: Status = "fail" if endpoint.certain else "warn"
    if way.failure is None:
        return check._replace(status=status, cause=f"the proxy `{way.proxy}` requires a password", fix=CORRECT_PROXY)
    told, issuer = way.failure.words, way.failure.issuer
    if issuer is not None:
        cause = f"something on the way decrypts the traffic: the certificate is signed by `{issuer}`, not trusted here ({told})"
        return check._replace(status=status, cause=cause, fix=AUTHORITY, data={**check.data, "issuer": issuer})
    causes = {
        "proxy": f"the proxy `{way.proxy}` lets nothing through ({told})" if way.proxy else told,
        "name": f"the name cannot be resolved ({told})",
        "tls": f"TLS failed ({told})",
    }
    cause = causes.get(way.failure.step, f"no answer: {told}")
    own = way.failure.step == "connect" and endpoint.address.loopback
    fix = "start that PostHog, or correct the address in the entry" if own else NETWORK
    return check._replace(status=status, cause=cause, fix=_FIXES.get(way.failure.step, fix))


def _answered(endpoint: Endpoint, way: Reachability) -> Check:
    check = _about(endpoint)
    if way.answer is None:
        return _failure(check, endpoint, way)
    data = {**check.data, "status": way.answer.status, "milliseconds": way.answer.milliseconds}
    check = check._replace(title=f"{check.title}: {way.answer.milliseconds:,} ms", data=data)
    if is_page(way.answer.headers, way.answer.body):
        cause = f"something before it answered in its place, with a web page (status {way.answer.status})"
        return check._replace(status="fail" if endpoint.certain else "warn", cause=cause, fix=SIGN_IN)
    if way.answer.status >= 500:  # noqa: PLR2004 - HTTP's own
        return check._replace(status="warn", cause=f"it failed with status {way.answer.status}", fix=LATER)
    streamed = way.answer.headers.get("content-type", "").startswith("text/event-stream")  # as an MCP server may answer
    if streamed or isinstance(decoded(way.answer.body), dict):
        return check
    cause = f"it does not answer like PostHog (status {way.answer.status})"
    return check._replace(status="warn", cause=cause, fix="check the address")


def _clock(reachability: list[Reachability]) -> Iterator[Check]:
    """This computer's clock beside the first server's that tells the time, in a Date header (RFC 9110, 6.6.1)."""
    answers = [(way.at, way.answer) for way in reachability if way.answer is not None]
    told = ((at, http_date(one.headers.get("date", ""))) for at, one in answers if not is_page(one.headers, one.body))
    skew = next((at - date.timestamp() for at, date in told if date is not None), None)  # seconds that ours is ahead
    if skew is None:
        return
    check = Check("network.clock", "ok", "this computer's clock", data={"seconds": round(skew)})
    if abs(skew) <= _SKEW:
        yield check
        return
    cause = f"it is {abs(skew):,.0f} seconds {'fast' if skew > 0 else 'slow'}"
    yield check._replace(status="warn", cause=cause, fix="let the system set the time by itself")
