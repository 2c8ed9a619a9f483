"""What several checks want to know is asked once: of PostHog, of a server, of the network."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

from posthog_wizard.credentials.background import start_in_background

_Answer = TypeVar("_Answer")


class OnceCache:
    """The questions of one examination. Who asks what was asked already waits for that answer, or what is raised."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: dict[Hashable, Future[Any]] = {}

    def ask(self, key: Hashable, question: Callable[[], _Answer]) -> _Answer:
        """The answer to the question of that key."""
        with self._lock:
            if key not in self._asked:
                self._asked[key] = start_in_background(question)
            asked: Future[_Answer] = self._asked[key]
        return asked.result()


def once(question: Callable[[], _Answer]) -> Callable[[], _Answer]:
    """The question, asked once however many threads want to know."""
    return partial(OnceCache().ask, None, question)
