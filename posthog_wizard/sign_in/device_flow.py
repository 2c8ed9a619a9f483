"""Waiting until somebody has approved a code."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from posthog_wizard.api.hosts import key_list
from posthog_wizard.errors import ApiError, BadReply, RateLimited, ServerFault, SignInExpired, Unreachable

if TYPE_CHECKING:
    from posthog_wizard.api.device_codes import DeviceCode, DeviceGrant
    from posthog_wizard.api.keyless import Contact

_LONGEST_PAUSE = 60.0  # seconds that a server can make us wait
_PASSING = (RateLimited, ServerFault, Unreachable)


async def wait_for_grant(contact: Contact, code: DeviceCode, timeout: float) -> DeviceGrant:  # noqa: ASYNC109 - two ends are told apart
    """Ask until somebody has approved, no longer than the code is valid. What passes is sat out.

    Raises SignInExpired, also where an answer was lost that may have brought the key; BadReply, CredentialError.
    """
    from posthog_wizard.api.device_codes import poll  # noqa: PLC0415 - it loads httpx

    loop, lost = asyncio.get_running_loop(), None
    deadline = loop.time() + min(timeout, code.expires_in)
    while (pause := code.interval) < deadline - loop.time():
        if lost is not None and lost.retry_after:
            pause = min(max(pause, lost.retry_after), _LONGEST_PAUSE)
        await asyncio.sleep(min(pause, max(deadline - loop.time(), 0)))
        try:
            granted = await poll(contact, code)
        except SignInExpired as problem:
            if not _may_have_brought_it(lost):
                raise problem from lost
            raise SignInExpired(
                "the code was used, but PostHog's answer with the key was lost on its way, and is given only once",
                f"delete the newest key `CLI - …` at {key_list(contact.base)}, then run the command again",
            ) from lost
        except ApiError as problem:
            if not (isinstance(problem, _PASSING) or _may_have_brought_it(problem)):
                raise
            lost = problem
            continue
        if granted is not None:
            return granted
        lost = None
    if lost is not None:
        raise SignInExpired(
            f"nobody approved in time, as far as PostHog could be asked: {lost.message}", lost.hint
        ) from lost
    raise SignInExpired(
        f"nobody approved the code `{code.user_code}` within {min(timeout, code.expires_in):.0f} seconds",
        "run the command again; who refused in the browser need do nothing",
    )


def _may_have_brought_it(problem: ApiError | None) -> bool:
    """Whether an answer was on its way that did not arrive whole."""
    broken = isinstance(problem, BadReply) and problem.status is None
    return broken or isinstance(problem, Unreachable | ServerFault)
