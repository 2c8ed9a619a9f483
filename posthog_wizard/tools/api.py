"""All of PostHog's REST API in four tools: find an operation, see what it takes, call it.

`openapi` is imported inside the functions: most servers are started without this toolset.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any

from posthog_wizard.api.scopes import lacking
from posthog_wizard.errors import WizardError, WrongUsage
from posthog_wizard.tools.call import Call, given
from posthog_wizard.tools.parameters import Object
from posthog_wizard.tools.tool import CHANGES_ANYTHING, READS, tool
from posthog_wizard.tools.value_types import Constraints

if TYPE_CHECKING:
    from posthog_wizard.openapi.model import Index, Operation

_SHOWN, _NEAR = 8, 3  # operations that a search shows, and those of the best that it misses aloud
_Id = Annotated[str, Constraints(min_length=1, max_length=200, description="Operation id from api-search")]


@tool("Search the API", feature="api", scopes=(), hints=READS, within="nothing", rest="Ask a narrower question.")
async def api_search(
    call: Call,
    query: Annotated[str, Constraints(min_length=1, max_length=300, description="What you want to do, in plain words")],
) -> dict[str, Any]:
    """Find what PostHog's API can do: replays, cohorts, persons, groups, annotations, actions, alerts, logs, notebooks, subscriptions, exports, destinations, warehouse, members, settings."""
    from posthog_wizard.openapi.search import search  # noqa: PLC0415 - see above

    index = await _operations(call)
    found = search(index, query)
    reasons = {one.id: _refused(call, one) for one in found}
    missing = [{"id": one.id, "why": reasons[one.id]} for one in found[:_NEAR] if reasons[one.id]]
    shown = [
        {
            "id": one.id,
            "does": one.summary,
            "call": f"{one.method} {one.path}",
            "tool": "api-read" if one.reads else "api-write",
            **given(off=_off(call, one)),
        }
        for one in [one for one in found if not reasons[one.id]][:_SHOWN]
    ]
    foreign = (
        None if index.origin.host else f"an index of {index.origin.made}, as this PostHog did not tell what it has"
    )
    return {"results": shown} | given(not_available=missing or None, source=foreign)


@tool("Describe an operation", feature="api", scopes=(), hints=READS, within="nothing", rest="Ask for one `field`.")
async def api_describe(
    call: Call,
    operation: _Id,
    field: Annotated[str | None, Constraints(description="Go deeper, e.g. body.filters")] = None,
) -> dict[str, Any]:
    """What an operation takes, with an example. `x?` is optional, `{…}` and `…` are told by asking for that field."""
    from posthog_wizard.openapi.notation import describe  # noqa: PLC0415 - see above

    index = await call.workspace.operations()
    found = index.get(operation)
    said = describe(index, found, field or "")
    return said | given(not_available=_refused(call, found) or None, off=_off(call, found))


_Called = Annotated[str, Constraints(description="From api-search")]
_Parameters = Annotated[Object | None, Constraints(description="Path and query")]
_Body = Annotated[Object | None, Constraints(description="JSON")]
_Fields = Annotated[list[str] | None, Constraints(description="To show: id, filters.groups")]
_REST = "Ask for fewer `fields`, or less."


@tool("Read by the API", feature="api", scopes=(), hints=READS, within="account", rest=_REST)
async def api_read(
    call: Call, operation: _Called, parameters: _Parameters = None, body: _Body = None, fields: _Fields = None
) -> dict[str, Any]:
    """Call an operation that reads: replays, cohorts, persons, logs and all else. The project is filled in."""
    return await _performed(call, operation, parameters, body, fields, reading=True)


@tool("Write by the API", feature="api", scopes=(), hints=CHANGES_ANYTHING, within="account", rest=_REST)
async def api_write(
    call: Call, operation: _Called, parameters: _Parameters = None, body: _Body = None, fields: _Fields = None
) -> dict[str, Any]:
    """Call an operation that creates, changes or deletes. Use api-describe first."""
    return await _performed(call, operation, parameters, body, fields, reading=False)


async def _performed(
    call: Call, operation: str, parameters: _Parameters, body: _Body, fields: _Fields, *, reading: bool
) -> dict[str, Any]:
    from posthog_wizard.tools.operation_calls import perform  # noqa: PLC0415 - see above

    index = await _operations(call)
    found = index.get(operation)
    if reason := _refused(call, found):
        raise WrongUsage(f"`{found.id}` is not available: {reason}", "`api-search` finds what is")
    return await perform(call, index, found, parameters or {}, body, fields or (), reading=reading)


async def _operations(call: Call) -> Index:
    with suppress(WizardError):  # then it is not known what the key may do, and PostHog says what it lacks
        await call.workspace.report()
    return await call.workspace.operations()


def _refused(call: Call, operation: Operation) -> str:
    """Why this server does not call an operation: what the limits, the key and the organization allow; else empty."""
    from posthog_wizard.openapi.model import INTERNAL  # noqa: PLC0415 - see above
    from posthog_wizard.openapi.pins import beyond  # noqa: PLC0415 - see above

    place = call.workspace
    if INTERNAL in operation.scopes:
        return "PostHog takes no key for it"
    if place.limits.read_only and not operation.reads:
        return "it writes, and the server is read-only"
    if place.reads_only and not operation.reads:
        return "it writes, and the organization's settings let MCP servers only read"
    if reason := beyond(operation, place.limits):
        return reason
    if operation.within != "project" and place.known_teams:
        return "the key is limited to projects, and PostHog tells it nothing else"
    return lacking(operation.scopes, place.known_scopes)


def _off(call: Call, operation: Operation) -> str | None:
    """Why it is found and described, and yet not called."""
    from posthog_wizard.openapi.effects import effect_of  # noqa: PLC0415 - see above

    row = effect_of(operation)
    off = row.effect == "dangerous" and not call.workspace.allow_dangerous
    return f"needs `--allow-dangerous`: {row.why}" if off else None
