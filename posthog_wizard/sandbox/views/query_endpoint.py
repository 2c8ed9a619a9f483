"""The query endpoint: every query is answered at once, also one that may be answered later."""

from __future__ import annotations

from posthog_wizard.sandbox.api.fields import unplayed
from posthog_wizard.sandbox.api.http_messages import HttpReply, invalid, reply
from posthog_wizard.sandbox.api.routes import RequestContext, Route
from posthog_wizard.sandbox.reader import QueryRejected
from posthog_wizard.sandbox.views.experiments import EXPERIMENTS


def _answered(context: RequestContext) -> HttpReply:
    query = context.fields.get("query")
    if not isinstance(query, dict):
        raise invalid("query", "This field is required.", "required")
    for name in ("filters_override", "variables_override"):
        unplayed(name, context.fields.get(name))
    identifier, row = query.get("experiment_id"), None
    if identifier is not None:
        row = context.store.row(EXPERIMENTS.name, identifier, context.project)
        if row is None:
            raise invalid("experiment_id", f"There is no experiment {identifier}.", "does_not_exist")
    experiment = row and EXPERIMENTS.seen(context, row)
    try:
        return reply(context.engine().query(query, project_id=context.project, experiment=experiment))
    except QueryRejected as problem:
        raise invalid(problem.attribute, problem.detail, "invalid_input") from problem


_FIELDS = frozenset({"query", "refresh", "client_query_id", "name", "async", "filters_override", "variables_override"})
ROUTES: tuple[Route, ...] = (Route("POST", "query/", "query:read", _answered, fields=_FIELDS),)
