"""The limits of an entry, whatever spells them: a query, a header, a flag or a variable. Pure.

Header and query: https://posthog.com/docs/model-context-protocol; PostHog's server takes the header first.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from posthog_wizard.api.hosted import limits_in_url
from posthog_wizard.clients.entries import EntryFields
from posthog_wizard.clients.recognise import HOSTED_ADDRESS
from posthog_wizard.invocation import invocation_of, parse_names
from posthog_wizard.model import Limits

_HEADERS: Mapping[str, str] = {
    "organization": "x-posthog-organization-id",
    "project": "x-posthog-project-id",
    "features": "x-posthog-features",
    "tools": "x-posthog-tools",
    "read_only": "x-posthog-read-only",
    "mode": "x-posthog-mcp-mode",
}
_VARIABLES = ("POSTHOG_ORGANIZATION_ID", "POSTHOG_PROJECT_ID")  # of our own programs
_HEADER_FLAGS = frozenset({"--header", "-H"})  # of mcp-remote and its like
_EXPANDED = re.compile(r"\$\{(\w+)\}")  # by mcp-remote, from its environment
_NOTHING = Limits()


def limits_in(entry: EntryFields) -> Limits:
    """The limits that the entry names: in a flag or variable of our programs, else in a header, else in its address."""
    words = _flat(entry.words)
    said, url = invocation_of(words), entry.url
    if url is None:
        url = said.url if said else next(filter(HOSTED_ADDRESS.match, words), None)
    named = [_in_url(url), _in_headers({**entry.headers, **dict(_header_words(words, entry.environment))})]
    if said is not None:
        organization, project = (str(entry.environment.get(name) or "") or None for name in _VARIABLES)
        named += [Limits(organization, project), said.limits]
    return _laid_over(named)


def _in_url(url: str | None) -> Limits:
    try:
        return limits_in_url(url or "")
    except ValueError:  # no URL at all
        return _NOTHING


def _in_headers(headers: Mapping[str, object]) -> Limits:
    texts = {name.lower(): str(value).strip() for name, value in headers.items()}
    said = {field: texts[name] for field, name in _HEADERS.items() if texts.get(name)}
    mode = said.get("mode")
    return Limits(
        said.get("organization"),
        said.get("project"),
        parse_names(said.get("features")),
        parse_names(said.get("tools")),
        said.get("read_only", "").lower() in {"true", "1"},
        "tools" if mode == "tools" else "cli" if mode == "cli" else None,
    )


def _header_words(words: Sequence[str], environment: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Headers among the words of a program: `--header NAME:VALUE`, also as one word."""
    for word, following in pairwise((*words, "")):
        flag, joined, text = word.partition("=")
        if flag in _HEADER_FLAGS:
            name, _, value = (text if joined else following).partition(":")
            yield name.strip(), _EXPANDED.sub(lambda match: str(environment.get(match[1], match[0])), value)


def _flat(words: Sequence[str]) -> tuple[str, ...]:
    """The words, and those within a whole command line that is one word, as in `bash -c "npx mcp-remote ..."`."""
    flat: list[str] = []
    for word in words:
        try:
            flat += shlex.split(word) if "://" in word and " " in word.strip() else [word]
        except ValueError:
            flat += word.split()
    return tuple(flat)


def _laid_over(layers: Sequence[Limits]) -> Limits:
    """The layers as one; what a later one says counts."""
    whole = _NOTHING
    for layer in layers:
        whole = whole._replace(**{field: value for field, value in layer._asdict().items() if value})
    return whole
