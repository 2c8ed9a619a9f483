"""What README, `docs/` and the other pages say, taken apart: links, headings, code, and the commands of `bash` blocks."""

from __future__ import annotations

import re
import shlex
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.support.readme import PAGES, ROOT

ALL = (*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", ROOT / "CHANGELOG.md")
REPOSITORY = "https://github.com/PostHog/posthog-wizard/blob/main/"
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+(?:\n[^`\n]+)?)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_OURS = re.compile(r"(?:^|[|&] |\bHTTPS_PROXY=\S+ )(?:\.venv/bin/)?posthog-wizard (.*)")


class Link(NamedTuple):
    """Where a page leads to."""

    page: Path
    target: str

    def __str__(self) -> str:
        return f"{self.page.name}: {self.target}"


class Line(NamedTuple):
    """A command of a `bash` block, without its comment."""

    page: Path
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}: {self.text}"


def links() -> list[Link]:
    """Every link and picture of every page, in the order of pages."""
    return [Link(page, target) for page in ALL for target in dict.fromkeys(_LINK.findall(prose(text(page))))]


def lines() -> list[Line]:
    """Every command that README and `docs/` print to be pasted."""
    return [
        Line(page, command)
        for page in PAGES
        for language, block in _FENCE.findall(text(page))
        if language == "bash"
        for command in filter(None, (re.sub(r"(^|\s+)# .*", "", line).strip() for line in block.splitlines()))
    ]


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose(whole: str) -> str:
    """The text without its blocks of code."""
    return _FENCE.sub("", whole)


def headings(page: Path) -> list[str]:
    return _HEADING.findall(prose(text(page)))


def site_anchor(heading: str) -> str:
    """The heading's anchor on the site: https://github.com/Python-Markdown/markdown/blob/master/markdown/extensions/toc.py"""
    ascii_only = unicodedata.normalize("NFKD", heading).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", ascii_only).strip().lower())


def github_anchor(heading: str) -> str:
    """The same on GitHub: https://github.com/gjtorikian/html-pipeline/blob/v2.14.3/lib/html/pipeline/toc_filter.rb"""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def codes() -> Iterator[str]:
    """Every command line of ours that a page names, without the program's name: in blocks of code and within sentences."""
    for page in ALL:
        whole = text(page)
        for _, block in _FENCE.findall(whole):
            yield from (
                found[1] for line in block.splitlines() if (found := _OURS.search(re.sub(r"\s+# .*", "", line)))
            )
        for span in _SPAN.findall(prose(whole)):
            said = " ".join(span.split())
            if found := re.match(r"(?:\S*posthog-wizard )?((?:mcp|key|login|logout|sandbox|--)\b.*|--\S.*)$", said):
                yield found[1]


def words(code: str) -> list[str]:
    return shlex.split(code.replace("'", "")) if code.count('"') % 2 else shlex.split(code)
