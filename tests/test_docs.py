"""What is written in the documents is what the program does."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from posthog_wizard import __version__
from posthog_wizard.cli.app import program
from tests.support import pages, readme
from tests.support.pictures import FOLDER, PICTURES, drawn

ROOT = Path(__file__).parents[1]
README = readme.README.read_text(encoding="utf-8")
ELSEWHERE = {"--cov", "--help", "--version", "--install-completion"}  # pytest's, and those of every program


@pytest.mark.parametrize("page", readme.PAGES, ids=lambda page: page.name)
def test_a_page_s_tables_are_what_the_program_knows(page: Path) -> None:
    assert readme.with_tables(pages.text(page)) == pages.text(page)


@pytest.mark.parametrize("name", readme.tables())
def test_every_table_has_a_page(name: str) -> None:
    assert [page.name for page in readme.PAGES if f"<!-- {name} -->" in pages.text(page)]


def test_the_readme_takes_a_minute() -> None:
    assert len(README.splitlines()) <= 200


def test_ci_runs_the_readme_s_test_command() -> None:
    commands = re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)
    assert len(commands) == 2
    assert commands[1] in (ROOT / ".ci/run").read_text(encoding="utf-8")


def test_the_changelog_tells_of_this_version() -> None:
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


# ------------------------------------------------------------------ commands and flags


@pytest.mark.parametrize("name", pages.names())
def test_every_command_and_flag_that_a_page_names_exists(name: str) -> None:
    words = [word for word in name.split() if not word.endswith("posthog-wizard")]
    command, below = named(whole(), words)
    assert not is_group(command) or not below or below[0].startswith("-"), f"`{below[0]}` is no command"
    flags = set(re.findall(r"(?:(?<=\s)|^)--[a-z][a-z-]*", " ".join(words)))
    assert flags - {option for parameter in parameters(command) for option in parameter.opts} <= ELSEWHERE


@pytest.mark.parametrize(
    ("name", "there"), [("mcp add", True), ("mcp ad", False), ("mcp key set", False), ("mcp", True)]
)
def test_a_command_that_is_gone_is_seen(name: str, there: bool) -> None:
    command, below = named(whole(), name.split())
    assert (not is_group(command) or not below) == there


@cache
def whole() -> Any:
    """The whole command line."""
    return program()


@cache
def child(command: Any, name: str) -> Any:
    """The command of that name right below one, made once; None where there is none."""
    return command.get_command(None, name)


def named(command: Any, words: list[str]) -> tuple[Any, list[str]]:
    """The command that the words name, and what is left of them."""
    below = child(command, words[0]) if is_group(command) and words else None
    return (command, words) if below is None else named(below, words[1:])


def parameters(command: Any) -> list[Any]:
    """Those of a command and of all commands below it."""
    below = [child(command, name) for name in command.list_commands(None)] if is_group(command) else []
    return [*command.params, *(parameter for one in below for parameter in parameters(one))]


def is_group(command: Any) -> bool:
    return hasattr(command, "list_commands")


# ------------------------------------------------------------------ links and anchors


@pytest.mark.parametrize("link", pages.links(), ids=str)
def test_every_link_leads_somewhere(link: pages.Link) -> None:
    assert pages.broken(link) == ""


@pytest.mark.parametrize("pattern", pages.files())
def test_every_file_that_a_page_names_exists(pattern: str) -> None:
    assert [*ROOT.glob(pattern)]


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("docs/keys.md#profiles", ""),
        ("docs/keys.md", ""),
        ("#clients", ""),
        ("https://example.com/a?b=c#d", ""),
        (f"{pages.BLOBS}SECURITY.md#threat-model", ""),
        ("docs/key.md", "there is no file"),
        ("docs/keys.md#profile", "there is no heading"),
        ("#client", "there is no heading"),
        (f"{pages.BLOBS}SECURE.md", "there is no file"),
        ("http://example.com", "no address"),
        ("https://example", "no address"),
        ("/docs/keys.md", "there is no file"),
    ],
)
def test_a_broken_link_is_seen(target: str, why: str) -> None:
    assert pages.broken(pages.Link(readme.README, target)) == why


def test_pypi_s_links_lead_to_the_repository() -> None:
    assert pages.BLOBS.replace("main/", "v$HFPR_VERSION/") in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_a_page_of_the_site_leads_to_pages_of_the_site() -> None:
    outside = pages.Link(ROOT / "docs/keys.md", "../SECURITY.md")
    assert pages.broken(outside) == "it leads out of the site"


@pytest.mark.parametrize("page", pages.ALL, ids=lambda page: page.name)
def test_anchors_are_the_same_on_github_and_on_the_site(page: Path) -> None:
    anchors = [(pages.github_anchor(heading), pages.site_anchor(heading)) for heading in pages.headings(page)]
    assert [github for github, _ in anchors] == [site for _, site in anchors]


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_every_page_is_in_the_site_s_navigation(page: Path) -> None:
    assert (ROOT / "mkdocs.yml").read_text(encoding="utf-8").count(f": {page.name}\n") == 1


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_a_page_begins_with_what_the_reader_gets_and_the_command_that_does_it(page: Path) -> None:
    assert re.match(r"# .+\n\n\w[^#]*?```(bash|python)\n", pages.text(page).replace("**", "").split("\n## ")[0])


# ------------------------------------------------------------------ pictures


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_shows_what_the_program_shows(name: str, tmp_path: Path) -> None:
    assert drawn(name, tmp_path) == (FOLDER / f"{name}.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("picture", sorted(FOLDER.glob("*.svg")), ids=lambda picture: picture.name)
def test_a_picture_stands_in_the_readme_and_fetches_nothing(picture: Path) -> None:
    assert f"(docs/pictures/{picture.name})" in README
    drawing = picture.read_text(encoding="utf-8")
    assert set(re.findall(r"https?://[^\s\"<&]+", drawing)) <= SHOWN


SHOWN = {
    "http://www.w3.org/2000/svg",
    "https://www.textualize.io",
    "https://mcp.posthog.com/mcp",
    "https://api.githubcopilot.com/mcp/",
    "https://docs.example.com/mcp",
}
