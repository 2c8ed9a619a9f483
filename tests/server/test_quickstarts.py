"""What the quick starts say; that it works is shown by `tests/e2e/test_quick_starts_*.py`."""

from __future__ import annotations

import re

import pytest

from posthog_wizard.errors import NotFound
from posthog_wizard.server.quickstarts import QUICKSTARTS, SYNONYMS, quickstart, quickstart_named
from posthog_wizard.tools.docs import documented_pages
from tests.support.quick_starts import PINNED, checked_with, code

EU = "https://eu.posthog.com"
ASKED_FOR = [
    *("laravel", "nuxt", "react-router", "tanstack-start", "angular", "astro", "ruby", "express"),
    *("ios", "android", "flutter", "dotnet", "java", "elixir", "rust", "hono", "cloudflare-workers", "celery"),
]
BROWSER = ["web", "vue", "svelte", "react", "next-js", "react-router", "tanstack-start", "angular", "astro"]


@pytest.mark.parametrize("name", QUICKSTARTS)
def test_a_quick_start_names_the_regions_hosts_and_nothing_is_left_to_fill_in(name: str) -> None:
    text = quickstart(name, EU)
    assert "https://eu.i.posthog.com" in text
    assert "https://eu.posthog.com/settings/project" in text
    assert re.findall(r"@(?:[A-Z]+|_\w+)@|us\.(?:i\.)?posthog", text) == []


@pytest.mark.parametrize("name", QUICKSTARTS)
def test_a_quick_start_has_an_event_and_errors_and_its_page(name: str) -> None:
    text = quickstart(name, EU)
    assert [word for word in ("<project token>", "phx_") if word not in text] == []
    assert re.search(r"plan upgraded|invoice sent", "\n".join(code(name, EU)))
    assert re.search(r"exception|error|what tasks raise", text, re.IGNORECASE)
    page = re.search(r"https://posthog\.com/docs/(libraries/[\w-]+)\n", text)
    assert page is not None
    assert page[1] in documented_pages()


@pytest.mark.parametrize("name", BROWSER)
def test_who_logs_in_and_out_is_told_in_pieces_of_their_own(name: str) -> None:
    pieces = code(name, EU)
    assert [len([piece for piece in pieces if word in piece]) for word in (".identify(", ".reset(")] == [1, 1]
    assert [piece for piece in pieces if "init(" in piece and re.search(r"identify\(|reset\(|capture\(", piece)] == []
    assert "defaults: '2026-05-30'" in quickstart(name, EU)


@pytest.mark.parametrize("name", ASKED_FOR)
def test_there_is_a_quick_start_for_what_people_ask_for(name: str) -> None:
    assert name in QUICKSTARTS


@pytest.mark.parametrize("name", [name for name in QUICKSTARTS if "Checked with" in quickstart(name, EU)])
def test_the_versions_in_the_text_are_those_that_run_in_the_tests(name: str) -> None:
    assert checked_with(name) == {package: PINNED[package] for package in checked_with(name)}


@pytest.mark.parametrize("name", QUICKSTARTS)
def test_a_quick_start_says_whether_it_was_run(name: str) -> None:
    assert re.findall(r"^(Checked with|Not run by us)", quickstart(name, EU), re.MULTILINE) != []


def test_the_sandbox_takes_no_events_and_says_so() -> None:
    text = quickstart("vue", "https://sandbox.invalid")
    assert "sandbox, which takes no events" in text
    assert "api_host: 'https://us.i.posthog.com'" in text
    assert "sandbox.invalid" not in text
    assert "sandbox" not in quickstart("vue", EU)


# ------------------------------------------------------------------ names


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("next.js", "next-js"),
        ("Next.js 15", "next-js"),
        ("nextjs-pages-router", "next-js"),
        ("vue.js", "vue"),
        ("Vue 3", "vue"),
        ("node.js", "node"),
        ("express.js", "express"),
        ("reactjs", "react"),
        ("ruby", "ruby"),
        ("Ruby on Rails", "rails"),
        ("expo", "react-native"),
        ("html", "web"),
        ("HTML5", "web"),
        ("typescript", "web"),
        ("SvelteKit", "svelte"),
        (".NET", "dotnet"),
        ("C#", "dotnet"),
        ("ASP.NET Core", "dotnet"),
        ("Cloudflare Workers", "cloudflare-workers"),
        ("python3", "python"),
        ("Nuxt 4", "nuxt"),
        ("Remix", "react-router"),
        ("remix.run", "react-router"),
        ("create-react-app", "react"),
        ("Expo Router", "react-native"),
        ("Jetpack Compose", "android"),
        ("Dart", "flutter"),
        ("Blazor", "dotnet"),
        ("Bun", "node"),
        ("koa.js", "node"),
        ("Fiber", "go"),
        ("Axum", "rust"),
        ("Tornado", "python"),
        ("macOS", "ios"),
        ("jQuery", "web"),
        ("cobol", None),
        ("", None),
    ],
)
def test_names_as_people_write_them(written: str, name: str | None) -> None:
    assert quickstart_named(written) == name


@pytest.mark.parametrize("name", [*QUICKSTARTS, *SYNONYMS, *(name.upper() for name in QUICKSTARTS)])
def test_every_name_is_found(name: str) -> None:
    assert quickstart_named(name) in QUICKSTARTS


@pytest.mark.parametrize(("written", "hint"), [("djano", "Did you mean django?"), ("cobol", "There are android")])
def test_a_name_that_is_not_known(written: str, hint: str) -> None:
    with pytest.raises(NotFound) as refused:
        quickstart(written, EU)
    assert hint in str(refused.value.hint)
