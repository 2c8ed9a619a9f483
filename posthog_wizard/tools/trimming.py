"""Trimming what PostHog answers to what a model needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from posthog_wizard.errors import BadReply, WrongUsage


def pick_fields(row: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """The named fields of a row, without those that are absent, null or empty."""
    return {name: row[name] for name in names if row.get(name) not in (None, "", [], {})}


def trimmed_page(answer: Any, offset: int, show: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """One page of a list: rows as they are shown, the count where PostHog gives one, the next offset where there is more.

    Raises:
        BadReply: the answer is not a list.
    """
    found = rows_of(answer)
    more = {"next_offset": offset + len(found)} if found and answer.get("next") else {}
    return pick_fields(answer, ("count",)) | {"results": [show(row) for row in found]} | more


def rows_of(answer: Any) -> list[dict[str, Any]]:
    """The rows of a list's answer. Raises BadReply when it has none."""
    found = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(found, list):
        raise BadReply("PostHog did not answer with a list", "try again; if it keeps happening, report it")
    return found


def changes(**values: Any) -> dict[str, Any]:
    """The fields to change. Raises WrongUsage when there are none."""
    kept = {name: value for name, value in values.items() if value is not None}
    if not kept:
        raise WrongUsage("nothing to change", f"give at least one of {', '.join(f'`{name}`' for name in values)}")
    return kept
