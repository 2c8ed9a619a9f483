"""Why an entry does not work: a kind for programs, a sentence and what mends it for people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from posthog_wizard.model import NOTHING, Json

ADD = "{add}"
NEW_KEY = f"give the entry a key that works: run {ADD} again"
UNAUTHORIZED = re.compile(r"\b401\b|rejected the key|does not accept the key|unauthorized", re.IGNORECASE)
FailureKind = Literal[
    "not-found", "not-executable", "crashed", "hung", "noise", "error", "no-key", "no-data",  # a program
    "refused", "forbidden", "wrong-region", "blocked", "intercepted", "tls", "name", "proxy", "connect",  # an address
    "timeout", "redirect", "not-mcp", "busy", "failed", "plain-http", "wrong-address", "misread",
]  # fmt: skip


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

    def because(self, cause: str) -> ProbeFailure:
        """The same with another cause: somebody knows more."""
        return ProbeFailure(self.kind, cause, self._fix, self.data)
