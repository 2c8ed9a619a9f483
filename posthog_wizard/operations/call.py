"""`mcp call`: one call of a tool of `mcp serve`, from arguments to answer as an agent's call goes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from posthog_wizard.api.hosts import SANDBOX_BASE
from posthog_wizard.errors import Cancelled, MissingInput, WizardError, WrongUsage
from posthog_wizard.model import Json
from posthog_wizard.net.strict_json import decode, whole_utf8
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.key_check import no_key_found
from posthog_wizard.server.service import AcceptedCall, Service, tool_named
from posthog_wizard.tokens import compact
from posthog_wizard.tools.aliases import ours
from posthog_wizard.tools.answers import shorten
from posthog_wizard.tools.arguments import schema
from posthog_wizard.tools.tool import CHANGES_ANYTHING, REMEMBERS, Tool
from posthog_wizard.tools.workspace import Access, Workspace


class _ToolAnswer(NamedTuple):
    """What a tool said. `notes` tell what was cut from it."""

    value: dict[str, Json]
    notes: list[str]


class CallOptions(NamedTuple):
    """What to call. `sure`: nobody needs to be asked before something is destroyed."""

    tool: str
    arguments: Mapping[str, Json]
    most_tokens: int
    sure: bool = False
    allow_dangerous: bool = False


def read_arguments(name: str, words: Sequence[str], whole: bytes) -> dict[str, Json]:
    """The arguments of a command line: those of an object in JSON, and over them each `NAME=VALUE`.

    A value is JSON where the tool wants no text. Raises UnknownTool, WrongUsage.
    """
    tool = tool_named(ours(name, {})[0])
    declared = schema(tool)["properties"] if tool.name == name else {}  # the hosted server's names have other arguments
    said: dict[str, Json] = {}
    for word in words:
        argument, equals, text = word.partition("=")
        if not equals or not argument or argument in said:
            fault = f"the argument `{argument}` is given twice" if argument in said else f"`{word}` is not an argument"
            raise WrongUsage(fault, "write each as NAME=VALUE, or all of them as `--arguments JSON`")
        said[argument] = _value(declared.get(argument, {}), text)
    try:
        found = decode(whole_utf8(whole))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise WrongUsage("`--arguments` is not a JSON object", """write it as '{"name": "value"}'""")
    return {**found, **said}


def read_whole(text: str | None, piped: Callable[[], bytes]) -> bytes:
    """The JSON that `--arguments` means: itself, `@FILE`, or `-` for what is piped in. Raises WrongUsage."""
    if text is None:
        return b"{}"
    if text == "-":
        return piped()
    try:
        return Path(text[1:]).read_bytes() if text.startswith("@") else text.encode("utf-8", "surrogateescape")
    except (OSError, ValueError) as problem:
        words = getattr(problem, "strerror", None) or str(problem)
        raise WrongUsage(f"`{text[1:]}` cannot be read: {words}", "pass a file with JSON as `@FILE`") from None


def run(options: CallOptions, access: Access, ask: Ask | None, report: Report) -> _ToolAnswer:
    """What the tool answers.

    Raises:
        WrongUsage: there is no such tool, it is not on offer, or does not take these arguments; nothing was asked.
        MissingInput: there is no key, or nobody can be asked about what destroys.
        Cancelled: the user said no to that.
        WizardError: the tool's own error.
    """
    if not (access.limits.features or access.limits.tools):  # whoever names a tool that only goes by its name wants it
        named = (ours(options.tool, options.arguments)[0],)
        access = replace(access, limits=access.limits._replace(tools=named))
    service = Service(Workspace(access, allow_dangerous=options.allow_dangerous))
    accepted = service.accept(options.tool, options.arguments)
    if accepted.tool.within != "nothing" and access.source is None:
        raise access.defect or no_key_found()
    if accepted.tool.hints.destructive and not options.sure:
        _confirm(accepted.tool, options.arguments, access, ask)
    with report.progress(f"calling {options.tool}") as now:
        value = asyncio.run(_answered(service, accepted, now))
    if accepted.tool.hints is REMEMBERS:
        report.say("that holds for this run alone: tell other calls with `--project` or `--organization`")
    return _ToolAnswer(*shorten(value, most_tokens=options.most_tokens, **accepted.cutting))


async def _answered(service: Service, accepted: AcceptedCall, now: Callable[[str], None]) -> dict[str, Any]:
    async def progress(_progress: float, message: str) -> None:
        now(message)

    async def agreed(_question: str) -> None:
        """The person was asked about the whole call, or is sure."""

    try:
        return await service.answer(accepted, progress, agreed)
    except WrongUsage as problem:  # of what the tool found out; the command line was right
        raise WizardError(problem.message, problem.hint) from problem
    finally:
        await service.workspace.close()


def _value(declared: Mapping[str, Json], text: str) -> Json:
    kinds = {kind.get("type", "string") for kind in declared.get("anyOf", [declared])}
    if "string" in kinds and (declared or text[:1] not in {"{", "["}):
        return text
    try:
        return decode(text.encode())
    except ValueError:
        return text  # which the tool refuses with the type that it wants


def _confirm(tool: Tool, arguments: Mapping[str, Json], access: Access, ask: Ask | None) -> None:
    name, project = tool.name, access.limits.project
    danger = "may change or delete things for good" if tool.hints is CHANGES_ANYTHING else "cannot be taken back"
    if ask is None:
        raise MissingInput(f"`{name}` {danger}, and nobody can be asked", "say that you mean it with `--yes`")
    where = f"project {project}" if project else "the key's project"
    posthog = "the sandbox" if access.host == SANDBOX_BASE else access.host or "PostHog Cloud"
    question = f"{name} {compact(dict(arguments))} in {where} on {posthog} {danger}. Go on?"
    if not ask.confirm(question, default=False):
        raise Cancelled
