"""Feature flags."""

from __future__ import annotations

import re
from typing import Any

from posthog_wizard.sandbox.api.api_errors import invalid
from posthog_wizard.sandbox.api.collection import Collection, QueryParameters, mentions
from posthog_wizard.sandbox.api.fields import TAGS, boolean_field, text_field
from posthog_wizard.sandbox.api.routes import RequestContext
from posthog_wizard.sandbox.row_store import Row
from posthog_wizard.sandbox.views.accounts import author
from posthog_wizard.sandbox.views.conditions import filters

_KEY = re.compile(r"[a-zA-Z0-9_-]+")
_TRUE = {"true", "1", "True"}


def _key(name: str, value: Any) -> Any:
    text_field(400, blank=False)(name, value)
    if not _KEY.fullmatch(value):
        words = "Only letters, numbers, hyphens (-) & underscores (_) are allowed."
        raise invalid(name, words, "invalid_key")
    return value


def _matches(asked: QueryParameters, row: Row) -> bool:
    """Archived flags are shown to those who ask for them alone."""
    if row["archived"] != (asked.get("archived") in _TRUE):
        return False
    if asked.get("active") in {*_TRUE, "false", "0", "False"} and row["active"] != (asked["active"] in _TRUE):
        return False
    return mentions(row, ("key", "name"), asked.get("search", ""))


def by_key(context: RequestContext, key: str) -> Row | None:
    """The flag with exactly that key."""
    rows = context.store.rows(FLAGS.name, context.project)
    return next((row for row in rows if row["key"] == key), None)


def _made(context: RequestContext, row: Row) -> Row:
    _check_unique(context, row)
    return row | {"created_by": author(context), "status": "ACTIVE"}


def _changed(context: RequestContext, before: Row, sent: Row) -> Row:
    after = before | sent
    if not after["deleted"]:
        _check_unique(context, after)
    return after | {"version": before["version"] + 1}


def _check_unique(context: RequestContext, row: Row) -> None:
    known = by_key(context, row["key"])
    if known is not None and known["id"] != row.get("id"):
        raise invalid("key", "There is already a feature flag with this key.", "unique")


FLAGS = Collection(
    name="feature_flags",
    scope="feature_flag",
    checks={
        "key": _key,
        "name": text_field(),
        "filters": filters,
        "active": boolean_field,
        "archived": boolean_field,
        "tags": TAGS,
        "ensure_experience_continuity": boolean_field,
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
