"""The toolset api: finding an operation, and what it takes."""

from __future__ import annotations

from functools import partial

from posthog_wizard.model import Limits
from tests.openapi.documents import COHORTS
from tests.support.posthog import Reply
from tests.tools.cases import Case, Refusal, Sent

NAMED = Limits(features=("api",), project="2")
KEY = Sent("GET /api/personal_api_keys/@current")
SCHEMA = Sent("GET /api/schema/", {"format": "json"})
TELLS = (("GET", "/api/schema/", Reply(body=COHORTS)),)
REFUSES = (("GET", "/api/schema/", Reply(403, {"code": "permission_denied", "detail": "no"})),)
case, refusal = partial(Case, limits=NAMED), partial(Refusal, limits=NAMED)
LIST = {
    "id": "cohorts_list",
    "does": "List cohorts",
    "call": "GET /api/projects/{project_id}/cohorts/",
    "tool": "api-read",
}
CREATE = {
    "id": "cohorts_create",
    "does": "Create a cohort",
    "call": "POST /api/projects/{project_id}/cohorts/",
    "tool": "api-write",
}
CASES = (
    case("api-search", {"query": "make a cohort"}, (SCHEMA, KEY, Sent("GET /api/users/@me/")), {"results": [CREATE, LIST]}),
    case(
        "api-search",
        {"query": "cohorts"},
        (SCHEMA, KEY, Sent("GET /api/users/@me/")),
        {"results": [LIST], "not_available": [{"id": "cohorts_create", "why": "it writes, and the server is read-only"}]},
        "read-only",
        limits=NAMED._replace(read_only=True),
    ),
    case("api-describe", {"operation": "cohorts_list"}, (SCHEMA,), {"does": "List cohorts", "parameters": "limit?: int"}),
    case(
        "api-describe",
        {"operation": "cohorts_create", "field": "body.filters"},
        (SCHEMA,),
        {"fields": "events: [Filters{…}], date_from?: date"},
        "deeper",
    ),
)
