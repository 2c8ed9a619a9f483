"""The query endpoint: every query is answered at once, also one that may be answered later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from posthog_wizard.sandbox.experiments import EXPERIMENTS
from posthog_wizard.sandbox.refusals import invalid
from posthog_wizard.sandbox.rejected import QueryRejected
from posthog_wizard.sandbox.routes import Route, Visit
from posthog_wizard.sandbox.store import Row
from posthog_wizard.sandbox.wire import Reply, reply


def _answered(visit: Visit) -> Reply:
    query = visit.fields.get("query")
    if not isinstance(query, dict):
        raise invalid("query", "This field is required.", "required")

    try:
        return reply(visit.engine().query(query, project_id=visit.project, experiment=_experiment(visit, query)))
    except QueryRejected as problem:
        raise invalid(problem.attribute, problem.detail) from problem


def _experiment(visit: Visit, query: Mapping[str, Any]) -> Row | None:
    """The experiment that the query is about, with its flag."""
    identifier = query.get("experiment_id")
    if identifier is None:
        return None
    row = visit.store.row(EXPERIMENTS.name, identifier, visit.project)
    if row is None:
        raise invalid("experiment_id", f"There is no experiment {identifier}.", "does_not_exist")
    return EXPERIMENTS.seen(visit, row)


ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        "/api/projects/{project_id}/query/",
        "query:read",
        _answered,
        fields=frozenset({"query", "refresh", "client_query_id", "name", "async"}),
    ),
)
