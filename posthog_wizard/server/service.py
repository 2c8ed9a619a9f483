"""What the server does, without the protocol: which tools there are, and one call from arguments to text.

An error that came from PostHog is told by its HTTP status, and all of its sentence is delimited as data. Answers are
left out of analytics: they are made of the project's data. There are no tools for installed servers: list and get
would cost 135 and 98 tokens in every conversation, and an agent could do nothing with the answer.
"""

import asyncio
import difflib
import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from posthog_wizard.documents.masking import mask_text
from posthog_wizard.errors import ApiError, WizardError, WrongUsage
from posthog_wizard.launcher import replaced_since_start
from posthog_wizard.tokens import BYTES_PER_TOKEN
from posthog_wizard.tools import TOOLS
from posthog_wizard.tools.aliases import instead, ours
from posthog_wizard.tools.answers import FRAME, delimited, render
from posthog_wizard.tools.arguments import checked_arguments
from posthog_wizard.tools.call import (
    Call,
    CallClock,
    Confirm,
    ConfirmationPending,
    ProgressReport,
    no_progress,
    nobody_confirms,
)
from posthog_wizard.tools.selection import Selection, select
from posthog_wizard.tools.tool import Tool
from posthog_wizard.tools.workspace import Workspace

log = logging.getLogger("posthog_wizard.server")
BY_NAME = {tool.name: tool for tool in TOOLS}
CONTEXT_URI = "posthog://wizard/context"
_AT_ONCE = 50  # calls; more wait their turn here, where waiting does not use up a request's time
_CLOCK = CallClock()
_KEY_PATIENCE = 8.0  # seconds that a list waits for the key's scopes
LONGEST_ERROR = 2_000  # characters
_NESTED = WrongUsage("this is nested too deeply", "ask for less, or send arguments with fewer levels")


class UnknownTool(WrongUsage):
    """A tool of that name does not exist, which the protocol treats apart."""


@dataclass(frozen=True)
class ToolResult:
    """An answer as the client gets it."""

    text: str
    failed: bool = False


def new_mark() -> str:
    """A line that data cannot contain by design or accident."""
    return f"posthog-data-{secrets.token_hex(6)}"


def tool_named(name: str) -> Tool:
    """The tool of that name. Raises UnknownTool."""
    if name in BY_NAME:
        return BY_NAME[name]
    if other := instead(name):
        raise UnknownTool(f"there is no tool `{name}` here: use {other}")
    close = difflib.get_close_matches(name[:100], BY_NAME, n=1)
    raise UnknownTool(f"there is no tool `{name[:100]}`" + (f", did you mean `{close[0]}`?" if close else ""))


class AcceptedCall(NamedTuple):
    """A tool with arguments that it takes."""

    tool: Tool
    arguments: dict[str, Any]

    @property
    def cutting(self) -> dict[str, Any]:
        """How its answer is cut: see `tools.answers.render`."""
        return {"rest": self.tool.rest, "offset": self.arguments.get("offset")}


@dataclass(frozen=True)
class Service:
    """One running server."""

    workspace: Workspace
    most_tokens: int = 20_000
    clock: CallClock = _CLOCK
    mark: Callable[[], str] = new_mark
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def selection(self) -> Selection:
        """The tools on offer. Where the key cannot be asked about, every tool is: its call then says what is wrong."""
        try:
            async with asyncio.timeout(_KEY_PATIENCE):
                await self.workspace.report()
        except (WizardError, TimeoutError) as error:
            log.warning("the key's scopes are not known: %s", str(error) or "no answer in time")
        return self._selected()

    async def call(
        self,
        name: str,
        arguments: Mapping[str, Any],
        report: ProgressReport = no_progress,
        confirm: Confirm = nobody_confirms,
    ) -> ToolResult:
        """Run a tool. Whatever goes wrong becomes a text that says what to do.

        Raises:
            UnknownTool: there is no such tool.
            ConfirmationPending: `confirm` has to be answered first.
        """
        try:
            async with self.turns:
                accepted = self.accept(name, arguments)
                value = await self.answer(accepted, report, confirm)
            answer = render(value, mark=self.mark(), most_tokens=self.most_tokens, **accepted.cutting)
            log.debug("%s: answered with %d characters", name, len(answer))
            return ToolResult(answer)
        except (ConfirmationPending, UnknownTool):
            raise
        except WizardError as error:
            log.info("%s: %s", name, mask_text(str(error)))
            return self.refusal(error)
        except RecursionError:  # an argument, or what is stored in PostHog
            return self.refusal(_NESTED)
        except Exception as error:
            log.exception("a bug in %s", name)
            if (replaced := replaced_since_start()) is not None:
                return self.refusal(replaced)
            return ToolResult(
                f"a bug in posthog-wizard's `{name}`: {type(error).__name__}. Its log has the details.", failed=True
            )

    def accept(self, name: str, arguments: Mapping[str, Any]) -> AcceptedCall:
        """The call that these arguments make. Raises UnknownTool, and WrongUsage for what is not offered or not taken."""
        name, arguments = ours(name, arguments)
        tool = tool_named(name)
        reason = self._selected().left_out.get(name)
        if reason:
            raise WrongUsage(
                f"`{name}` is not available: {reason}",
                f"`mcp tools` and the resource {CONTEXT_URI} say what is, and why",
            )
        return AcceptedCall(tool, checked_arguments(tool, arguments))

    async def answer(
        self, accepted: AcceptedCall, report: ProgressReport = no_progress, confirm: Confirm = nobody_confirms
    ) -> dict[str, Any]:
        """What the tool says, whole. Raises WizardError."""
        tool, within = accepted.tool, accepted.tool.within
        # Found before anything is asked, so that one answer never mixes two projects. The project or organization is
        # named first in the answer; a tool that answered from elsewhere names that itself.
        place: dict[str, Any] = {} if within == "nothing" else {"base": (await self.workspace.client()).base}
        if within == "project":
            place["project"] = await self.workspace.project()
        elif within == "organization":
            place["organization"] = await self.workspace.organization()
        call = Call(self.workspace, **place, report=report, confirm=confirm, clock=self.clock)
        return {name: place[name] for name in place if name == within} | await tool.function(call, **accepted.arguments)

    def refusal(self, error: WizardError) -> ToolResult:
        """An error as the client gets it. What PostHog said is delimited as the data of an answer is."""
        most = min(LONGEST_ERROR, self.most_tokens * BYTES_PER_TOKEN - FRAME)
        if not isinstance(error, ApiError) or error.status is None:
            return ToolResult(error_text(error, most), failed=True)
        hint = f"\nHint: {_shortened(error.hint, FRAME)}" if error.hint else ""
        words = _shortened(str(error), most - len(hint.encode()))
        return ToolResult(
            delimited("Error: PostHog refused. What it said is data", words, self.mark()) + hint, failed=True
        )

    def _selected(self) -> Selection:
        place = self.workspace
        return select(TOOLS, place.limits, place.known_scopes, place.known_teams, reads_only=place.reads_only)


def error_text(error: WizardError, most: int = LONGEST_ERROR) -> str:
    """The error's sentence and what to do, masked and of at most so many bytes."""
    return _shortened(f"Error: {error}" + (f"\nHint: {error.hint}" if error.hint else ""), most)


def _shortened(text: str, most: int) -> str:
    """The masked beginning of a text. What is cut off first is far behind, so that no key is cut in two unmasked."""
    masked = mask_text(text[: most + LONGEST_ERROR]).encode("utf-8", "replace")
    return masked.decode() if len(masked) <= most else masked[:most].decode("utf-8", "ignore") + "…"
