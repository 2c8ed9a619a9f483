"""What a refusal says in JSON, whoever wrote it."""

from __future__ import annotations

import pytest

from posthog_wizard.model import Json
from posthog_wizard.net.error_bodies import reason_in

DEEP: Json = {"error": {"error": {"error": {"error": {"error": "no"}}}}}


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({"detail": "no"}, "no"),
        ({"error": "access_denied", "error_description": "no"}, "no"),
        ({"error": {"code": "ip_blocked", "message": "no"}}, "no"),
        ({"message": "denied", "error": {"message": "no"}}, "no"),
        ({"title": "Forbidden", "detail": "no", "status": 403}, "no"),
        ({"reason": "no"}, "no"),
        ({"errors": [{"code": 7, "message": "no"}]}, "no"),
        ({"error": {"errors": [{"message": "no"}]}}, "no"),
        ({"non_field_errors": ["no", "nor this"]}, "no"),
        (["no"], "no"),
        ({"errors": [], "message": "no"}, "no"),
        ({"message": "no", "error": {"code": 7}}, "no"),
        ({"message": "no", "errors": [{"code": 7}]}, "no"),
        ({"message": "no", "errors": {"email": ["is required"]}}, "no"),  # Laravel
        ({"title": "no", "status": 400, "errors": {"Name": ["is required"]}}, "no"),  # ASP.NET
        ({"error": {"code": 7}}, None),
        ({"detail": " "}, None),
        ({"detail": {"message": "no"}}, "no"),
        (DEEP, None),
        ([], None),
        (7, None),
        (None, None),
    ],
)
def test_the_reason_is_found_in_whatever_shape(document: Json, reason: str | None) -> None:
    assert reason_in(document) == reason
