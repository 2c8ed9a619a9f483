"""Finding an insight by what people call it, a short id."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from posthog_wizard.errors import NotFound
from posthog_wizard.tools.call import Call
from posthog_wizard.tools.resource import rows_of


async def find_insight(call: Call, insight_id: str) -> dict[str, Any]:
    """The insight of a numeric id or a short id. Raises NotFound.

    Short ids are eight characters and may be all digits, so digits are tried as a numeric id first.
    """
    if insight_id.isdigit():
        with suppress(NotFound):
            found: dict[str, Any] = await call.get(f"insights/{insight_id}/")
            return found
    for row in rows_of(await call.get("insights/", short_id=insight_id)):
        if row.get("short_id") == insight_id:
            return row
    missing = f"there is no insight `{insight_id}` in project {call.project}"
    raise NotFound(missing, "look for it with `insights-get-all`", status=404)
