"""The sandbox's installations over real HTTP, with what `tests.support.posthog` can prepare and remembers.

with installed(tmp_path, upstream=server.url) as posthog:
    run(["mcp", "installations", "list"], home, POSTHOG_HOST=posthog.url, POSTHOG_PERSONAL_API_KEY=KEY)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from posthog_wizard.sandbox.api.known_keys import READING, SandboxKey
from posthog_wizard.sandbox.posthog import INSTALLED
from posthog_wizard.sandbox.row_store import SampleRow
from posthog_wizard.sandbox.views.installations import KIND
from tests.support.machines import KEY
from tests.support.posthog import PostHog
from tests.support.program import OTHER_KEY

LINEAR, NOTION, WAREHOUSE = (row["id"] for _, _, row in INSTALLED)
HELLO = "018f0000-0000-7000-8000-0000000a0009"
UPSTREAM_KEY = "acme_0123456789abcdef0123456789"
ORGANIZATION = "018f0000-0000-7000-8000-000000000001"
PATH = f"/api/environments/1/{KIND}/"
WORLD: tuple[SampleRow, ...] = (
    (
        "users",
        0,
        {
            "id": 7,
            "uuid": "0190bbbb-0000-0000-0000-000000000007",
            "email": "max@example.com",
            "first_name": "Max",
            "date_joined": "2026-01-01T00:00:00Z",
            "current_project": 1,
        },
    ),
    ("organizations", 0, {"id": ORGANIZATION, "name": "Hedgehogs"}),
    ("projects", 0, {"id": 1, "name": "Website", "organization": ORGANIZATION}),
    ("projects", 0, {"id": 2, "name": "App", "organization": ORGANIZATION}),
)
KEYS = (SandboxKey(KEY), SandboxKey(OTHER_KEY, tuple(scope for scope in READING if scope != "project:read")))


def hello(upstream: str, name: str = "Say Hello") -> SampleRow:
    """An installation whose server is at `upstream`, and demands UPSTREAM_KEY."""
    project, row = INSTALLED[2][1:]
    more = {"id": HELLO, "display_name": name, "url": upstream, "is_enabled": True, "secret": UPSTREAM_KEY}
    return KIND, project, row | more | {"created_at": "~1d"}


@dataclass
class Clock:
    """A clock that goes on by `step` with every look at it."""

    step: timedelta = timedelta()
    ahead: timedelta = timedelta()

    def now(self) -> datetime:
        self.ahead += self.step
        return datetime.now(UTC) + self.ahead


Installed = PostHog


@contextmanager
def installed(
    folder: Path, upstream: str | None = None, *more: SampleRow, step: float = 0, **options: Any
) -> Iterator[Installed]:
    """A PostHog with the sandbox's three installations, one before `upstream`, and `more`.

    `step`: seconds by which its clock goes on with each request, so that who signs in is quick.
    """
    clock = Clock(timedelta(seconds=step))
    samples = (*WORLD, *INSTALLED, *((hello(upstream),) if upstream else ()), *more)
    server = PostHog(
        keys=KEYS, samples=lambda: samples, now=clock.now, folder=folder / "posthog", strict=False, **options
    )
    with server:
        yield server
