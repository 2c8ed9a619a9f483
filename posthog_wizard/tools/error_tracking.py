"""The error tracking toolset."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from posthog_wizard.api.replies import rows_of
from posthog_wizard.errors import NotFound
from posthog_wizard.model import NOTHING
from posthog_wizard.tools import query_runs
from posthog_wizard.tools.call import Call
from posthog_wizard.tools.nested_names import check_date
from posthog_wizard.tools.parameters import Limit, More, Object, Offset
from posthog_wizard.tools.resource import Resource
from posthog_wizard.tools.tool import READS, tool
from posthog_wizard.tools.value_types import Constraints

_DateFrom = Annotated[str | None, Constraints(description="ISO date or -24h; default 7 days ago")]
_DateTo = Annotated[str | None, Constraints(description="ISO date; default now")]
_LISTED = ("id", "name", "description", "status", "severity", "first_seen", "last_seen", "library", "source", "assignee",
          "aggregations")  # fmt: skip
_ERRORS = Resource("", "error", shown=(*_LISTED, "first_event", "last_event"), listed=_LISTED)
_SCOPES = ("error_tracking:read", "query:read")  # the issues come from the query endpoint


@tool("List errors", feature="error-tracking", scopes=_SCOPES, hints=READS)
async def list_errors(
    call: Call,
    status: Annotated[
        Literal["active", "resolved", "suppressed", "all"], Constraints(description="Which issues")
    ] = "active",
    order_by: Annotated[
        Literal["occurrences", "first_seen", "last_seen", "users", "sessions"], Constraints(description="Sort by")
    ] = "occurrences",
    order_direction: Annotated[Literal["ASC", "DESC"], Constraints(description="Direction")] = "DESC",
    date_from: _DateFrom = None,
    date_to: _DateTo = None,
    filter_test_accounts: Annotated[bool, Constraints(description="Without internal users")] = True,
    limit: Limit = 25,
    offset: Offset = 0,
    more: More = NOTHING,
) -> dict[str, Any]:
    """List error tracking issues with how often and to how many users they happened."""
    asked = {
        "orderBy": order_by,
        "volumeResolution": 1,
        "orderDirection": order_direction,
        "filterTestAccounts": filter_test_accounts,
        "status": status,
        "limit": limit,
        "offset": offset,
        **more,
    }
    response = await _issues(call, date_from, date_to, asked)
    return _ERRORS.page(call, {"results": response.get("results"), "next": response.get("hasMore")}, offset)


@tool("Get an error", feature="error-tracking", scopes=_SCOPES, hints=READS, rest="Give a shorter date range.")
async def error_details(
    call: Call,
    issue_id: Annotated[str, Constraints(pattern="^[0-9a-fA-F-]{36}$", description="Issue id (UUID)")],
    date_from: _DateFrom = None,
    date_to: _DateTo = None,
    more: More = NOTHING,
) -> dict[str, Any]:
    """Get an error tracking issue with its counts and an example."""
    # newer servers leave the example out without `withFirstEvent`
    asked = {"orderBy": "last_seen", "volumeResolution": 0, "issueId": issue_id, "withFirstEvent": True, **more}
    response = await _issues(call, date_from, date_to, asked)
    for row in rows_of(response):
        return _ERRORS.show(call, row)
    raise NotFound(
        f"issue `{issue_id}` has no events in that time",
        "give an earlier `date_from`, or look with `list-errors`",
        status=404,
    )


async def _issues(call: Call, date_from: str | None, date_to: str | None, asked: Object) -> dict[str, Any]:
    now = call.clock.now()
    check_date(date_from, "date_from")
    check_date(date_to, "date_to")
    dates = {"date_from": date_from or (now - timedelta(days=7)).isoformat(), "date_to": date_to or now.isoformat()}
    return await query_runs.run_query(call, {"kind": "ErrorTrackingQuery", "dateRange": dates} | asked)
