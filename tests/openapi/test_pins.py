"""Where a request names a project or an organization."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from posthog_wizard.openapi.instance import packaged_index
from posthog_wizard.openapi.model import Operation
from posthog_wizard.openapi.pins import beyond, field_kind, named_places, path_places
from tests.support.api_bench import IN_ORGANIZATION, IN_PROJECT

INDEX = packaged_index()
MAY_NAME_A_PLACE = re.compile(r"team|project|organi[sz]ation|environment|tenant|(?<![a-z])org", re.IGNORECASE)
# Every field of PostHog's schema that speaks of such a place: a new one must be added here, and decided about.
FIELDS = {
    "default_evaluation_environments_enabled": None,
    "organization": "organization",
    "organization_id": "organization",
    "private_project_access": "project",
    "project": "project",
    "project_id": "project",
    "role_at_organization": None,
    "set_current_organization": "organization",
    "set_current_team": "project",
    "team": "project",
}
ANY = Operation("any", "POST", "/api/projects/{project_id}/things/")


def names(node: Any) -> Iterator[str]:
    """The names of fields in a schema."""
    children = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else []
    if isinstance(node, dict) and isinstance(node.get("properties"), dict):
        yield from node["properties"]
    for child in children:
        yield from names(child)


def test_every_field_of_the_schema_that_may_name_a_place_is_decided_about() -> None:
    told = {name for one in INDEX.operations.values() for name in names(one.body)} | {*names(dict(INDEX.schemas))}
    asked = {one.name for operation in INDEX.operations.values() for one in operation.parameters}
    found = {name for name in told | asked if MAY_NAME_A_PLACE.search(name)}
    assert found <= FIELDS.keys()
    assert {name: field_kind(name) for name in FIELDS} == FIELDS


def test_every_path_that_names_a_place_by_a_bare_id_is_seen() -> None:
    bare = {
        one.id
        for one in INDEX.operations.values()
        if re.search(r"/(?:projects|environments|organizations)/\{id\}", one.path)
    }
    assert bare
    assert {one for one in bare if "id" not in path_places(INDEX.get(one))} == set()


@pytest.mark.parametrize(
    ("body", "seen"),
    [
        ({"target_team_ids": [1, "3"]}, ["1", "3"]),
        ({"targetTeamIds": [1]}, ["1"]),
        ({"deep": [{"er": {"projectId": 3}}]}, ["3"]),
        ({"team": {"id": 3}}, ["3"]),
        ({"private_project_access": [{"id": 3, "level": "admin"}]}, ["3"]),
        ({"teams": {"3": {"level": "admin"}}}, ["3"]),
        ({"project": " +3"}, [" +3"]),
        ({"project": "٣"}, ["٣"]),
        ({"project": 3.0}, ["3.0"]),
        ({"project": "@current"}, ["@current"]),
        ({"project": "phc_abcdef"}, ["phc_abcdef"]),
        ({"project_id": "other"}, ["other"]),
        ({"project_api_key": "phc_abcdef"}, ["phc_abcdef"]),
        ({"project_api_key": "an older token"}, ["an older token"]),
        ({"organization": "{018E4F2A-1111-7000-8000-000000000000}"}, ["{018E4F2A-1111-7000-8000-000000000000}"]),
        ({"organization": "018e4f2a111170008000000000000000"}, ["018e4f2a111170008000000000000000"]),
        ({"project": "my-app"}, []),
        ({"environment": "production", "organization": "Acme"}, []),
        ({"filter_test_accounts": True, "team_name": "3", "role_at_organization": "founder"}, []),
        ({"project": None, "team": "", "projects": []}, []),
        ("team_id", []),
        (None, []),
    ],
)
def test_places_in_a_body(body: Any, seen: list[str]) -> None:
    assert [place.value for place in named_places(ANY, {}, body)] == seen


def test_a_place_is_told_with_its_field() -> None:
    assert [place.field for place in named_places(ANY, {"team_id": 1}, {"a": [{"team_id": 2}]})] == [
        "team_id",
        "body.a.0.team_id",
    ]


@pytest.mark.parametrize("limits", [IN_PROJECT, IN_ORGANIZATION])
def test_nothing_is_offered_that_reaches_beyond_a_pin(limits: Any) -> None:
    within = {one.id for one in INDEX.operations.values() if not beyond(one, limits)}
    assert within.isdisjoint({"list", "create", "users_list", "users_partial_update"})
    assert {"annotations_list", "retrieve_2", "environments_retrieve"} <= within


def test_a_project_is_less_than_its_organization() -> None:
    assert not beyond(INDEX.get("members_list"), IN_ORGANIZATION)
    assert (
        beyond(INDEX.get("members_list"), IN_PROJECT) == "it reaches beyond project 2, and the server is pinned to that"
    )


@pytest.mark.parametrize("name", ["token", "api_key", "project_api_key"])
def test_a_projects_token_in_a_query_names_it(name: str) -> None:
    assert [place.kind for place in named_places(ANY, {name: "an older token"}, None)] == ["project"]
