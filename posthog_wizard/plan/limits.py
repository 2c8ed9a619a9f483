"""The limits of an entry, whatever spells them: a query, a header, a flag or a variable. Pure.

Header and query: https://posthog.com/docs/model-context-protocol; PostHog's server takes the header first.

A wish says only what flags say, and each entry adds what it has. Identifiers of another PostHog are dropped,
read-only never; limits with which our own server would not start are refused, not dropped. PostHog's server takes a
header before a parameter, and so does this.
"""

import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from urllib.parse import urlencode

from posthog_wizard.api.hosted import limits_in_url
from posthog_wizard.api.hosts import CLOUD
from posthog_wizard.clients.entries import EntryFields
from posthog_wizard.clients.recognise import HOSTED_ADDRESS
from posthog_wizard.invocation import invocation_of
from posthog_wizard.model import LIMITS_TOGETHER, Limits

_HEADERS = {  # and the parameter that says the same; of several for one the last counts
    "x-posthog-organization-id": "organization_id",
    "x-posthog-project-id": "project_id",
    "x-posthog-features": "features",
    "x-posthog-tools": "tools",
    "x-posthog-read-only": "readonly",  # as it was called first
    "x-posthog-readonly": "readonly",
    "x-posthog-mcp-mode": "mode",
}
_VARIABLES = ("POSTHOG_ORGANIZATION_ID", "POSTHOG_PROJECT_ID")  # of our own programs
_HEADER_FLAGS = frozenset({"--header", "-H"})  # of mcp-remote and its like
_EXPANDED = re.compile(r"\$\{(\w+)\}")  # by mcp-remote, from its environment
_NOTHING = Limits()
ALL_LIMITS = frozenset(Limits._fields)


def limits_in(entry: EntryFields) -> Limits:
    """The limits that the entry names: in a flag or variable of our programs, else in a header, else in its address."""
    words = _flat(entry.words)
    said, url = invocation_of(words), entry.url
    if url is None:
        url = said.url if said else next(filter(HOSTED_ADDRESS.match, words), None)
    try:
        address = limits_in_url(url or "")
    except ValueError:  # no URL at all
        address = _NOTHING
    headers = {**entry.headers, **dict(_header_words(words, entry.environment))}
    texts = {name.lower(): str(value).strip() for name, value in headers.items()}
    in_headers = {parameter: texts[name] for name, parameter in _HEADERS.items() if texts.get(name)}
    named = [address, limits_in_url(f"?{urlencode(in_headers)}")]
    if said is not None:
        organization, project = (str(entry.environment.get(name) or "") or None for name in _VARIABLES)
        named += [Limits(organization, project), said.limits]
    whole = _NOTHING
    for layer in named:  # what a later one says counts
        whole = whole._replace(**{field: value for field, value in layer._asdict().items() if value})
    return whole


def joined_limits(said: Limits, there: Limits, kept: Collection[str] = ALL_LIMITS) -> Limits:
    """What flags say, and what an entry has of the `kept` fields where no flag says anything about it."""
    joined = said
    for fields in LIMITS_TOGETHER:
        if not any(getattr(said, field) for field in fields):
            joined = joined._replace(**{field: getattr(there, field) for field in fields if field in kept})
    if said.features or said.tools:
        joined = joined._replace(mode=said.mode)  # the mode of an entry might hide tools that are asked for by name
    return joined


def is_same_posthog(one: str | None, other: str | None) -> bool:
    """Whether identifiers mean the same behind both; None: the hosted server, which speaks for PostHog's cloud."""
    cloud = {None, *CLOUD.values()}
    return one == other or (None in {one, other} and {one, other} <= cloud)


def words_of_limits(limits: Limits) -> str:
    """The limits as people read them: `read-only; project 1`; empty where there are none."""
    named = ((field, value) for field, value in limits._asdict().items() if value and field != "read_only")
    words = [f"{field} {', '.join(value) if isinstance(value, tuple) else value}" for field, value in named]
    return "; ".join(["read-only", *words] if limits.read_only else words)


def told_limits(before: Limits | None, after: Limits | None) -> tuple[str, ...]:
    """What a change does to limits that were there, or that an entry keeps though nobody said so again."""
    if before is None or after is None:
        return ()
    one, other = (
        limits._replace(mode=limits.mode or ("tools" if limits.features or limits.tools else None))  # as they imply
        for limits in (before, after)
    )
    told = f"its limits were: {words_of_limits(before) or 'none'}; now: {words_of_limits(after) or 'none'}"
    return () if one == other else (told,)


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
