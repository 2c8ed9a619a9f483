"""Prompts, resources and completion, over the wire."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.errors import WizardError
from posthog_wizard.server import resources
from posthog_wizard.server.prompts import PROMPTS, prompt_named
from posthog_wizard.server.quickstarts import QUICKSTARTS, completions
from posthog_wizard.tools.nested_names import NAMES_URI
from tests.support.mcp_process import Program
from tests.support.posthog import bad_key
from tests.support.posthog_tools import said
from tests.support.serving import bench, instance

EU = "https://eu.posthog.com"


def test_prompts_over_the_wire(tmp_path: Path) -> None:
    with Program("--host", "http://127.0.0.1:9", home=tmp_path) as program:
        program.initialize()
        listed = program.request(1, "prompts/list")["result"]["prompts"]
        assert [prompt["name"] for prompt in listed] == [
            "posthog-setup",
            "why-did-this-metric-move",
            "launch-flag-safely",
            "triage-errors",
        ]
        assert [argument["name"] for argument in listed[0]["arguments"]] == ["framework", "project"]
        got = program.request(2, "prompts/get", name="posthog-setup", arguments={"framework": "Django", "project": "7"})
        text = got["result"]["messages"][0]["content"]["text"]
        assert "posthog://frameworks/django" in text
        assert "project `7`" in text
        assert program.request(3, "prompts/get", name="nothing")["error"]["code"] == -32602
        ref = {"type": "ref/prompt", "name": "posthog-setup"}
        completed = program.request(4, "completion/complete", ref=ref, argument={"name": "framework", "value": "dj"})
        assert completed["result"]["completion"]["values"] == ["django"]


@pytest.mark.parametrize("prompt", PROMPTS, ids=lambda prompt: prompt.name)
def test_a_prompt_uses_what_it_is_given(prompt: Any) -> None:
    given = {argument.name: f"<{argument.name}>" for argument in prompt.arguments}
    text = prompt.text(given)
    assert [name for name in given if f"<{name}>" not in text] == []
    assert len(text) < 3000


@pytest.mark.parametrize("days", ["14", "14d", "14 days"])
def test_days_are_a_number_in_the_date(days: str) -> None:
    assert "the last 14 days" in text_of("triage-errors", {"days": days})
    assert "date_from -14d)" in text_of("triage-errors", {"days": days})


def text_of(name: str, given: dict[str, str]) -> str:
    """The text of a prompt by its name."""
    return prompt_named(name).text(given)


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("no-such", {}, "there is no prompt `no-such`"),
        ("launch-flag-safely", {}, "needs `flag`"),
        ("launch-flag-safely", {"flag": " "}, "needs `flag`"),
        ("triage-errors", {"weeks": "2"}, "has no argument `weeks`"),
    ],
)
def test_a_prompt_refuses(name: str, given: dict[str, str], words: str) -> None:
    with pytest.raises(WizardError, match=words):
        text_of(name, given)


@pytest.mark.parametrize(
    ("prompt", "words"), [("posthog-setup", "Find out which framework"), ("triage-errors", "last 7 days")]
)
def test_a_prompt_without_its_arguments(prompt: str, words: str) -> None:
    assert words in prompt_named(prompt).text({})


def read(uri: str) -> tuple[str, str]:
    """A resource of a service in front of the loopback PostHog."""
    with bench() as made:
        return made.use(lambda service: resources.read_resource(service, uri))


def test_resources_over_the_wire(tmp_path: Path) -> None:
    with instance() as server, Program("--host", server.url, home=tmp_path) as program:
        program.initialize()
        listed = program.request(1, "resources/list")["result"]["resources"]
        templates = program.request(2, "resources/templates/list")["result"]["resourceTemplates"]
        assert [row["uri"] for row in listed] == [
            "posthog://wizard/context",
            "posthog://wizard/hogql-cheatsheet",
            "posthog://wizard/nested-arguments",
            "posthog://project/events",
            "posthog://project/properties",
        ]
        assert [row["uriTemplate"] for row in templates] == ["posthog://frameworks/{framework}"]
        start = program.request(3, "resources/read", uri="posthog://frameworks/flask")["result"]["contents"][0]
        assert server.url in start["text"]
        assert start["mimeType"] == "text/markdown"
        assert "no resource" in program.request(4, "resources/read", uri="posthog://no")["error"]["message"]


def test_the_context_says_what_the_connection_is() -> None:
    kind, text = read("posthog://wizard/context")
    found = json.loads(text)
    assert kind == "application/json"
    assert found["region"] == "self-hosted"
    assert found["project"] == 2
    assert found["pinned"] is True
    assert found["scopes"] == ["*"]
    assert found["problem"] is None
    assert found["missing_tools"] == {
        **dict.fromkeys(("api-search", "api-describe", "api-read", "api-write"), "offered with `--features all,api`"),
        "switch-organization": "the project or organization is pinned",
        "switch-project": "the project or organization is pinned",
    }


@pytest.mark.parametrize(
    ("uri", "names"),
    [
        ("posthog://project/events", {"$pageview", "signed_up"}),
        ("posthog://project/properties", {"plan", "$ai_model"}),
    ],
)
def test_the_projects_own_words_are_live_and_delimited(uri: str, names: set[str]) -> None:
    _, text = read(uri)
    assert {row["name"] for row in said(text)["results"]} > names


def test_a_live_resource_that_fails_says_why() -> None:
    with bench() as made:
        made.posthog.will_answer("GET", "/api/projects/2/event_definitions/", bad_key())
        with pytest.raises(WizardError, match="invalid"):
            made.use(lambda service: resources.read_resource(service, "posthog://project/events"))


def test_the_cheat_sheet() -> None:
    assert read("posthog://wizard/hogql-cheatsheet")[1] == resources.CHEAT_SHEET.read_text(encoding="utf-8")


def test_every_resource_that_our_texts_name_is_there() -> None:
    package = Path(resources.__file__).parents[1]
    texts = [path.read_text(encoding="utf-8") for end in ("py", "md") for path in package.rglob(f"*.{end}")]
    named = {uri for text in texts for uri in re.findall(r"posthog://(?:wizard|project)/[a-z-]+", text)}
    assert named == {row["uri"] for row in resources.LISTED}


def test_the_names_within_arguments() -> None:
    assert "- filters: groups (group), multivariate (multivariate), payloads" in read(NAMES_URI)[1]


@pytest.mark.parametrize(
    "uri",
    [
        "posthog://frameworks/next-js",
        "posthog://integration/docs/frameworks/nextjs-app-router",
        "posthog://frameworks/Next.js",
        "posthog://frameworks/Next.js%2015",
    ],
)
def test_a_quick_start_is_found_as_people_write_it(uri: str) -> None:
    assert "Next.js" in read(uri)[1]


@pytest.mark.parametrize("uri", ["posthog://frameworks/cobol", "posthog://wizard/", "https://posthog.com"])
def test_resources_that_do_not_exist(uri: str) -> None:
    with pytest.raises(WizardError, match="there is no"):
        read(uri)


@pytest.mark.parametrize(
    ("name", "typed", "expected"),
    [
        ("framework", "re", ["react", "react-native", "react-router", "cloudflare-workers", "express"]),
        ("framework", "Vue.js", ["vue"]),
        ("framework", "Next.js", ["next-js"]),
        ("framework", "golang", ["go"]),
        ("framework", "", sorted(QUICKSTARTS)),
        ("framework", "zzz", []),
        ("flag", "a", []),
    ],
)
def test_completion(name: str, typed: str, expected: list[str]) -> None:
    assert completions(name, typed) == expected
