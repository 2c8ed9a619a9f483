"""The feature flags toolset: what its tools ask and answer, and what they refuse."""

from __future__ import annotations

from tests.support.posthog import Reply
from tests.support.posthog_tools import FLAG
from tests.tools.cases import PROJECT, Case, Refusal, Sent

LIST = f"GET {PROJECT}/feature_flags/"
FIND = Sent(LIST, {"search": "new-nav", "limit": "100"})
NOBODY = {"groups": [{"properties": [], "rollout_percentage": 0}]}
EMAIL = {"key": "email", "operator": "icontains", "value": "@acme.com"}
SHOWN = {name: FLAG[name] for name in ("id", "key", "name", "active", "filters")}
CASES = (
    Case(
        "feature-flag-get-all",
        {"active": True},
        (Sent(LIST, {"active": "true", "limit": "50", "offset": "0"}),),
        {
            "count": 2,
            "results": [
                {"id": 33, "key": "new-checkout", "active": True, "url": "{}/project/2/feature_flags/33"},
                {
                    "id": 31,
                    "key": "new-nav",
                    "name": "New navigation",
                    "active": True,
                    "url": "{}/project/2/feature_flags/31",
                },
            ],
        },
    ),
    Case("feature-flag-get-definition", {"flag_key": "new-nav"}, (FIND,), SHOWN, "the whole key, not a part"),
    Case("feature-flag-get-definition", {"flagId": 31}, (Sent(f"GET {PROJECT}/feature_flags/31/"),), SHOWN, "by id"),
    Case(
        "create-feature-flag",
        {"key": "k", "name": "Why"},
        (Sent(f"POST {PROJECT}/feature_flags/", {}, {"key": "k", "name": "Why", "active": True, "filters": NOBODY}),),
        {"id": 34, "filters": NOBODY},
        "nobody gets it unless said",
    ),
    Case(
        "create-feature-flag",
        {"key": "k", "filters": {"groups": [{"properties": [EMAIL]}], "super_groups": []}, "tags": ["t"]},
        (
            Sent(
                f"POST {PROJECT}/feature_flags/",
                {},
                {
                    "key": "k",
                    "name": "",
                    "active": True,
                    "tags": ["t"],
                    "filters": {"groups": [{"properties": [{"type": "person", **EMAIL}]}], "super_groups": []},
                },
            ),
        ),
        note="a property is a person's unless said, and unknown keys pass",
    ),
    Case(
        "create-feature-flag",
        {"key": "k", "filters": {"groups": [{"properties": [{"key": "id", "type": "cohort", "value": 3}]}]}},
        (
            Sent(
                f"POST {PROJECT}/feature_flags/",
                {},
                {
                    "key": "k",
                    "name": "",
                    "active": True,
                    "filters": {"groups": [{"properties": [{"key": "id", "type": "cohort", "value": 3}]}]},
                },
            ),
        ),
        note="a cohort stays one",
        replies=(("POST", f"{PROJECT}/feature_flags/", Reply(201, FLAG)),),
    ),
    Case(
        "update-feature-flag",
        {"flag_key": "new-nav", "filters": {"groups": [{"properties": [], "rollout_percentage": 50}]}},
        (
            FIND,
            Sent(
                f"PATCH {PROJECT}/feature_flags/31/",
                {},
                {
                    "filters": {**FLAG["filters"], "groups": [{"properties": [], "rollout_percentage": 50}]},
                    "version": 1,
                    "original_flag": {"filters": FLAG["filters"]},
                },
            ),
        ),
        note="variants and payloads stay",
    ),
    Case(
        "update-feature-flag",
        {"flag_key": "new-nav", "active": False},
        (
            FIND,
            Sent(
                f"PATCH {PROJECT}/feature_flags/31/",
                {},
                {"active": False, "version": 1, "original_flag": {"active": True}},
            ),
        ),
        {"active": False, "filters": FLAG["filters"]},
    ),
    Case(
        "delete-feature-flag",
        {"flag_key": "new-nav"},
        (FIND, Sent(f"PATCH {PROJECT}/feature_flags/31/", {}, {"deleted": True})),
        {"deleted": True, "key": "new-nav"},
    ),
)
REFUSALS = (
    Refusal("feature-flag-get-all", {"active": "yes"}, "`active` must be true or false"),
    Refusal("feature-flag-get-definition", {}, "which flag?"),
    Refusal("feature-flag-get-definition", {"flag_key": "new"}, "there is no feature flag `new`", (LIST, LIST)),
    Refusal("delete-feature-flag", {"flag_key": "gone"}, "there is no feature flag `gone`", (LIST, LIST)),
    Refusal("update-feature-flag", {"flag_key": "new-nav"}, "nothing to change"),
    Refusal("create-feature-flag", {"key": "two words"}, "`key` must match pattern"),
    Refusal(
        "create-feature-flag",
        {"key": "k", "filters": {"groups": [{"rollout_percentage": 101}]}},
        "`filters.groups.0.rollout_percentage` must be less than or equal to 100",
    ),
    Refusal("create-feature-flag", {"key": "k", "filters": {"groups": [{"properties": [{}]}]}}, "has no `key`"),
    Refusal("create-feature-flag", {"key": "k", "filters": {"groups": {}}}, "`filters.groups` must be an array"),
    Refusal("create-feature-flag", {"key": "k", "filters": "all"}, "`filters` must be an object"),
)
