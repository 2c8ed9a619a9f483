"""What PostHog knows of a key: is it valid, whose is it, where, and what may it do.

A key is offered to the other region only after its own refused it, to name the wrong region; one from a store never.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec

from posthog_wizard.api.hosts import CLOUD, api_base
from posthog_wizard.api.key_report import KeyReport
from posthog_wizard.api.retry_policy import RetryPolicy
from posthog_wizard.api.scopes import missing_scopes
from posthog_wizard.errors import ApiError, BadKey, Unreachable
from posthog_wizard.model import Secret

if TYPE_CHECKING:
    import httpx

_PATIENCE = RetryPolicy(budget=10.0, attempts=3)  # until a key counts as not checkable
_FORBIDDEN = 403
_GRACE = 1.0  # seconds that a region listed earlier still gets after a later one has accepted the key
_Arguments = ParamSpec("_Arguments")


async def check_key(
    key: Secret,
    hosts: Sequence[str] = tuple(CLOUD.values()),
    *,
    required_scopes: Iterable[str] = (),
    project: str | None = None,
    organization: str | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    allow_http: bool = False,
    ca_file: Path | None = None,
    patience: RetryPolicy = _PATIENCE,
) -> KeyReport:
    """Ask every host at the same time whose key this is; the first of `hosts` that accepts it wins.

    `project` and `organization` are those the server will be limited to; without them the ones that PostHog's own
    server would choose are reported. Never raises an ApiError: what goes wrong is a state. Raises WrongUsage for an unusable
    host or certificate file.
    """
    from posthog_wizard.api.key_owner import Pin, ask_host  # noqa: PLC0415 - it loads httpx
    from posthog_wizard.api.keyless import Contact  # noqa: PLC0415

    contacts = [Contact(api_base(host, allow_http=allow_http), ca_file, transport) for host in hosts]
    pin = Pin(project, organization)
    asked = [asyncio.create_task(ask_host(contact, key, pin, patience)) for contact in contacts]
    report = _verdict(await _answers(asked))
    missing = missing_scopes(required_scopes, report.scopes) if report.scopes else report.missing_scopes
    return report._replace(missing_scopes=missing)


async def _answers(asked: list[asyncio.Task[KeyReport]]) -> list[KeyReport]:
    """The reports in the order of `asked`; who is late after an acceptance is not waited for."""
    pending, longest = set(asked), None
    try:
        while pending:
            done, pending = await asyncio.wait(pending, timeout=longest, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                break
            longest = _GRACE if any(task.result().usable for task in done) else longest
        return [task.result() for task in asked if task.done()]
    finally:
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)


def _verdict(reports: list[KeyReport]) -> KeyReport:
    accepted = sorted((report for report in reports if report.usable), key=lambda report: report.state != "valid")
    if accepted or len(reports) == 1:
        return (accepted or reports)[0]
    barred = next((one for one in reports if one.problem is not None and one.problem.status == _FORBIDDEN), None)
    if barred is not None and barred.state == "invalid":  # it knows the key, the other regions do not
        return barred
    unknown = [report for report in reports if report.state != "invalid"]
    return KeyReport("unreachable" if unknown else "invalid", problem=_joined(reports, unknown))


def _joined(reports: list[KeyReport], unknown: list[KeyReport]) -> ApiError:
    """One error for what several hosts said."""
    problems = [report.problem for report in reports if report.problem is not None]
    if not unknown:
        hosts = " nor ".join(f"`{report.host}`" for report in reports)
        details = dict.fromkeys(problem.message.partition(": ")[2] for problem in problems)
        return BadKey(f"neither {hosts} accepts the key: {' / '.join(details)}", problems[0].hint, status=401)
    told = "; ".join(problem.message.rstrip(".") for problem in problems)
    first = next(report.problem for report in unknown if report.problem is not None)
    return Unreachable(f"the key could not be checked: {told}", first.hint, retry_after=first.retry_after)


def _blocking(function: Callable[_Arguments, Coroutine[Any, Any, KeyReport]]) -> Callable[_Arguments, KeyReport]:
    @wraps(function)
    def call(*arguments: _Arguments.args, **options: _Arguments.kwargs) -> KeyReport:
        return asyncio.run(function(*arguments, **options))

    return call


validate = _blocking(check_key)  # for callers that are not asynchronous
