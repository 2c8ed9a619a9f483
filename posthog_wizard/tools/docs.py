"""The documentation toolset."""

from __future__ import annotations

from typing import Annotated, Any

from posthog_wizard.errors import WizardError
from posthog_wizard.tools.call import Call
from posthog_wizard.tools.docs_index import links_for
from posthog_wizard.tools.tool import READS, tool
from posthog_wizard.tools.value_types import Constraints


@tool("Search the docs", feature="docs", scopes=(), hints=READS, within="nothing", rest="Ask a narrower question.")
async def docs_search(
    call: Call, query: Annotated[str, Constraints(min_length=1, max_length=1000, description="What to look for")]
) -> dict[str, Any]:
    """Search PostHog's documentation; where the instance has no search, get links to the pages that fit."""
    try:
        project = await call.workspace.project()
        found = await call.ask(f"/api/projects/{project}/mcp_tools/docs_search/", {"query": query})
    except WizardError as error:
        return {"results": links_for(query), "note": f"Links only, the search did not answer: {error.message}"}
    return {"results": found}
