"""Feature flags."""

from __future__ import annotations

import re
from typing import Any

from posthog_wizard.sandbox.accounts import author
from posthog_wizard.sandbox.collection import Asked, Collection, mentions
from posthog_wizard.sandbox.conditions import filters
from posthog_wizard.sandbox.fields import TAGS, boolean, text
from posthog_wizard.sandbox.refusals import invalid
from posthog_wizard.sandbox.routes import Visit
from posthog_wizard.sandbox.store import Row

KEY = re.compile(r"[a-zA-Z0-9_-]+")
TRUE = {"true", "1", "True"}


def _key(name: str, value: Any) -> Any:
    text(400, blank=False)(name, value)
    if not KEY.fullmatch(value):
        words = "Only letters, numbers, hyphens (-) & underscores (_) are allowed."
        raise invalid(name, words, "invalid_key")
    return value


def _matches(asked: Asked, row: Row) -> bool:
    """Archived flags are shown to those who ask for them alone."""
    if row["archived"] != (asked.get("archived") in TRUE):
        return False
    if asked.get("active") in {*TRUE, "false", "0", "False"} and row["active"] != (asked["active"] in TRUE):
        return False
    return mentions(row, ("key", "name"), asked.get("search", ""))


def by_key(visit: Visit, key: str) -> Row | None:
    """The flag with exactly that key."""
    rows = visit.store.rows(FLAGS.name, visit.project)
    return next((row for row in rows if row["key"] == key), None)


def _made(visit: Visit, row: Row) -> Row:
    _check_unique(visit, row)
    return row | {"created_by": author(visit), "status": "ACTIVE"}


def _changed(visit: Visit, before: Row, sent: Row) -> Row:
    after = before | sent
    if not after["deleted"]:
        _check_unique(visit, after)
    return after | {"version": before["version"] + 1}


def _check_unique(visit: Visit, row: Row) -> None:
    known = by_key(visit, row["key"])
    if known is not None and known["id"] != row.get("id"):
        raise invalid("key", "There is already a feature flag with this key.", "unique")


FLAGS = Collection(
    name="feature_flags",
    scope="feature_flag",
    checks={
        "key": _key,
        "name": text(),
        "filters": filters,
        "active": boolean,
        "archived": boolean,
        "tags": TAGS,
        "ensure_experience_continuity": boolean,
    },
    required=("key",),
    defaults={
        "name": "",
        "filters": {"groups": [{"properties": [], "rollout_percentage": 0}]},
        "active": True,
        "archived": False,
        "tags": [],
        "ensure_experience_continuity": False,
        "version": 1,
    },
    parameters=frozenset({"search", "active", "archived"}),
    matches=_matches,
    made=_made,
    changed=_changed,
)
ROUTES = FLAGS.routes
