"""Finding operations by what people call things."""

from __future__ import annotations

from collections.abc import Callable

from posthog_wizard.openapi.model import Index, Operation


def search(index: Index, words: str, offered: Callable[[Operation], bool]) -> list[Operation]:
    """The operations that fit, best first."""
    asked = set(words.lower().split())
    scores = {one.id: len(asked & set(one.summary.split())) for one in index.operations.values() if offered(one)}
    return [index.operations[name] for name in sorted(scores, key=lambda name: -scores[name]) if scores[name]]
