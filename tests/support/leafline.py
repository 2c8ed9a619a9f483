"""The sample company's events, read in plain Python: what the sandbox's answers are checked against."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from posthog_wizard.sandbox.engine import Engine
from posthog_wizard.sandbox.sample import catalog, data

NOW = datetime(2026, 3, 10, 15, 30)  # noqa: DTZ001 - naive and in UTC, as the engine's clock
TODAY = datetime(2026, 3, 10)  # noqa: DTZ001
FUNNEL = tuple(node["event"] for node in catalog.SAMPLE_ROWS["insights"][2]["query"]["source"]["series"])  # its steps


class Event(NamedTuple):
    """One event, its time moved so that the newest day is the day of NOW."""

    uuid: str
    event: str
    at: datetime
    person: str
    session: str
    properties: dict[str, Any]
    about: dict[str, Any]  # the person

    def get(self, name: str) -> Any:
        """A property of the event."""
        return self.properties.get(name)


def opened(directory: Path) -> Engine:
    """An engine for which it is always NOW."""
    return Engine(directory, now=lambda: NOW)


@cache
def events(directory: Path) -> tuple[Event, ...]:
    """Every event until NOW, in the order of time, read without anything of the engine."""
    with duckdb.connect() as connection:
        rows = connection.execute(
            "SELECT uuid, event, timestamp, person_id, session_id, properties, person_properties "
            f"FROM read_parquet('{data.ensure(directory)}') ORDER BY timestamp"
        ).fetchall()
    newest = max(row[2] for row in rows).date()
    moved = TODAY.date() - newest
    made = (
        Event(uuid, event, at + moved, person, session, json.loads(properties), json.loads(about))
        for uuid, event, at, person, session, properties, about in rows
    )
    return tuple(event for event in made if event.at <= NOW)


def since(found: Iterable[Event], days: int) -> list[Event]:
    """Those since the midnight so many days ago."""
    return [event for event in found if event.at >= TODAY - timedelta(days=days)]


def named(found: Iterable[Event], *names: str) -> list[Event]:
    """Those of these names."""
    return [event for event in found if event.event in names]


def where(found: Iterable[Event], condition: Callable[[Event], Any]) -> list[Event]:
    """Those for which it is true."""
    return [event for event in found if condition(event)]


def customers(found: Iterable[Event]) -> list[Event]:
    """Those of people who do not work for the company."""
    return [event for event in found if not str(event.about.get("email", "")).endswith("@leafline.example")]


def people(found: Iterable[Event]) -> int:
    """How many people."""
    return len({event.person for event in found})


def counted(found: Iterable[Event], key: Callable[[Event], Any]) -> Counter[Any]:
    """How many events of each key."""
    return Counter(key(event) for event in found)


def grouped(found: Iterable[Event], key: Callable[[Event], Any]) -> dict[Any, list[Event]]:
    """The events of each key."""
    groups: dict[Any, list[Event]] = defaultdict(list)
    for event in found:
        groups[key(event)].append(event)
    return dict(groups)


def daily(found: Iterable[Event], days: int, number: Callable[[list[Event]], float] = len) -> list[float]:
    """A number for each of the last days, today last, from so many days ago."""
    groups = grouped(found, lambda event: event.at.date())
    return [number(groups.get((TODAY - timedelta(days=ago)).date(), [])) for ago in range(days, -1, -1)]


def funnel(found: Sequence[Event], steps: Sequence[Callable[[Event], bool]], window: timedelta) -> list[int]:
    """How many people take each step, by trying every first step with the earliest next ones."""
    furthest = [
        _furthest(sorted(of_one, key=_order(steps)), steps, window) for of_one in grouped(found, _person).values()
    ]
    return [sum(reached > index for reached in furthest) for index in range(len(steps))]


def _person(event: Event) -> str:
    return event.person


def _order(steps: Sequence[Callable[[Event], bool]]) -> Callable[[Event], Any]:
    return lambda event: (event.at, [not step(event) for step in steps], event.uuid)


def _furthest(of_one: list[Event], steps: Sequence[Callable[[Event], bool]], window: timedelta) -> int:
    best = 0
    for start, event in enumerate(of_one):
        if steps[0](event):
            reached, place = 1, start
            for step in steps[1:]:
                following = [i for i in range(place + 1, len(of_one)) if step(of_one[i])]
                if not following or of_one[following[0]].at - event.at > window:
                    break
                reached, place = reached + 1, following[0]
            best = max(best, reached)
    return best
