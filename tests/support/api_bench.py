"""A PostHog whose schema is like the real one, and whose answers are prepared; called through the service."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from posthog_wizard.errors import WrongUsage
from posthog_wizard.model import Limits, Secret
from posthog_wizard.sandbox.api.http_messages import HttpReply
from posthog_wizard.sandbox.api.routes import RequestContext
from posthog_wizard.server.service import Service, ToolResult
from posthog_wizard.tools.call import nobody_confirms
from posthog_wizard.tools.workspace import Access, Workspace
from tests.openapi.real_subset import SUBSET
from tests.support.posthog import PostHog, Route
from tests.support.serving import KEY, instance

FEATURE = ("api",)
PROJECT, ORGANIZATION = 2, "0190aaaa-0000-0000-0000-000000000001"
IN_PROJECT = Limits(project=str(PROJECT), features=FEATURE)
IN_ORGANIZATION = Limits(organization=ORGANIZATION, features=FEATURE)
ANYWHERE = Limits(features=FEATURE)
_SCHEMA = "/api/schema/"


def schema_route(content: bytes) -> Route:
    """An instance that answers with that schema."""

    def answer(_context: RequestContext) -> HttpReply:
        return HttpReply(200, {"Content-Type": "application/json"}, content)

    return Route("GET", _SCHEMA, None, answer, frozenset({"format"}), public=True)


@dataclass
class ApiBench:
    """`questions` are those that the person was asked; `agrees` is what they say, None: nobody can be asked."""

    posthog: PostHog
    limits: Limits
    agrees: bool | None
    dangerous: bool
    most_tokens: int
    questions: list[str] = field(default_factory=list)

    def __call__(self, name: str, operation: str, /, **arguments: Any) -> ToolResult:
        async def called() -> ToolResult:
            access = Access(Secret(KEY), self.posthog.url, self.limits)
            service = Service(
                Workspace(access, allow_dangerous=self.dangerous), self.most_tokens, mark=lambda: "posthog-data-0"
            )
            confirm = nobody_confirms if self.agrees is None else self._confirm
            try:
                return await service.call(name, {"operation": operation, **arguments}, confirm=confirm)
            finally:
                await service.workspace.close()

        return asyncio.run(called())

    @property
    def sent(self) -> list[str]:
        """What was asked of PostHog, its schema and what is said of the key left out."""
        quiet = (_SCHEMA, "/api/users/@me/", "/api/personal_api_keys/@current")
        return [line for line in self.posthog.lines if not line.endswith(quiet)]

    async def _confirm(self, question: str) -> None:
        self.questions.append(question)
        if not self.agrees:
            raise WrongUsage("the person said no")


@contextmanager
def api(
    limits: Limits = IN_PROJECT,
    *,
    agrees: bool | None = None,
    dangerous: bool = False,
    most_tokens: int = 20_000,
    schema: bytes | None = None,
) -> Iterator[ApiBench]:
    """Pinned to project 2 unless `limits` say otherwise."""
    route = schema_route(SUBSET.read_bytes() if schema is None else schema)
    with instance(routes=(route,)) as posthog:
        yield ApiBench(posthog, limits, agrees, dangerous, most_tokens)
