"""What README, `docs/` and the other pages say, taken apart: links, headings, code, and the commands of `bash` blocks."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import NamedTuple

from tests.support.readme import PAGES, ROOT
from tests.support.release import REPOSITORY

TODAY = (*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md")
ALL = (*TODAY, ROOT / "CHANGELOG.md")  # which tells of what was
SITE = ROOT / "docs"
BLOBS = f"https://github.com/{REPOSITORY}/blob/main/"
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`\n]+(?:\n[^`\n]+)?)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_ADDRESS = re.compile(r"https://[\w-]+(\.[\w-]+)+(:\d+)?(/[^\s<>]*)?")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_OURS = re.compile(r"(?:^|[&|] |^\w+=\S+ )(?:\S*/)?posthog-wizard ([^&|]+)")
_BEGINS = re.compile(r"(?:\S*posthog-wizard |)(?:(?:mcp|key|login|logout|sandbox)(?=\s|$)|--[a-z])")


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


def files() -> list[str]:
    """Every file, folder or module of the repository that a page names, as a pattern below its root."""
    whole = "\n".join(text(page) for page in TODAY)
    modules = [f"{module.replace('.', '/')}.py" for module in re.findall(r"\bpython -m\s(tests\.\w+\.\w+)", whole)]
    return sorted({*modules, *re.findall(r"`((?:tests|docs|\.ci|\.github)/[\w./*-]*?)/?`", whole)})


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


def names() -> list[str]:
    """Every command line of ours that a page of today names: in blocks of code, in their comments, within sentences."""
    said = [span for page in TODAY for span in (*_spans(text(page)), *_commands(text(page)))]
    return sorted({" ".join(found.split()) for found in said})


def _commands(whole: str) -> list[str]:
    """Those of blocks, without the program's name and their comments."""
    code = [re.sub(r"\s+# .*", "", line) for _, block in _FENCE.findall(whole) for line in block.splitlines()]
    return [command for line in code for command in _OURS.findall(line)]


def _spans(whole: str) -> list[str]:
    """What stands between backquotes and begins with a command or a flag of ours."""
    comments = "\n".join(re.findall(r"\s# (.*)", "\n".join(block for _, block in _FENCE.findall(whole))))
    return [span for span in _SPAN.findall(prose(whole) + comments) if _BEGINS.match(span)]


def broken(link: Link) -> str:
    """Why the link leads nowhere; empty when it does. Of other sites' addresses only the shape is looked at."""
    path, _, anchor = link.target.removeprefix(BLOBS).partition("#")
    ours = link.target.startswith(BLOBS)
    if not ours and ":" in path:
        return "" if _ADDRESS.fullmatch(path) else "no address"
    target = ((ROOT if ours else link.page.parent) / path).resolve() if path else link.page
    if not target.is_file():
        return "there is no file"
    if not ours and link.page.parent == SITE and not target.is_relative_to(SITE):
        return "it leads out of the site"
    return "" if not anchor or anchor in map(site_anchor, headings(target)) else "there is no heading"
