"""Running a query: asked for asynchronously it is polled until it is done, with progress for the client."""

from typing import Any

from posthog_wizard.api.replies import object_with
from posthog_wizard.errors import BadReply, Rejected, ServerFault
from posthog_wizard.tools.call import Call, given
from posthog_wizard.tools.resource import pick_fields

_PATIENCE = 300.0  # seconds, after which a query is given up
_FIRST_WAIT, _LONGEST_WAIT = 0.25, 3.0  # seconds between two looks


async def run_query(call: Call, query: dict[str, Any], refresh: str | None = None, **more: Any) -> dict[str, Any]:
    """PostHog's response to a query. `refresh` and `more` as in its QueryRequest: "blocking", "async", ...

    Raises:
        ApiError: among them Rejected for a query that PostHog does not accept.
    """
    return await finished_query(call, await call.ask(_path(call), given(query=query, refresh=refresh, **more)))


async def finished_query(call: Call, answer: Any) -> dict[str, Any]:
    """The response when it is there, of what the query endpoint answered. Raises ApiError."""
    status = answer.get("query_status") if isinstance(answer, dict) else None
    if isinstance(status, dict) and answer.get("results") is None:
        answer = await _finished(call, status) or answer
    return object_with(answer)


def _path(call: Call, *parts: str) -> str:
    return "/".join((f"/api/environments/{call.project}/query", *parts, ""))


async def _finished(call: Call, status: dict[str, Any]) -> Any:
    """What an asynchronous query came to."""
    started, wait = call.clock.monotonic(), _FIRST_WAIT
    while not status.get("complete"):
        waited = call.clock.monotonic() - started
        if waited > _PATIENCE:
            raise ServerFault(
                f"the query still runs after {_PATIENCE:.0f} seconds", "narrow its date range, then try again"
            )
        done = status.get("query_progress") or {}
        rows, all_rows = done.get("rows_read"), done.get("estimated_rows_total")
        told = f"read {rows} of about {all_rows} rows" if rows and all_rows else "the query is running"
        await call.report(waited, told)
        await call.clock.sleep(wait)
        wait = min(wait * 1.5, _LONGEST_WAIT)
        found = object_with(await call.get(_path(call, str(status.get("id")))))
        status = object_with(found.get("query_status"))
    if status.get("error"):
        raise Rejected(
            f"the query failed: {status.get('error_message') or 'PostHog gave no reason'}",
            "change the query; for HogQL the resource posthog://wizard/hogql-cheatsheet helps",
        )
    return status.get("results")


def trimmed_response(response: dict[str, Any]) -> dict[str, Any]:
    """What a model needs of a response: columns, results, and whether PostHog itself cut the rows. Raises BadReply."""
    if not isinstance(response.get("results"), list | dict):
        raise BadReply("PostHog answered the query without results", "try again; if it keeps happening, report it")
    kept = response.get("limit") or len(response["results"])
    cut = f"PostHog gave the first {kept} rows only; LIMIT and OFFSET give more" if response.get("hasMore") else None
    return pick_fields(response, ("columns", "warnings")) | {"results": _slim(response["results"])} | given(cut=cut)


_NOISE = ("action", "filter", "compare_label", "people_url", "converted_people_url", "dropped_people_url", "persons_urls",
          "days")  # fmt: skip


def _slim(results: Any) -> Any:
    """Series of trends and steps of funnels without what only the web application uses."""
    if isinstance(results, list):
        return [_slim(one) for one in results]
    if isinstance(results, dict):
        return {
            name: value
            for name, value in results.items()
            if name not in _NOISE or (name == "days" and "labels" not in results)
        }
    return results
