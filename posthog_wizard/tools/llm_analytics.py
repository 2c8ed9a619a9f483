"""The LLM analytics toolset."""

from typing import Annotated, Any

from posthog_wizard.tools import query_runs
from posthog_wizard.tools.call import Call
from posthog_wizard.tools.tool import READS, tool
from posthog_wizard.tools.value_types import Constraints


@tool("Get LLM costs", feature="llm-analytics", scopes=("query:read",), hints=READS, rest="Give fewer days.")
async def get_llm_total_costs_for_project(
    call: Call,
    project_id: Annotated[int | None, Constraints(ge=1, description="Default: the active project")] = None,
    days: Annotated[int, Constraints(ge=1, le=365, description="How many days back")] = 6,
) -> dict[str, Any]:
    """Get what LLM calls cost per day and model, in US dollars."""
    here = call if project_id is None else await call.at(project_id)
    event = "$ai_generation"
    cost = {"event": event, "name": event, "math": "sum", "math_property": "$ai_total_cost_usd", "kind": "EventsNode"}
    response = await query_runs.run_query(
        here,
        {
            "kind": "TrendsQuery",
            "dateRange": {"date_from": f"-{days}d", "date_to": None},
            "filterTestAccounts": True,
            "series": [cost],
            "breakdownFilter": {"breakdown_type": "event", "breakdown": "$ai_model"},
        },
    )
    return {"project": here.project} | query_runs.trimmed_response(response) | {"url": here.link("event", event)}
