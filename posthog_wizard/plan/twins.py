"""Which entries of a file are PostHog's, and which of them stand in each other's way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import parse_qs, urlsplit

from posthog_wizard.clients.entries import address
from posthog_wizard.clients.recognise import is_legacy, recognise
from posthog_wizard.model import Json

PINS = ("organization_id", "project_id")
PIN_FLAGS = ("--organization", "--project")


def twins_of(name: str, entry: Json, entries: Mapping[str, Json]) -> tuple[str, ...]:
    """Other entries that would connect the client to the same server a second time.

    An entry that is pinned to another organization or project was made on purpose and is no twin.
    """
    return tuple(
        other
        for other, value in entries.items()
        if other != name
        and recognise(value) in {"hosted", "local"}
        and (is_stale(other, value, name) or pins(value) == pins(entry))
    )


def stale_twins(name: str, entries: Mapping[str, Json]) -> tuple[str, ...]:
    """Other entries that are the same server under an old way of writing it."""
    return tuple(
        other
        for other, value in entries.items()
        if other != name and recognise(value) in {"hosted", "local"} and is_stale(other, value, name)
    )


def is_stale(other: str, entry: Json, name: str) -> bool:
    """Our name in other letters, or a way to connect that PostHog documented once."""
    return other.casefold() == name.casefold() or is_legacy(entry)


def pins(entry: Json) -> tuple[str | None, ...]:
    """The organization and the project that an entry is limited to."""
    url = address(entry)
    if url is None:
        words = entry.get("args") or ()
        return tuple(_after(flag, words) for flag in PIN_FLAGS)
    query = parse_qs(urlsplit(url).query)
    return tuple(query.get(pin, [None])[0] for pin in PINS)


def _after(flag: str, words: Iterable[str]) -> str | None:
    following = iter(words)
    return next((next(following, None) for word in following if word == flag), None)
