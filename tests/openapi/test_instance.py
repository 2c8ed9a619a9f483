"""Where the index comes from: the instance, what was kept of it, or the package."""

from __future__ import annotations

import asyncio
import gzip
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from posthog_wizard.errors import NotFound, WizardError
from posthog_wizard.openapi.instance import InstanceIndex, kept_file
from posthog_wizard.openapi.model import Origin
from tests.openapi.documents import COHORTS, PROJECT, document, operation

HOST = "https://posthog.example.com"
DAY = 86_400.0
NOON = 20_000 * DAY  # 2024-10-04
NEWER = document({f"{PROJECT}/logs/": {"get": operation("logs_list")}})
GONE = NotFound("PostHog has nothing there", status=404)
Answer = Any


@dataclass
class Instance:
    """A PostHog that gives these answers one after the other, and the moment that it is."""

    answers: list[Answer]
    folder: Path
    now: float = NOON
    asked: int = 0
    told: list[str] = field(default_factory=list)

    async def schema(self) -> Answer:
        self.asked += 1
        answer = self.answers[min(self.asked, len(self.answers)) - 1]
        return _raised(answer) if isinstance(answer, WizardError) else answer

    def index(self) -> InstanceIndex:
        return InstanceIndex(HOST, self.schema, kept_file(self.folder, HOST), lambda: self.now)


def _raised(error: WizardError) -> Answer:
    raise error


def got(instance: Instance, *, times: int = 1) -> tuple[str, int, int]:
    """The first operation, how many there are, and how often the instance was asked, by a process that asks so often."""

    async def ask() -> tuple[str, int, int]:
        source = instance.index()
        found = [await _settled(source) for _ in range(times)][-1]
        return next(iter(found.operations)), len(found.operations), instance.asked

    return asyncio.run(ask())


async def _settled(source: InstanceIndex) -> Any:
    found = await source.get()
    await asyncio.gather(*asyncio.all_tasks() - {asyncio.current_task()})  # what goes on in the background
    return found


def later(instance: Instance, seconds: float) -> Instance:
    """The same instance after so long; what was kept is as old."""
    instance.now += seconds
    return instance


@pytest.fixture
def cohorts(tmp_path: Path) -> Instance:
    return Instance([COHORTS, NEWER], tmp_path / "cache")


def test_the_instance_is_asked_once_and_its_answer_kept(cohorts: Instance) -> None:
    assert got(cohorts, times=3) == ("annotations_list", 3, 1)
    file = kept_file(cohorts.folder, HOST)
    assert (stat.S_IMODE(file.stat().st_mode), stat.S_IMODE(file.parent.stat().st_mode)) == (0o600, 0o700)
    assert [path.name for path in cohorts.folder.iterdir()] == [file.name]


@pytest.mark.parametrize(
    ("age", "times", "found"),
    [
        (0.5 * DAY, 2, ("annotations_list", 3, 1)),
        (2 * DAY, 1, ("annotations_list", 3, 2)),  # the answer comes at once, the question goes out behind it
        (2 * DAY, 2, ("logs_list", 1, 2)),
        (8 * DAY, 1, ("logs_list", 1, 2)),
    ],
)
def test_what_was_kept_is_renewed(
    cohorts: Instance, age: float, times: int, found: tuple[str, int, int], set_time: Callable[[Path, float], None]
) -> None:
    got(cohorts)
    set_time(kept_file(cohorts.folder, HOST), NOON)
    assert got(later(cohorts, age), times=times) == found


@pytest.fixture
def set_time() -> Callable[[Path, float], None]:
    """Sets when a file was written."""
    import os

    return lambda path, moment: os.utime(path, (moment, moment))


@pytest.mark.parametrize(
    ("answer", "refusal"),
    [
        (GONE, "PostHog has nothing there"),
        (None, "`/api/schema/` did not give an OpenAPI document"),
        ([], "`/api/schema/` did not give an OpenAPI document"),
        ({"openapi": "3.0.3"}, "`/api/schema/` did not give an OpenAPI document"),
        ({"paths": []}, "`/api/schema/` did not give an OpenAPI document"),
        ({"paths": {}}, "`/api/schema/` names no operation"),
        ({"paths": {"/api/logs/": {"get": {}}}}, "`/api/schema/` did not give an OpenAPI document"),
    ],
)
def test_the_packaged_index_stands_in_and_says_why(tmp_path: Path, answer: Answer, refusal: str) -> None:
    instance = Instance([answer], tmp_path / "cache")
    origin = asyncio.run(instance.index().get()).origin
    assert origin == Origin(None, "2026-11-01", "PostHog API 1.0.0", refusal)
    assert not instance.folder.exists()


def test_a_refusal_is_not_for_ever(tmp_path: Path) -> None:
    instance = Instance([GONE, COHORTS], tmp_path / "cache")

    async def ask() -> list[str | None]:
        source = instance.index()
        first, again = await _settled(source), await _settled(source)
        later(instance, 601)
        await _settled(source)
        return [first.origin.host, again.origin.host, (await source.get()).origin.host]

    assert asyncio.run(ask()) == [None, None, HOST]


def test_what_was_known_outlives_a_refusal(cohorts: Instance, set_time: Callable[[Path, float], None]) -> None:
    got(cohorts)
    set_time(kept_file(cohorts.folder, HOST), NOON)
    cohorts.answers[1] = GONE
    assert got(later(cohorts, 8 * DAY)) == ("annotations_list", 3, 2)


@pytest.mark.parametrize(
    "kept",
    [
        b"",
        b"{",
        gzip.compress(b"[1]", mtime=0),
        gzip.compress(b'{"a": 1}', mtime=0),
        gzip.compress(b"[" * 100_000, mtime=0),
    ],
    ids=("nothing", "half", "list", "other", "deep"),
)
def test_what_is_kept_and_cannot_be_read_is_made_anew(cohorts: Instance, kept: bytes) -> None:
    cohorts.folder.mkdir()
    kept_file(cohorts.folder, HOST).write_bytes(kept)
    assert got(cohorts) == ("annotations_list", 3, 1)


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert got(Instance([COHORTS], tmp_path / "file" / "cache")) == ("annotations_list", 3, 1)


def test_what_cannot_be_kept_leaves_nothing_behind(cohorts: Instance) -> None:
    kept_file(cohorts.folder, HOST).mkdir(parents=True)
    assert got(cohorts) == ("annotations_list", 3, 1)
    assert [path.name for path in cohorts.folder.iterdir()] == [kept_file(cohorts.folder, HOST).name]


@pytest.mark.parametrize(
    ("host", "name"),
    [
        (HOST, "operations-https-posthog.example.com-1.json.gz"),
        ("http://127.0.0.1:8000/a/../b", "operations-http-127.0.0.1-8000-a-..-b-1.json.gz"),
    ],
)
def test_each_posthog_has_a_file_of_its_own(tmp_path: Path, host: str, name: str) -> None:
    assert kept_file(tmp_path, host) == tmp_path / name
