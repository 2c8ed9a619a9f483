"""The dashboards toolset."""

from typing import Annotated, Any

from posthog_wizard.model import NOTHING
from posthog_wizard.tools import merging
from posthog_wizard.tools.call import Call, given
from posthog_wizard.tools.parameters import Description, Limit, More, NewName, Offset, Rename, Search, Tags
from posthog_wizard.tools.resource import Resource, changes, find_insight, pick_fields
from posthog_wizard.tools.tool import CREATES, DELETES, READS, UPDATES, tool
from posthog_wizard.tools.value_types import Constraints

_DashboardId = Annotated[int, Constraints(ge=1, description="Dashboard id")]
_DASHBOARDS = Resource(
    "dashboards/",
    "dashboard",
    shown=("id", "name", "description", "pinned", "tags", "created_at"),
    listed=("id", "name", "description", "pinned", "tags"),
    rule=merging.DASHBOARD,
)
_IN_A_TILE = ("id", "short_id", "name", "derived_name", "description", "tags", "favorited", "last_refresh")


@tool("List dashboards", feature="dashboards", scopes=("dashboard:read",), hints=READS)
async def dashboards_get_all(
    call: Call,
    search: Search = None,
    pinned: Annotated[bool, Constraints(description="Only pinned ones")] = False,
    limit: Limit = 50,
    offset: Offset = 0,
    more: More = NOTHING,
) -> dict[str, Any]:
    """List the project's dashboards."""
    if not pinned:
        return await _DASHBOARDS.list(call, offset, search=search, limit=limit, **more)
    # PostHog's list has no such filter, so the pages are read and filtered here.
    kept = [row async for row in call.rows(_DASHBOARDS.path, search=search, **more) if row.get("pinned")]
    page = {"count": len(kept), "results": kept[offset : offset + limit], "next": len(kept) > offset + limit}
    return _DASHBOARDS.page(call, page, offset)


@tool("Get a dashboard", feature="dashboards", scopes=("dashboard:read",), hints=READS)
async def dashboard_get(
    call: Call,
    dashboard_id: _DashboardId,
    include_queries: Annotated[bool, Constraints(description="With each insight's query")] = False,
    more: More = NOTHING,  # noqa: ARG001 - overrides change numbers, which are not shown here
) -> dict[str, Any]:
    """Get a dashboard with its tiles: insights and texts. For an insight's numbers use insight-query."""
    found = await _DASHBOARDS.get(call, dashboard_id)
    names = (*_IN_A_TILE, "query") if include_queries else _IN_A_TILE
    tiles = [_tile(tile, names) for tile in found.get("tiles") or []]
    return _DASHBOARDS.show(call, found) | {"tiles": tiles}


def _tile(tile: dict[str, Any], insight_names: tuple[str, ...]) -> dict[str, Any]:
    """A tile holds an insight, a text or something newer; none of them is taken for granted."""
    if tile.get("insight"):
        return {"id": tile.get("id"), "insight": pick_fields(tile["insight"], insight_names)}
    if tile.get("text"):
        return {"id": tile.get("id"), "text": tile["text"].get("body", "")}
    other = sorted(name for name, value in tile.items() if isinstance(value, dict) and value)
    return {"id": tile.get("id"), "other": other}


@tool("Create a dashboard", feature="dashboards", scopes=("dashboard:write",), hints=CREATES)
async def dashboard_create(
    call: Call,
    name: NewName,
    description: Description = None,
    pinned: Annotated[bool | None, Constraints(description="Pin it")] = None,
    tags: Tags = None,
    more: More = NOTHING,
) -> dict[str, Any]:
    """Create an empty dashboard."""
    body = given(name=name, description=description, pinned=pinned, tags=tags)
    return await _DASHBOARDS.create(call, body | {**more})


@tool("Update a dashboard", feature="dashboards", scopes=("dashboard:write",), hints=UPDATES)
async def dashboard_update(
    call: Call,
    dashboard_id: _DashboardId,
    name: Rename = None,
    description: Description = None,
    pinned: Annotated[bool | None, Constraints(description="Pin or unpin it")] = None,
    tags: Tags = None,
    more: More = NOTHING,
) -> dict[str, Any]:
    """Change a dashboard's name, description, pin or tags; what is left out stays."""
    body = changes(name=name, description=description, pinned=pinned, tags=tags, **more)
    return await _DASHBOARDS.change(call, dashboard_id, body)


@tool("Delete a dashboard", feature="dashboards", scopes=("dashboard:write",), hints=DELETES)
async def dashboard_delete(call: Call, dashboard_id: _DashboardId) -> dict[str, Any]:
    """Delete a dashboard. Its insights stay; it can be restored in PostHog."""
    return await _DASHBOARDS.delete(call, {"id": dashboard_id})


@tool("Add an insight to a dashboard", feature="dashboards", scopes=("insight:write", "dashboard:write"), hints=UPDATES)
async def add_insight_to_dashboard(
    call: Call,
    insight_id: Annotated[str, Constraints(description="Numeric or short id")],
    dashboard_id: _DashboardId,
) -> dict[str, Any]:
    """Add a saved insight to a dashboard; it stays on those it is on."""
    found = await find_insight(call, insight_id)
    before = found.get("dashboards") or [tile["dashboard_id"] for tile in found.get("dashboard_tiles") or []]
    after = [*before, dashboard_id] if dashboard_id not in before else before
    if after != before:
        # PostHog replaces the whole list, so the others are sent along.
        found = await call.patch(f"insights/{found['id']}/", {"dashboards": after})
    return pick_fields(found, ("id", "short_id", "name")) | {
        "dashboards": after,
        "added": after != before,
        "url": call.link("dashboard", dashboard_id),
        "insight_url": call.link("insight", found["short_id"]),
    }
