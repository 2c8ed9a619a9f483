"""Which scopes go with which features."""

from __future__ import annotations

import pytest

from posthog_wizard.api.scopes import missing_scopes, required_scopes
from posthog_wizard.model import Limits

MINIMUM = {
    "organization:read",
    "project:read",
    "user:read",
    "query:read",
    "insight:write",
    "dashboard:write",
    "feature_flag:write",
    "experiment:write",
    "survey:write",
    "event_definition:read",
    "property_definition:read",
    "error_tracking:read",
}
BASE = {"user:read", "project:read"}


@pytest.mark.parametrize(
    ("limits", "scopes"),
    [
        (None, MINIMUM),
        (Limits(), MINIMUM),
        (Limits(read_only=True), {scope.replace(":write", ":read") for scope in MINIMUM}),
        (Limits(features=("flags",)), BASE | {"feature_flag:write"}),
        (
            Limits(features=("flags", "experiments"), read_only=True),
            BASE | {"feature_flag:read", "experiment:read", "query:read"},
        ),
        (Limits(features=("error_tracking",)), BASE | {"error_tracking:read", "query:read"}),
        (Limits(features=("llm-analytics",)), BASE | {"query:read", "warehouse_table:read"}),
        (Limits(features=("docs",)), BASE),
        (Limits(features=("something-newer",)), BASE),
        (Limits(tools=("dashboard-get",)), BASE | {"dashboard:read"}),
    ],
)
def test_required(limits: Limits | None, scopes: set[str]) -> None:
    also = ("dashboard:read",) if limits and limits.tools else ()
    assert required_scopes(limits, also=also) == tuple(sorted(scopes))


@pytest.mark.parametrize(
    ("held", "missing"),
    [
        (("*",), ()),
        (("flag:read", "query:read"), ("flag:write",)),
        (("flag:write", "query:write"), ()),
        (("query:read",), ("flag:write",)),
        ((), ("flag:write", "query:read")),
    ],
)
def test_missing(held: tuple[str, ...], missing: tuple[str, ...]) -> None:
    assert missing_scopes(("flag:write", "query:read"), held) == missing
