"""What several checks want to know is asked once: of PostHog, of a server, of the network."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

_Answer = TypeVar("_Answer")


def once(ask: Callable[[], _Answer]) -> Callable[[], _Answer]:
    """The question, asked once however many threads want to know."""
    lock, answers = threading.Lock(), list[_Answer]()

    def asked() -> _Answer:
        with lock:
            if not answers:
                answers.append(ask())
            return answers[0]

    return asked


class OnceCache:
    """The questions of one examination. Who asks what was asked already waits for that answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: dict[Hashable, Callable[[], Any]] = {}

    def ask(self, key: Hashable, question: Callable[[], _Answer]) -> _Answer:
        """The answer to the question of that key."""
        with self._lock:
            asked: Callable[[], _Answer] = self._asked.setdefault(key, once(question))
        return asked()
