"""Finding an insight by what people call it, a short id."""

from __future__ import annotations

from typing import Any

from posthog_wizard.errors import NotFound
from posthog_wizard.tools.call import Call
from posthog_wizard.tools.trimming import rows_of


async def find_insight(call: Call, insight_id: str) -> dict[str, Any]:
    """The insight of a numeric id or a short id. Raises NotFound.

    Short ids are eight characters and may be all digits, so digits are tried as a numeric id first.
    """
    if insight_id.isdigit():
        try:
            found: dict[str, Any] = await call.get(f"insights/{insight_id}/")
        except NotFound:
            return await _by_short_id(call, insight_id)
        return found
    return await _by_short_id(call, insight_id)


async def _by_short_id(call: Call, short_id: str) -> dict[str, Any]:
    for row in rows_of(await call.get("insights/", short_id=short_id)):
        if row.get("short_id") == short_id:
            return row
    raise NotFound(
        f"there is no insight `{short_id}` in project {call.project}",
        "look for it with `insights-get-all`",
        status=404,
    )
