"""What each operation of PostHog's schema does, all of them, and what those do that the schema may get tomorrow."""

from __future__ import annotations

from pathlib import Path

import pytest

from posthog_wizard.openapi.effects import ROWS, effect_of
from posthog_wizard.openapi.instance import packaged_index
from posthog_wizard.openapi.model import Operation
from tests.support.reviewed import reviewed

OPERATIONS = list(packaged_index().operations.values())


def operation(line: str, *scopes: str) -> Operation:
    method, path = line.split()
    like = next(one for one in OPERATIONS if one.method == method)
    return Operation(
        "new", like.method, f"/api/projects/{{project_id}}/{path}", scopes=scopes, plain=path.endswith("}/")
    )


def test_every_operation_is_classified_as_it_was_reviewed() -> None:
    lines = sorted(f"{effect_of(one).effect} {one.method} {one.path}" for one in OPERATIONS)
    assert "\n".join([*lines, ""]) == reviewed(Path(__file__).with_name("effects.txt"), "\n".join([*lines, ""]))


def test_every_row_decides_about_something_that_is_known_or_told_here() -> None:
    used = {effect_of(one).pattern for one in OPERATIONS}
    told = {effect_of(operation(line)).pattern for line, _ in TOMORROW}
    assert [row.pattern for row in ROWS if row.pattern not in used | told] == []


def test_only_what_reads_is_offered_to_read() -> None:
    assert {one.id for one in OPERATIONS if one.reads} == {
        one.id for one in OPERATIONS if effect_of(one).effect == "reads"
    }
    unscoped = [one.id for one in OPERATIONS if one.reads and one.method == "GET" and not one.scopes]
    assert unscoped == []


@pytest.mark.parametrize(
    "words",
    [
        "/api/organizations/{id}/",
        "environments_rollback",
        "reset_token",
        "rotate_secret_token",
        "delete_secret_token_backup",
        "persons/bulk_delete",
        "delete_events",
        "delete_recordings",
        "split",
        "reset_person_distinct_id",
        "two_factor",
        "2fa",
        "verify_email",
        "invites",
        "sharing",
        "passwords",
        "batch_exports",
        "hog_functions",
        "integrations",
        "exports",
        "warehouse_tables",
        "role_memberships",
        "members",
        "domains",
        "/users/",
    ],
)
def test_what_is_dangerous_is_off(words: str) -> None:
    found = [one for one in OPERATIONS if words in one.path and one.method != "GET" and not one.reads]
    assert found
    assert {effect_of(one).effect for one in found} == {"dangerous"}


@pytest.mark.parametrize("product", ["persons", "session_recordings", "event_definitions", "property_definitions"])
def test_deleting_what_was_collected_is_off(product: str) -> None:
    found = [one for one in OPERATIONS if one.method == "DELETE" and one.path.endswith(f"/{product}/{{id}}/")]
    assert [effect_of(one).effect for one in found] == ["dangerous"]


TOMORROW = [
    ("DELETE unheard_of/{id}/", "dangerous"),
    ("POST unheard_of/", "writes"),
    ("PATCH unheard_of/{id}/", "writes"),
    ("GET unheard_of/{id}/", "reads"),
    ("GET unheard_of/{id}/launch/", "writes"),
    ("GET unheard_of/{id}/logs/", "reads"),
    ("POST feature_flags/bulk_delete/", "dangerous"),
    ("POST unheard_of/{id}/anonymize/", "dangerous"),
    ("POST data_deletion_requests/", "dangerous"),
    ("POST unheard_of/{id}/erasure/", "dangerous"),
    ("POST change_requests/{id}/approve/", "asks"),
    ("POST unheard_of/{id}/send_test/", "asks"),
    ("POST conversations/{id}/messages/", "asks"),
    ("POST error_tracking/issues/{id}/merge/", "asks"),
    ("GET unheard_of/{id}/rotate_secret/", "dangerous"),
    ("POST hog_flows/", "dangerous"),
    ("POST dashboards/{id}/share/", "dangerous"),
    ("PATCH dashboards/{id}/sharing/", "dangerous"),
    ("POST external_data_sources/", "dangerous"),
    ("POST plugin_configs/", "dangerous"),
    ("DELETE external_data_sources/{id}/", "dangerous"),
    ("POST mcp_server_installations/install_custom/", "dangerous"),
    ("POST warehouse_saved_queries/{id}/ancestors/", "reads"),
    ("POST warehouse_saved_queries/{id}/revert_materialization/", "dangerous"),
    ("POST dashboards/{id}/revert_layout/", "asks"),
    ("POST query/", "reads"),
    ("POST queryable/", "writes"),
    ("POST persons/merge/", "dangerous"),
    ("GET unheard_of/{id}/delete/", "writes"),
]


@pytest.mark.parametrize(("line", "effect"), TOMORROW)
def test_what_is_not_in_the_schema_yet(line: str, effect: str) -> None:
    assert effect_of(operation(line, "unheard_of:read")).effect == effect


@pytest.mark.parametrize("scopes", [(), ("cohort:write",), ("cohort:read", "person:write")])
def test_a_get_that_does_not_ask_for_reading_alone_writes(scopes: tuple[str, ...]) -> None:
    assert effect_of(operation("GET cohorts/{id}/", *scopes)).effect == "writes"


def test_a_deletion_by_a_change_is_asked_about() -> None:
    assert effect_of(operation("DELETE unheard_of/{id}/")._replace(deletes_by_patch=True)).effect == "asks"
    assert effect_of(operation("DELETE persons/{id}/")._replace(deletes_by_patch=True)).effect == "dangerous"
