"""The events and properties toolset."""

import json
from typing import Annotated, Any, Literal

from posthog_wizard.api.replies import rows_of
from posthog_wizard.errors import WrongUsage
from posthog_wizard.tools.call import Call, given
from posthog_wizard.tools.parameters import Limit, Offset, Search
from posthog_wizard.tools.resource import Resource, pick_fields, trimmed_page
from posthog_wizard.tools.tool import READS, tool
from posthog_wizard.tools.value_types import Constraints

_SHOWN = ("name", "description", "last_seen_at")
_EVENTS = Resource("event_definitions/", "event", shown=_SHOWN, listed=_SHOWN, named_by="name")
_PROPERTY = ("name", "property_type", "description")
_EventName = Annotated[str | None, Constraints(description="Only properties seen with this event")]


@tool("List events", feature="events", scopes=("event_definition:read",), hints=READS)
async def event_definitions_list(
    call: Call, q: Search = None, limit: Limit = 100, offset: Offset = 0
) -> dict[str, Any]:
    """List the names of the events that the project receives. Look here before writing a query."""
    return await _EVENTS.list(call, offset, search=q, limit=limit)


@tool("List properties", feature="events", scopes=("property_definition:read",), hints=READS)
async def properties_list(
    call: Call,
    type: Annotated[Literal["event", "person"], Constraints(description="Whose properties")],  # noqa: A002 - PostHog's word
    event_name: Annotated[str | None, Constraints(description="Needed with type event")] = None,
    include_predefined_properties: Annotated[bool, Constraints(description="Also PostHog's own $…")] = False,
    limit: Limit = 200,
    offset: Offset = 0,
) -> dict[str, Any]:
    """List the properties of one event, or of persons."""
    if type == "event" and not event_name:
        raise WrongUsage(
            "`event_name` is required for the properties of events", "list events with event-definitions-list"
        )
    query = {
        "filter_by_event_names": type == "event",
        "is_feature_flag": False,
        "exclude_core_properties": not include_predefined_properties,
    }
    names = json.dumps([event_name]) if type == "event" else None
    return await _definitions(call, limit, offset, type=type, event_names=names, **query)


@tool("List property definitions", feature="workspace", scopes=("property_definition:read",), hints=READS)
async def property_definitions(
    call: Call,
    type: Annotated[  # noqa: A002 - PostHog's word
        Literal["event", "person", "group", "session"], Constraints(description="Whose properties")
    ] = "event",
    event_name: _EventName = None,
    group_type_index: Annotated[int | None, Constraints(ge=0, description="Needed with type group")] = None,
    search: Search = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> dict[str, Any]:
    """List property definitions of all events or one, or of persons, groups or sessions."""
    query = given(search=search, group_type_index=group_type_index)
    if event_name and type == "event":
        query |= {"event_names": json.dumps([event_name]), "filter_by_event_names": True}
    return await _definitions(call, limit, offset, type=type, **query)


async def _definitions(call: Call, limit: int, offset: int, **query: Any) -> dict[str, Any]:
    answer = await call.get("property_definitions/", **query, exclude_hidden=True, limit=limit, offset=offset)
    answer = answer | {"results": [row for row in rows_of(answer) if not row.get("hidden")]}
    return trimmed_page(answer, offset, lambda row: pick_fields(row, _PROPERTY)) | {"url": call.link("event", "")}
