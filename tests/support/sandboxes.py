"""A sandbox in a folder of the test's, spoken to without HTTP; its events are made once for all tests of a run."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from posthog_wizard.sandbox.api.http_messages import HttpReply
from posthog_wizard.sandbox.api.known_keys import KEYS, SandboxKey
from posthog_wizard.sandbox.engine import Engine
from posthog_wizard.sandbox.posthog import Sandbox, sample_rows
from posthog_wizard.sandbox.reader import ResultTable
from posthog_wizard.sandbox.sample import catalog
from posthog_wizard.sandbox.sample.data import ensure

MAIN = catalog.SAMPLE_KEY
ORIGIN = "http://posthog.test"
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Answer:
    """A reply as a test looks at it."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def refusal(self) -> tuple[int, str, str | None]:
        """Status, code and field of an error."""
        return self.status, self.body["code"], self.body["attr"]


@dataclass(frozen=True)
class Caller:
    """Somebody who asks a sandbox, in project 1 unless the path begins with a slash."""

    sandbox: Sandbox

    def __call__(self, method: str, path: str, body: Any = None, *, key: str | None = MAIN, **headers: str) -> Answer:
        whole = path if path.startswith("/") else f"/api/projects/1/{path}"
        signed = {"Authorization": f"Bearer {key}"} if key else {}
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        return answer_of(self.sandbox.exchange(method, f"{ORIGIN}{whole}", {**signed, **headers}, content))

    def get(self, path: str, *, key: str | None = MAIN) -> Any:
        """The body of a good answer."""
        answer = self("GET", path, key=key)
        assert answer.status == 200, answer
        return answer.body

    def names(self, path: str) -> list[Any]:
        """What the rows of a list are called."""
        return [row.get("key") or row["name"] for row in self.get(path)["results"]]


def answer_of(reply: HttpReply) -> Answer:
    return Answer(reply.status, json.loads(reply.body) if reply.body else None, reply.headers)


@cache
def data_directory() -> Path:
    """Where this run's events are: one folder for all workers of a run."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID") or str(os.getpid())
    return Path(tempfile.gettempdir()) / f"posthog-wizard-tests-{run}"


def lay_data(home: Path) -> Path:
    """Put this run's events where the commands make them in that home, which takes seconds; gives the folder."""
    folder = home / ".local/share/posthog-wizard/sandbox"
    folder.mkdir(parents=True)
    shutil.copy(ensure(data_directory()), folder)
    return folder


@cache
def engine() -> Engine:
    """The engine at noon, shared by the tests of this process."""
    return Engine(data_directory(), now=lambda: NOON.replace(tzinfo=None))


class Everywhere(Engine):
    """The sample company's events in every project: the tests' own projects have none."""

    def query(
        self, query: Mapping[str, Any], *, project_id: int = 0, experiment: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        return super().query(query, experiment=experiment)

    def sql(self, text: str, parameters: Sequence[Any] = (), *, project_id: int = 0) -> ResultTable:
        return super().sql(text, parameters)


@cache
def everywhere() -> Engine:
    """That engine at noon, shared by the tests of this process."""
    return Everywhere(data_directory(), now=lambda: NOON.replace(tzinfo=None))


@contextmanager
def sandbox(folder: Path, *, keys: tuple[SandboxKey, ...] = KEYS) -> Iterator[Caller]:
    """The sample company's sandbox, at noon."""
    opened = Sandbox(folder, samples=sample_rows, engine=engine, keys=keys, now=lambda: NOON)
    try:
        yield Caller(opened)
    finally:
        opened.close()
