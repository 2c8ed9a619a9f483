"""What the toolset api tells of an instance's operations: nothing that the key lacks, and strangers' words as data."""

from __future__ import annotations

import pytest

from tests.support.api_bench import api
from tests.support.posthog import Reply, SandboxKey
from tests.support.posthog_tools import said
from tests.support.serving import bench
from tests.tools.cases_api import CREATE, LIST, NAMED, POISON, POISONED, TELLS

SEARCH = {"query": "list cohorts"}
OFF = "needs `--allow-dangerous`: it is about secrets"


@pytest.mark.parametrize(
    ("scopes", "results", "missing"),
    [
        (("*",), [LIST, CREATE], None),
        (("cohort:write",), [LIST, CREATE], None),
        (("cohort:read",), [LIST], [{"id": "cohorts_create", "why": "the key lacks the scope cohort:write"}]),
    ],
)
def test_what_a_key_lacks_is_not_found_and_said(
    scopes: tuple[str, ...], results: list[dict[str, str]], missing: list[dict[str, str]] | None
) -> None:
    with bench(SandboxKey("phx_test", scopes=scopes), limits=NAMED) as made:
        made.posthog.will_answer(*TELLS[0])
        found = said(made.call("api-search", **SEARCH).text)
    assert (found["results"], found.get("not_available")) == (results, missing)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(403, {"type": "authentication_error", "code": "permission_denied", "detail": "no"}),
        Reply(404, {"code": "not_found", "detail": "Not found."}),
        Reply(200, b"openapi: 3.0.3\npaths: {}\n"),
        Reply(200, b"<html><title>Sign in</title></html>"),
        Reply(200, b" " * (30 * 1024 * 1024 + 1)),
        Reply(200, {"paths": {}}),
    ],
    ids=["no session", "not there", "YAML", "a web page", "31 MB", "empty"],
)
def test_an_instance_without_a_schema_has_the_packaged_index_which_is_said(reply: Reply) -> None:
    with bench(limits=NAMED) as made:
        made.posthog.will_answer("GET", "/api/schema/", reply)
        found = said(made.call("api-search", query="web vitals").text)
    assert found["results"][0]["id"] == "environments_web_vitals_retrieve"
    assert found["source"] == "an index of 2026-11-01, as this PostHog did not tell what it has"


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("api-search", SEARCH),
        ("api-describe", {"operation": "cohorts_list"}),
        ("api-describe", {"operation": "cohorts_list", "field": "a"}),
    ],
)
def test_a_schemas_words_are_data(tool: str, arguments: dict[str, str]) -> None:
    with bench(limits=NAMED) as made:
        made.posthog.will_answer("GET", "/api/schema/", Reply(body=POISONED))
        before, mark, *_, after = made.call(tool, **arguments).text.split("\n")
    assert before.startswith("Data from PostHog, written by others")
    assert (mark, after) == ("posthog-data-0", "posthog-data-0")
    assert POISON not in before


def test_dangerous_operations_are_told_as_off_in_their_line() -> None:
    with bench(limits=NAMED) as made:
        made.posthog.will_answer("GET", "/api/schema/", Reply(404, {"code": "not_found", "detail": "Not found."}))
        found = said(made.call("api-search", query="reset the token of a project").text)["results"]
    assert (found[0]["id"], found[0]["off"]) == ("reset_token_partial_update", OFF)


@pytest.mark.parametrize(("dangerous", "off"), [(False, OFF), (True, None)])
def test_dangerous_operations_are_described_as_off(dangerous: bool, off: str | None) -> None:
    with api(dangerous=dangerous) as call:
        assert said(call("api-describe", "environments_reset_token_partial_update").text).get("off") == off
