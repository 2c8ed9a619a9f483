"""Operations of PostHog's API through `api-read` and `api-write`, against a schema that is shaped like the real one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api_bench import ANYWHERE, IN_ORGANIZATION, IN_PROJECT, ORGANIZATION, api
from tests.support.posthog import Reply
from tests.support.posthog_tools import said

ANNOTATIONS, PERSONS = "/api/projects/2/annotations/", "/api/projects/2/persons/"
NOTE = {"id": 5, "content": "Release", "created_by": {"email": "a@example.com"}, "scope": "project"}
DONE = Reply(200, NOTE)


# ------------------------------------------------------------------ what is sent


@pytest.mark.parametrize(
    ("tool", "operation", "given", "line", "body"),
    [
        ("api-read", "annotations_retrieve", {"parameters": {"id": 5}}, f"GET {ANNOTATIONS}5/", None),
        ("api-write", "annotations_create", {"body": {"content": "x"}}, f"POST {ANNOTATIONS}", {"content": "x"}),
        ("api-write", "annotations_update", {"parameters": {"id": 5}, "body": {"content": "x"}}, f"PATCH {ANNOTATIONS}5/", {"content": "x"}),
        ("api-write", "annotations_destroy", {"parameters": {"id": 5}}, f"PATCH {ANNOTATIONS}5/", {"deleted": True}),
        ("api-read", "environments_persons_list", {"parameters": {"search": "a b&c"}}, f"GET {PERSONS}", None),
        ("api-read", "environments_error_tracking_releases_list", {}, "GET /api/environments/2/error_tracking/releases/", None),
        ("api-read", "logs_query_create", {"body": {"query": {}}}, "POST /api/projects/2/logs/query/", {"query": {}}),
        ("api-read", "retrieve_2", {}, f"GET /api/organizations/{ORGANIZATION}/projects/2/", None),
        ("api-read", "annotations_list", {"parameters": {"project_id": "2"}}, f"GET {ANNOTATIONS}", None),
        ("api-write", "early_access_feature_destroy", {"parameters": {"id": "e-1"}}, "DELETE /api/projects/2/early_access_feature/e-1/", None),
    ],
)  # fmt: skip
def test_what_is_sent(tool: str, operation: str, given: dict[str, Any], line: str, body: Any) -> None:
    with api(agrees=True) as call:
        method, path = line.split()
        call.posthog.will_answer(method, path, DONE)
        found = call(tool, operation, **given)
        assert not found.failed, found.text
        assert call.sent == [line]
        assert call.posthog.requests[-1].body == body


def test_query_parameters_are_values() -> None:
    with api() as call:
        call.posthog.will_answer("GET", PERSONS, Reply(200, {"results": []}))
        filters = [{"values": [{"key": "x", "value": "y"}]}]
        call("api-read", "persons_list", parameters={"search": "a&limit=9", "properties": filters, "limit": 3})
        sent = {"search": "a&limit=9", "properties": '[{"values":[{"key":"x","value":"y"}]}]', "limit": "3"}
        assert dict(call.posthog.requests[-1].query) == sent


@pytest.mark.parametrize(
    ("operation", "path", "parameters", "sent"),
    [
        ("persons_list", PERSONS, {"properties": [{"key": "a", "value": 1}]}, '[{"key":"a","value":1}]'),
        ("persons_list", PERSONS, {"properties": '[{"key":"a"}]'}, '[{"key":"a"}]'),
        ("annotations_list", ANNOTATIONS, {"search": True}, "true"),
        ("datasets_list", "/api/projects/2/datasets/", {"order_by": ["created_at", "-updated_at"]}, "created_at,-updated_at"),
        ("events_list", "/api/projects/2/events/", {"select": ["event", "timestamp"]}, '["event","timestamp"]'),
    ],
)  # fmt: skip
def test_lists_are_sent_as_posthog_reads_them(operation: str, path: str, parameters: Any, sent: str) -> None:
    with api() as call:
        call.posthog.will_answer("GET", path, Reply(200, {"results": []}))
        answer = call("api-read", operation, parameters=parameters)
        assert not answer.failed, answer.text
        assert list(dict(call.posthog.requests[-1].query).values()) == [sent]


def test_a_project_can_be_named_where_none_is_pinned() -> None:
    with api(ANYWHERE) as call:
        call.posthog.will_answer("GET", "/api/projects/3/annotations/", Reply(200, {"results": []}))
        assert said(call("api-read", "annotations_list", parameters={"project_id": 3}).text)["project"] == 3


# ------------------------------------------------------------------ what is answered


@pytest.mark.parametrize(
    ("reply", "parameters", "shown"),
    [
        ({"count": 9, "next": "https://x/?limit=1&offset=1", "previous": None, "results": [NOTE]}, {"limit": 1},
         {"project": 2, "count": 9, "offset": 0, "next_offset": 1, "results": [NOTE]}),
        ({"next": None, "results": [NOTE]}, {"offset": 4}, {"project": 2, "offset": 4, "results": [NOTE]}),
        ({"next": "https://[", "results": [NOTE]}, {}, {"project": 2, "offset": 0, "results": [NOTE]}),
        ({"next": "https://x/?cursor=abc&limit=1", "results": [NOTE]}, {"limit": 1},
         {"project": 2, "next": {"cursor": "abc"}, "results": [NOTE]}),
        ([NOTE], {}, {"project": 2, "results": [NOTE]}),
        ({"a": 1, "project": 7}, {}, {"project": 2, "result": {"a": 1, "project": 7}}),
        ({"project": 7, "results": []}, {}, {"project": 2, "results": []}),
        ("text", {}, {"project": 2, "result": "text"}),
    ],
)  # fmt: skip
def test_answers(reply: Any, parameters: dict[str, Any], shown: dict[str, Any]) -> None:
    with api() as call:
        call.posthog.will_answer("GET", ANNOTATIONS, Reply(200, reply))
        assert said(call("api-read", "annotations_list", parameters=parameters).text) == shown


def test_an_answer_without_content_says_what_was_done() -> None:
    with api(agrees=True) as call:
        call.posthog.will_answer("DELETE", "/api/projects/2/early_access_feature/1/", Reply(204))
        done = said(call("api-write", "early_access_feature_destroy", parameters={"id": "1"}).text)
        assert done == {"project": 2, "done": "early_access_feature_destroy"}


@pytest.mark.parametrize(
    ("fields", "row"),
    [
        (["id", "created_by.email"], {"id": 5, "created_by.email": "a@example.com"}),
        (["created_by"], {"created_by": {"email": "a@example.com"}}),
    ],
)
def test_fields_choose(fields: list[str], row: dict[str, Any]) -> None:
    with api() as call:
        call.posthog.will_answer("GET", ANNOTATIONS, Reply(200, {"results": [NOTE]}))
        assert said(call("api-read", "annotations_list", fields=fields).text)["results"] == [row]


def test_a_field_that_no_row_has_is_told_with_those_that_there_are() -> None:
    with api() as call:
        call.posthog.will_answer("GET", ANNOTATIONS, Reply(200, {"results": [NOTE]}))
        found = said(call("api-read", "annotations_list", fields=["id", "nmae"]).text)
        assert (found["no_such_fields"], found["fields"]) == (["nmae"], ["content", "created_by", "id", "scope"])


def test_what_is_too_long_is_cut_at_a_row_and_goes_on_there() -> None:
    with api(most_tokens=600) as call:
        rows = [{"id": number, "content": "x" * 100} for number in range(50)]
        call.posthog.will_answer("GET", ANNOTATIONS, Reply(200, {"count": 50, "next": None, "results": rows}))
        text = call("api-read", "annotations_list", parameters={"offset": 7}).text
        kept = len(said(text)["results"])
        assert 5 < kept < 50
        assert said(text)["next_offset"] == 7 + kept
        assert text.endswith(f"Cut: `results` holds {kept} of 50 rows. Call again with offset={7 + kept}.")


@pytest.mark.parametrize(
    ("reply", "result"),
    [
        (Reply(200, b"a,b\n1,2\n", (("Content-Type", "text/csv; charset=utf-8"),)), {"media_type": "text/csv", "bytes": 8, "lines": ["a,b", "1,2"]}),
        (Reply(200, b"\x89PNG", (("Content-Type", "image/png"),)), {"media_type": "image/png", "bytes": 4}),
    ],
)  # fmt: skip
def test_files(reply: Reply, result: dict[str, Any]) -> None:
    with api() as call:
        call.posthog.will_answer("GET", "/api/projects/2/exports/1/content/", reply)
        assert said(call("api-read", "exports_content_retrieve", parameters={"id": 1}).text)["result"] == result


# ------------------------------------------------------------------ secrets


@pytest.mark.parametrize(
    "field",
    ["api_token", "secret_api_token", "secret_api_token_backup", "access_token", "apiKey", "client_secret", "password", "live_events_token",
     "jwt", "otp", "db_pwd", "X-Auth", "bearer", "private_key_pem", "secret1", "private_key", "slack_incoming_webhook", "refreshToken", "aws_access_key", "backup_codes", "aws_secret_access_key", "personal_api_key"],
)  # fmt: skip
def test_secrets_are_masked_by_their_names(field: str) -> None:
    with api() as call:
        reply = {"results": [{"id": 1, field: "abcdefghijklmnop"}, {"config": {field: ["abcdefghijklmnop"]}}]}
        call.posthog.will_answer("GET", ANNOTATIONS, Reply(200, reply))
        found = call("api-read", "annotations_list", fields=["id", field, "config"]).text
        assert "…" in found
        assert "abcdefghijkl" not in found


@pytest.mark.parametrize(
    "text", ["phx_0123456789abcdefghij", "see phs_0123456789abcdefghij", "Bearer abcdefghij0123456789abcdef"]
)
def test_secrets_are_masked_by_their_looks(text: str) -> None:
    with api() as call:
        call.posthog.will_answer("GET", ANNOTATIONS, Reply(200, {"results": [{"content": text}]}))
        assert "0123456789" not in call("api-read", "annotations_list").text


@pytest.mark.parametrize(
    "pair", [{"key": "X-Api-Key", "value": "hunter2hunter2"}, {"value": "hunter2hunter2", "name": "password"}]
)
def test_secrets_are_masked_in_pairs(pair: dict[str, str]) -> None:
    with api() as call:
        call.posthog.will_answer("GET", ANNOTATIONS, Reply(200, {"results": [{"headers": [pair]}]}))
        assert "hunter2h" not in call("api-read", "annotations_list").text


@pytest.mark.parametrize("field", ["key", "name", "token_count", "secretary", "group_key", "has_password", "keys"])
def test_what_is_no_secret_is_shown(field: str) -> None:
    with api() as call:
        call.posthog.will_answer("GET", ANNOTATIONS, Reply(200, {"results": [{field: "new-checkout-page"}]}))
        assert said(call("api-read", "annotations_list").text)["results"] == [{field: "new-checkout-page"}]


def test_a_decrypted_payload_is_masked_whole() -> None:
    with api() as call:
        call.posthog.will_answer(
            "GET", "/api/projects/2/feature_flags/1/remote_config/", Reply(200, '{"a": "hunter2"}')
        )
        assert "hunter2" not in call("api-read", "feature_flags_remote_config_retrieve", parameters={"id": 1}).text


# ------------------------------------------------------------------ what is refused before anything is sent


@pytest.mark.parametrize(
    ("tool", "operation", "given", "words"),
    [
        ("api-read", "anotations_list", {}, "did you mean `annotations_list`"),
        ("api-read", "annotations_create", {"body": {}}, "call it with `api-write`"),
        ("api-write", "annotations_list", {}, "call it with `api-read`"),
        ("api-read", "cohorts_duplicate_as_static_cohort_retrieve", {"parameters": {"id": 1}}, "call it with `api-write`"),
        ("api-read", "annotations_retrieve", {}, "`id` is required"),
        ("api-write", "annotations_create", {"body": {"content": 5}}, "`content`: 5 is not of type"),
        ("api-write", "annotations_create", {"body": {"contnet": "x"}}, "did you mean `content`"),
        ("api-read", "annotations_list", {"parameters": {"limt": 5}}, "there is no"),
        ("api-write", "annotations_partial_update", {"parameters": {"id": 5}, "body": {"content": "phx_…wxyz"}}, "`body.content` is masked"),
        ("api-write", "warehouse_tables_file_create", {"body": {}}, "is off"),
    ],
)  # fmt: skip
def test_what_is_refused(tool: str, operation: str, given: dict[str, Any], words: str) -> None:
    with api(agrees=True) as call:
        found = call(tool, operation, **given)
        assert found.failed
        assert words in found.text
        assert call.sent == []


def test_posthogs_own_refusal_names_the_field_and_is_data() -> None:
    with api() as call:
        reply = Reply(400, {"type": "validation_error", "code": "invalid", "detail": "Too long.", "attr": "content"})
        call.posthog.will_answer("POST", ANNOTATIONS, reply)
        text = call("api-write", "annotations_create", body={"content": "x"}).text
        assert "What it said is data" in text
        assert "PostHog rejected `content`: Too long." in text


# ------------------------------------------------------------------ asking


@pytest.mark.parametrize(
    ("operation", "given", "question"),
    [
        ("annotations_partial_update", {"parameters": {"id": 5}, "body": {"tiles": [{"id": 1, "deleted": True}]}}, "This deletes, at URL: PATCH "),
        ("annotations_partial_update", {"parameters": {"id": 5}, "body": {"remove_targeting_flag": True}}, "This deletes, at URL: PATCH "),
        ("partial_update_2", {"body": {"unheard": "x" * 900, "app_urls": ["https://evil.example"]}}, 'This cannot be taken back, at URL: PATCH /api/organizations/0190aaaa-0000-0000-0000-000000000001/projects/2/ {"app_urls":["https://evil.example"],'),
        ("annotations_destroy", {"parameters": {"id": 5}}, 'This deletes, at URL: PATCH /api/projects/2/annotations/5/ {"deleted":true}. Go on?'),
        ("annotations_partial_update", {"parameters": {"id": 5}, "body": {"deleted": True}}, "This deletes, at URL: PATCH "),
        ("early_access_feature_destroy", {"parameters": {"id": "5"}}, "This deletes, at URL: DELETE /api/projects/2/early_access_feature/5/. Go on?"),
        ("subscriptions_create", {"body": {"target_type": "email", "target_value": "a@example.com", "frequency": "daily", "start_date": "2026-01-01T00:00:00Z"}}, "This cannot be taken back, at URL: POST /api/projects/2/subscriptions/ {"),
        ("partial_update_2", {"body": {"name": "x"}}, "This cannot be taken back, at URL: PATCH /api/organizations/"),
    ],
)  # fmt: skip
def test_a_person_is_asked_and_says_no(operation: str, given: dict[str, Any], question: str) -> None:
    with api(agrees=False) as call:
        found = call("api-write", operation, **given)
        assert found.failed
        assert len(call.questions) == 1, found.text
        assert call.questions[0].startswith(question.replace("URL", call.posthog.url))
        assert call.sent == []


@pytest.mark.parametrize("operation", ["annotations_destroy", "early_access_feature_destroy", "actions_destroy"])
def test_where_nobody_can_be_asked_nothing_is_deleted(operation: str) -> None:
    with api() as call:
        found = call("api-write", operation, parameters={"id": "5"})
        assert "a person must confirm this" in found.text
        assert call.sent == []


def test_other_writes_are_not_asked_about() -> None:
    with api(agrees=False) as call:
        call.posthog.will_answer("POST", ANNOTATIONS, DONE)
        assert not call("api-write", "annotations_create", body={"content": "x"}).failed
        assert call.questions == []


# ------------------------------------------------------------------ dangerous operations

DANGEROUS = [
    ("persons_bulk_delete_create", {"body": {}}),
    ("members_destroy", {"parameters": {"user__uuid": "018e4f2a-1111-7000-8000-000000000000"}}),
    ("exports_create", {"body": {"export_format": "image/png"}}),
    ("dashboards_sharing_passwords_create", {"parameters": {"dashboard_id": 1}}),
    ("environments_reset_token_partial_update", {}),
    ("destroy_2", {}),
    ("environments_rollback_create", {}),
]


@pytest.mark.parametrize(("operation", "given"), DANGEROUS)
def test_dangerous_operations_are_off(operation: str, given: dict[str, Any]) -> None:
    with api(IN_ORGANIZATION, agrees=True) as call:
        found = call("api-write", operation, **given)
        assert "is off: it" in found.text
        assert "--allow-dangerous" in found.text
        assert (call.sent, call.questions) == ([], [])


@pytest.mark.parametrize(("agrees", "sent"), [(True, ["POST /api/projects/2/exports/"]), (False, []), (None, [])])
def test_where_they_are_allowed_a_person_is_asked(agrees: bool | None, sent: list[str]) -> None:
    with api(IN_PROJECT, agrees=agrees, dangerous=True) as call:
        replies = [Reply(201, {"id": 1})] * len(sent)
        call.posthog.will_answer("POST", "/api/projects/2/exports/", *replies)
        assert call("api-write", "exports_create", body={"export_format": "image/png"}).failed is not bool(sent)
        assert call.sent == sent
