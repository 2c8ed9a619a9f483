"""Which entries depend on a key: those that read it from a profile, and those in which it stands. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from posthog_wizard.clients.entries import read_back
from posthog_wizard.invocation import invocation_of
from posthog_wizard.model import EntrySchema, Found, Json, Secret, Stdio, Stored
from posthog_wizard.plan.draft import readable_entries


class Use(NamedTuple):
    """An entry that needs the key. `how`: it reads the profile, or the key stands in it."""

    found: Found
    name: str
    how: Literal["profile", "inline"]


def uses(found: Iterable[Found], profile: str, key: Secret | None) -> tuple[Use, ...]:
    """The entries of these files that need this profile or hold this key; files that cannot be read give none."""
    return tuple(use for one in found for use in _uses(one, profile, key))


def holds(value: Json, key: Secret) -> bool:
    """Whether the key stands somewhere in a value of a document."""
    if isinstance(value, str):
        return key.reveal() in value
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(holds(part, key) for part in parts)


def _uses(found: Found, profile: str, key: Secret | None) -> Iterator[Use]:
    for name, entry in readable_entries(found).items():
        if key is not None and holds(entry, key):
            yield Use(found, name, "inline")
        elif _profile(found.place.schema, entry) == profile:
            yield Use(found, name, "profile")


def _profile(schema: EntrySchema, entry: Json) -> str | None:
    """The profile that an entry without a key reads; None for every other entry."""
    server = read_back(schema, entry)
    if not isinstance(server, Stdio) or server.key is not None:
        return None
    said = invocation_of((server.command, *server.arguments))
    return None if said is None or said.sandbox else said.profile or Stored().profile
