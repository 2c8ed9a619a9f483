"""The workspace and documentation toolsets, and where a call answers from."""

from __future__ import annotations

from functools import partial

from posthog_wizard.model import Limits
from tests.support.posthog_core import FIRST, SECOND
from tests.tools.cases import Case, Refusal, Sent

FREE, KEY = Limits(), "GET /api/personal_api_keys/@current"
ME = "GET /api/users/@me/"
case, refusal = partial(Case, limits=FREE), partial(Refusal, limits=FREE)
CASES = (
    case(
        "organizations-get",
        {},
        (Sent("GET /api/organizations/", {"limit": "50", "offset": "0"}),),
        {
            "results": [
                {"id": FIRST, "name": "Hedgehogs", "membership_level": 15, "member_count": 1},
                {"id": SECOND, "name": "Foxes", "membership_level": 15, "member_count": 1},
            ]
        },
    ),
    case(
        "organization-details-get",
        {},
        (Sent(KEY), Sent(ME), Sent(f"GET /api/organizations/{FIRST}/")),
        {"organization": FIRST, "name": "Hedgehogs"},
    ),
    case(
        "projects-get",
        {"limit": 1},
        (Sent(KEY), Sent(ME), Sent(f"GET /api/organizations/{FIRST}/projects/", {"limit": "1", "offset": "0"})),
        {
            "results": [{"id": 1, "name": "Website", "organization": FIRST, "url": "{}/project/1"}],
            "next_offset": 1,
            "organization": FIRST,
        },
    ),
    case("switch-project", {"project_id": 3}, (Sent("GET /api/projects/3/"),), {"project": 3, "name": "Den"}),
    case(
        "switch-organization",
        {"orgId": SECOND},
        (
            Sent(f"GET /api/organizations/{SECOND}/"),
            Sent(f"GET /api/organizations/{SECOND}/projects/", {"limit": "1"}),
        ),
        {"id": SECOND, "project": 3},
    ),
    case(
        "docs-search",
        {"query": "flags"},
        (Sent(KEY), Sent(ME), Sent("POST /api/projects/2/mcp_tools/docs_search/", {}, {"query": "flags"})),
        {"note": None},
    ),
)
REFUSALS = (
    refusal("organizations-get", {"limit": 0}, "`limit` must be greater than or equal to 1"),
    refusal("organization-details-get", {"organization": FIRST}, "there is no argument `organization`"),
    refusal("projects-get", {"offset": -1}, "`offset` must be greater than or equal to 0"),
    refusal("docs-search", {"query": ""}, "`query`"),
    refusal("switch-project", {"project_id": 404}, "Error: ", ("GET /api/projects/404/",)),
    refusal("switch-organization", {"org_id": "first"}, "`org_id`"),
)
