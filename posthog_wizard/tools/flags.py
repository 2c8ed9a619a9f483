"""The feature flags toolset."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from posthog_wizard.errors import WrongUsage
from posthog_wizard.tools import find
from posthog_wizard.tools.call import Call, given
from posthog_wizard.tools.flag_filters import FILTERS_EXAMPLE, FlagFilters, completed
from posthog_wizard.tools.parameters import Limit, Offset, Search, Tags
from posthog_wizard.tools.resource import Resource
from posthog_wizard.tools.tool import CREATES, DELETES, READS, UPDATES, tool
from posthog_wizard.tools.trimming import changes

_FlagKey = Annotated[str, Field(min_length=1, description="The flag's key")]
_REPLACING = {
    "type": "object",
    "description": "As in create-feature-flag; keys given, e.g. groups, are replaced, others stay",
}
_NOBODY: FlagFilters = {"groups": [{"properties": [], "rollout_percentage": 0}]}
_FLAGS = Resource(
    "feature_flags/",
    "feature_flag",
    shown=("id", "key", "name", "active", "tags", "filters", "created_at"),
    listed=("id", "key", "name", "active", "tags", "status"),
)


@tool("List feature flags", feature="flags", scopes=("feature_flag:read",), hints=READS)
async def feature_flag_get_all(
    call: Call,
    search: Search = None,
    active: Annotated[bool | None, Field(description="Only enabled, or only disabled ones")] = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> dict[str, Any]:
    """List the project's feature flags, without their conditions."""
    return await _FLAGS.list(call, offset, search=search, active=active, limit=limit)


@tool("Get a feature flag", feature="flags", scopes=("feature_flag:read",), hints=READS)
async def feature_flag_get_definition(
    call: Call,
    flag_key: Annotated[str | None, Field(description="The flag's key")] = None,
    flag_id: Annotated[int | None, Field(ge=1, description="Or its id")] = None,
) -> dict[str, Any]:
    """Get a feature flag with its release conditions, variants and payloads."""
    if flag_id is not None:
        return _FLAGS.show(call, await _FLAGS.get(call, flag_id))
    if flag_key is None:
        raise WrongUsage("which flag?", "Give `flag_key` or `flag_id`.")
    return _FLAGS.show(call, await find.find_flag(call, flag_key))


@tool("Create a feature flag", feature="flags", scopes=("feature_flag:write",), hints=CREATES)
async def create_feature_flag(
    call: Call,
    key: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]+$", description="Key used in code")],
    name: Annotated[str, Field(description="What it is for")] = "",
    filters: Annotated[
        FlagFilters | None, Field(description=f"Who gets it; default nobody (0%). {FILTERS_EXAMPLE}")
    ] = None,
    active: Annotated[bool, Field(description="Enabled")] = True,
    tags: Tags = None,
) -> dict[str, Any]:
    """Create a feature flag."""
    body = given(key=key, name=name, active=active, filters=completed(filters or _NOBODY), tags=tags)
    return await _FLAGS.create(call, body)


@tool("Update a feature flag", feature="flags", scopes=("feature_flag:write",), hints=UPDATES)
async def update_feature_flag(
    call: Call,
    flag_key: _FlagKey,
    name: Annotated[str | None, Field(description="What it is for")] = None,
    filters: Annotated[FlagFilters | None, WithJsonSchema(_REPLACING)] = None,
    active: Annotated[bool | None, Field(description="Enable or disable it")] = None,
    tags: Tags = None,
) -> dict[str, Any]:
    """Change a feature flag for everyone at once; what is left out stays."""
    body = changes(name=name, filters=filters and completed(filters), active=active, tags=tags)
    found = await find.find_flag(call, flag_key)
    if filters:
        # PostHog replaces the whole object: variants and payloads would be lost with it.
        body["filters"] = (found.get("filters") or {}) | body["filters"]
    return await _FLAGS.change(call, found["id"], body)


@tool("Delete a feature flag", feature="flags", scopes=("feature_flag:write",), hints=DELETES)
async def delete_feature_flag(call: Call, flag_key: _FlagKey) -> dict[str, Any]:
    """Delete a feature flag: code that asks for it gets false. It can be restored in PostHog."""
    return await _FLAGS.delete(call, await find.find_flag(call, flag_key)) | {"key": flag_key}
