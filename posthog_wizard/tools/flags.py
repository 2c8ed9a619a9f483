"""The feature flags toolset."""

from typing import Annotated, Any

from posthog_wizard.errors import NotFound, WrongUsage
from posthog_wizard.model import NOTHING
from posthog_wizard.tools.call import Call, given
from posthog_wizard.tools.flag_filters import FILTERS_EXAMPLE, NOBODY, FlagFilters, completed
from posthog_wizard.tools.parameters import Limit, More, Offset, Search, Tags
from posthog_wizard.tools.resource import Resource, changes
from posthog_wizard.tools.tool import CREATES, DELETES, READS, UPDATES, tool
from posthog_wizard.tools.value_types import Constraints

_FlagKey = Annotated[str | None, Constraints(min_length=1, description="The flag's key", required=True)]
_FlagId = Annotated[int | None, Constraints(ge=1, hidden=True)]  # as PostHog's hosted server calls a flag
_MERGED = {
    "type": "object",
    "description": "As in create-feature-flag; what is left out stays. Give all groups and variants",
}
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
    active: Annotated[bool | None, Constraints(description="Only enabled, or only disabled ones")] = None,
    limit: Limit = 50,
    offset: Offset = 0,
    more: More = NOTHING,
) -> dict[str, Any]:
    """List the project's feature flags, without their conditions."""
    return await _FLAGS.list(call, offset, search=search, active=active, limit=limit, **more)


@tool("Get a feature flag", feature="flags", scopes=("feature_flag:read",), hints=READS)
async def feature_flag_get_definition(
    call: Call,
    flag_key: Annotated[str | None, Constraints(description="The flag's key")] = None,
    flag_id: Annotated[int | None, Constraints(ge=1, description="Or its id")] = None,
) -> dict[str, Any]:
    """Get a feature flag with its release conditions, variants and payloads."""
    return _FLAGS.show(call, await _found(call, flag_key, flag_id))


async def _found(call: Call, flag_key: str | None, flag_id: int | None) -> dict[str, Any]:
    """The flag of that id, or with exactly this key, archived ones too. Raises WrongUsage without either, NotFound.

    Newer instances leave archived flags out of the list unless they are asked for.
    """
    if flag_id is not None:
        return await _FLAGS.get(call, flag_id)
    if flag_key is None:
        raise WrongUsage("which flag?", "give `flag_key` or `flag_id`")
    for query in ({"search": flag_key}, {"search": flag_key, "archived": "true"}):
        async for row in call.rows(_FLAGS.path, **query):
            if row.get("key") == flag_key:
                return row
    missing = f"there is no feature flag `{flag_key}` in project {call.project}"
    raise NotFound(missing, "look for it with `feature-flag-get-all`", status=404)


@tool("Create a feature flag", feature="flags", scopes=("feature_flag:write",), hints=CREATES)
async def create_feature_flag(
    call: Call,
    key: Annotated[str, Constraints(pattern=r"^[a-zA-Z0-9_-]+$", description="Key used in code")],
    name: Annotated[str, Constraints(description="What it is for")] = "",
    filters: Annotated[
        FlagFilters | None, Constraints(description=f"Who gets it; default nobody (0%). {FILTERS_EXAMPLE}")
    ] = None,
    active: Annotated[bool, Constraints(description="Enabled")] = True,
    tags: Tags = None,
    more: More = NOTHING,
) -> dict[str, Any]:
    """Create a feature flag."""
    wanted = completed(filters or {})
    # Newer servers refuse a flag without condition sets, older ones give it to everybody.
    whole = wanted if wanted.get("groups") else wanted | NOBODY
    return await _FLAGS.create(call, given(key=key, name=name, active=active, filters=whole, tags=tags) | {**more})


@tool("Update a feature flag", feature="flags", scopes=("feature_flag:write",), hints=UPDATES)
async def update_feature_flag(
    call: Call,
    flag_key: _FlagKey = None,
    name: Annotated[str | None, Constraints(description="What it is for")] = None,
    filters: Annotated[FlagFilters | None, Constraints(shown=_MERGED)] = None,
    active: Annotated[bool | None, Constraints(description="Enable or disable it")] = None,
    tags: Tags = None,
    flag_id: _FlagId = None,
    more: More = NOTHING,
) -> dict[str, Any]:
    """Change a feature flag for everyone at once; what is left out stays."""
    body = changes(name=name, filters=filters, active=active, tags=tags, **more)
    found = await _found(call, flag_key, flag_id)
    if filters is not None:
        body["filters"] = completed(filters, found.get("filters"))
    if "version" in found:  # PostHog compares this with what is there by now, and refuses (409) to lose others' changes
        body |= {"version": found["version"] or 0, "original_flag": {name: found.get(name) for name in body}}
    return await _FLAGS.change(call, found["id"], body)


@tool("Delete a feature flag", feature="flags", scopes=("feature_flag:write",), hints=DELETES)
async def delete_feature_flag(call: Call, flag_key: _FlagKey = None, flag_id: _FlagId = None) -> dict[str, Any]:
    """Delete a feature flag: code that asks for it gets false. It can be restored in PostHog."""
    found = await _found(call, flag_key, flag_id)
    return await _FLAGS.delete(call, found) | {"key": found["key"]}
