"""The resources: what the connection is, a HogQL cheat sheet, names within arguments, the project's events and properties, quick starts."""

import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from posthog_wizard.api.hosts import CLOUD, ingestion_host, region_of
from posthog_wizard.errors import NotFound, WizardError
from posthog_wizard.server.quickstarts import QUICKSTARTS, quickstart
from posthog_wizard.server.service import CONTEXT_URI, Service
from posthog_wizard.tokens import BYTES_PER_TOKEN, compact
from posthog_wizard.tools.answers import fit, within
from posthog_wizard.tools.nested_names import NAMES_URI, names_listing

_MARKDOWN = "text/markdown"
_SANDBOXED = "sample data of a made-up company, on this machine; links lead nowhere"
CHEAT_SHEET = Path(__file__).with_name("hogql_cheatsheet.md")
_Read = Callable[[Service], Awaitable[str]]


class Refused(WizardError):
    """A tool's refusal, as it would have been answered."""


TEMPLATES: tuple[dict[str, str], ...] = (
    {
        "uriTemplate": "posthog://frameworks/{framework}",
        "name": "framework-quick-start",
        "title": "Quick start for a framework",
        "description": f"How to add PostHog to {', '.join(QUICKSTARTS)}.",
        "mimeType": _MARKDOWN,
    },
)
# the longer one is PostHog's first
_FRAMEWORK = re.compile(r"posthog://(?:integration/docs/)?frameworks/(.+)", re.IGNORECASE)


async def read_resource(service: Service, uri: str) -> tuple[str, str]:
    """The MIME type and text of a resource, of at most the tokens of an answer. Raises NotFound, and Refused."""
    if found := _FRAMEWORK.fullmatch(uri):
        kind, text = _MARKDOWN, quickstart(unquote(found[1]), await _base(service))
    elif uri in _RESOURCES:
        kind, text = _RESOURCES[uri].kind, await _RESOURCES[uri].read(service)
    else:
        raise NotFound(f"there is no resource `{uri[:200]}`", "list them with resources/list")
    return kind, within(text, service.most_tokens)


async def _base(service: Service) -> str:
    """The base URL; where it is not known yet, PostHog Cloud's first region."""
    try:
        return (await service.workspace.client()).base
    except WizardError:
        return service.workspace.access.host or CLOUD["us"]


async def _context(service: Service) -> str:
    workspace = service.workspace
    selection = await service.selection()
    try:
        key: Mapping[str, Any] = (await workspace.report()).document(None)
        problem = None
    except WizardError as error:
        key, problem = {}, {"message": error.message, "hint": error.hint}
    base = await _base(service)
    document, _ = fit(
        {
            "host": base,
            "region": region_of(base),
            **({"note": _SANDBOXED} if region_of(base) == "sandbox" else {}),
            "ingestion_host": ingestion_host(base),
            "problem": problem,
            "user": key.get("user"),
            "organization": await _or_none(workspace.organization),
            "project": await _or_none(workspace.project),
            "pinned": bool(workspace.limits.project or workspace.limits.organization),
            "read_only": workspace.limits.read_only,
            "scopes": key.get("scopes"),
            "tools": [tool.name for tool in selection.offered],
            "missing_tools": selection.left_out,
        },
        service.most_tokens * BYTES_PER_TOKEN,
    )
    return compact(document)


async def _or_none(ask: Callable[[], Awaitable[Any]]) -> Any:
    """What is not known is null here: the resource is read to find out why something does not work."""
    try:
        return await ask()
    except WizardError:
        return None


def _own(text: Callable[[], str]) -> _Read:
    async def read_own(_service: Service) -> str:
        return text()

    return read_own


def _answer_of(tool: str, **arguments: Any) -> _Read:
    async def read_live(service: Service) -> str:
        said = await service.call(tool, arguments)
        if said.failed:
            raise Refused(said.text)
        return said.text

    return read_live


class _Resource(NamedTuple):
    """A resource, named by the end of its URI."""

    title: str
    description: str
    read: _Read
    kind: str = _MARKDOWN


_RESOURCES: Mapping[str, _Resource] = {
    CONTEXT_URI: _Resource(
        "This connection",
        "Host, region, project, scopes, and the tools that are missing, with the reason.",
        _context,
        "application/json",
    ),
    "posthog://wizard/hogql-cheatsheet": _Resource(
        "HogQL cheat sheet",
        "Tables, functions and idioms of PostHog's SQL.",
        _own(lambda: CHEAT_SHEET.read_text(encoding="utf-8")),
    ),
    NAMES_URI: _Resource(
        "Names within arguments",
        "What may stand in the filters of flags, in queries, and in the looks and conditions of surveys.",
        _own(names_listing),
    ),
    "posthog://project/events": _Resource(
        "The project's events",
        "Names of the events that the active project receives.",
        _answer_of("event-definitions-list", limit=500),
        "text/plain",
    ),
    "posthog://project/properties": _Resource(
        "The project's event properties",
        "Names and types of event properties in the active project.",
        _answer_of("property-definitions", limit=500),
        "text/plain",
    ),
}
LISTED: tuple[dict[str, str], ...] = tuple(
    {
        "uri": uri,
        "name": uri.rpartition("/")[2],
        "title": one.title,
        "description": one.description,
        "mimeType": one.kind,
    }
    for uri, one in _RESOURCES.items()
)
