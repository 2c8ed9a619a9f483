"""Renewals of an access token, each killed at another step: `python -m tests.support.renewals ROOT PROFILE HOST AT_LEAST`.

A step is a call to the file system or the network. After each kill another process needs the token. Prints how many kills
there were, and what went wrong.
"""

from __future__ import annotations

import json
import os
import sys
import time
from http.client import HTTPConnection
from itertools import count
from pathlib import Path
from typing import Any

import filelock  # before any fork, so that children do not import it  # noqa: F401

from posthog_wizard.api import oauth_requests  # noqa: F401 - as above
from posthog_wizard.credentials import store
from posthog_wizard.credentials.profiles import profile
from posthog_wizard.credentials.reference import KeyReference
from posthog_wizard.model import Machine
from posthog_wizard.sign_in.shared_token import current_key, stored_token
from tests.support.machines import machine

KILLED, FAILED = 9, 3
STEPS = ("os.", "fcntl.", "socket.connect", "socket.getaddrinfo")


def make_due(here: Machine, name: str, host: str) -> None:
    """Let the stored token be over."""
    kept = profile(here, name)
    assert kept is not None
    token = stored_token(kept, host, here)
    assert token is not None
    store.write(KeyReference("file-store", name), host, token._replace(expires=time.time() - 1).secret, here)


def die_at(step: int) -> None:
    """End this process at that step, as SIGKILL would; half of the steps are those of reading and writing sockets."""
    steps = count()

    def see(event: str, values: tuple[Any, ...]) -> None:
        written = event == "open" and ("config" in str(values[0])) and not str(values[0]).endswith(".toml")
        if (event.startswith(STEPS) or written) and next(steps) == step:
            os._exit(KILLED)

    sys.addaudithook(see)


def in_child(here: Machine, name: str, host: str, step: int | None) -> int:
    """Renew in a process of its own; its exit code."""
    child = os.fork()
    if child == 0:
        code = FAILED
        try:
            if step is not None:
                die_at(step)
            kept = profile(here, name)
            assert kept is not None
            key = current_key(kept, host, here)
            asked = HTTPConnection(host.removeprefix("http://"))
            asked.request("GET", "/api/users/@me/", headers={"Authorization": f"Bearer {key.reveal()}"})
            code = 0 if asked.getresponse().status == 200 else FAILED
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main(root: str, name: str, host: str, at_least: str) -> None:
    here, kills, wrong = machine(Path(root)), 0, []
    for step in count():
        make_due(here, name, host)
        code = in_child(here, name, host, step)
        kills += code == KILLED
        after = in_child(here, name, host, None)
        wrong += [f"step {step}: {code}, then {after}"] if after or code not in {0, KILLED} else []
        if code == 0 and kills >= int(at_least):
            break
        if code == 0 or wrong:
            break
    print(json.dumps({"kills": kills, "wrong": wrong}))  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
