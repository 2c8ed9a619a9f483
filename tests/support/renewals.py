"""Renewals of an access token, each killed at another point: `python -m tests.support.renewals ROOT HOST LATER`.

Each has a token of its own out of `ROOT/tokens.json`. A point is a call to the file system or the network, then one of the
Python calls of a renewal, evenly spread. After each kill another process needs the token, at once or (LATER=yes) after
PostHog's time of grace. Prints how many kills there were, and how often the next process was served, or told to sign in again.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from typing import Any

from posthog_wizard.credentials import store
from posthog_wizard.credentials.profiles import profile
from posthog_wizard.credentials.reference import KeyReference
from posthog_wizard.errors import SignInExpired
from posthog_wizard.model import Machine, Secret
from posthog_wizard.sign_in.shared_token import current_key
from posthog_wizard.sign_in.token import token_of
from tests.support.machines import machine

SERVED, FAILED, OVER, KILLED = 0, 3, 4, -signal.SIGKILL
OUTCOMES = {SERVED: "served", FAILED: "failed", OVER: "over"}
PLACE, AT_LEAST, SPREAD = KeyReference("file-store", "default"), 50, 30
STEPS = ("os.", "fcntl.", "socket.connect", "socket.getaddrinfo")
Arm = Callable[[], None]


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def at_step(step: int) -> None:
    """End this process at that call to the system."""
    steps = count()

    def see(event: str, values: tuple[Any, ...]) -> None:
        written = event == "open" and ("config" in str(values[0])) and not str(values[0]).endswith(".toml")
        if (event.startswith(STEPS) or written) and next(steps) == step:
            die()

    sys.addaudithook(see)


def at_call(last: int) -> None:
    """End this process at that Python call."""
    calls = count()

    def see(_frame: Any, event: str, _value: Any) -> None:
        if event == "call" and next(calls) == last:
            die()

    sys.setprofile(see)


def renew(here: Machine, host: str) -> int:
    """What becomes of somebody who needs the token now."""
    kept = profile(here)
    assert kept is not None
    try:
        key = current_key(kept, host, here)
    except SignInExpired:
        return OVER
    asked = HTTPConnection(host.removeprefix("http://"))
    asked.request("GET", "/api/users/@me/", headers={"Authorization": f"Bearer {key.reveal()}"})
    return SERVED if asked.getresponse().status == 200 else FAILED


def in_child(here: Machine, host: str, arm: Arm) -> int:
    """Renew in a process of its own, which dies where it is armed to; its exit code."""
    child = os.fork()
    if child == 0:
        code = FAILED
        try:
            arm()
            code = renew(here, host)
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def calls_of(work: Callable[[], object]) -> int:
    """How many Python calls it takes."""
    calls: list[None] = []
    sys.setprofile(lambda _frame, event, _value: calls.append(None) if event == "call" else None)
    work()
    sys.setprofile(None)
    return len(calls)


def points(calls: int, kills: Counter[bool]) -> Iterator[Arm]:
    """Every step, until a renewal has no more of them; then calls all over it."""
    for step in count():
        yield partial(at_step, step)
        if kills[False]:
            break
    for part in count(1):
        yield partial(at_call, calls * part // (SPREAD + 1))
        if kills[True] >= AT_LEAST:
            break


def grow_old(here: Machine, host: str) -> None:
    """Let PostHog's time of grace pass, as far as we know it."""
    token = token_of(store.read(PLACE, host, here))
    assert token is not None
    tried = None if token.tried is None else token.tried - 200
    store.write(PLACE, host, token._replace(tried=tried).secret, here)


def main(root: str, host: str, later: str) -> None:
    here, after = machine(Path(root)), Counter[str]()
    tokens = iter(json.loads((Path(root) / "tokens.json").read_text()))

    def lay() -> None:
        store.write(PLACE, host, Secret(next(tokens)), here)

    lay()
    renew(here, host)  # what it imports no child has to
    lay()
    calls, kills = calls_of(lambda: renew(here, host)), Counter[bool]()
    for arm in points(calls, kills):
        lay()
        kills[in_child(here, host, arm) == KILLED] += 1
        if later == "yes":
            grow_old(here, host)
        after[OUTCOMES.get(in_child(here, host, lambda: None), "died")] += 1
    print(json.dumps({"kills": kills[True], **after}))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
