"""Why an entry does not work: a kind for programs, a sentence and what mends it for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from posthog_wizard.model import NOTHING, Json

FailureKind = Literal[
    "not-found", "not-executable", "crashed", "hung", "noise", "error",  # a program
    "refused", "forbidden", "wrong-region", "blocked", "intercepted", "tls", "name", "proxy", "connect",  # an address
    "timeout", "redirect", "not-mcp", "busy", "failed", "plain-http",
]  # fmt: skip


class ProbeFailure(Exception):
    """What a trial came to instead of a list of tools. `data` is shown in JSON; none of it may hold a key."""

    def __init__(self, kind: FailureKind, cause: str, fix: str, data: Mapping[str, Json] = NOTHING) -> None:
        super().__init__(cause)
        self.kind, self.cause, self.fix, self.data = kind, cause, fix, data
