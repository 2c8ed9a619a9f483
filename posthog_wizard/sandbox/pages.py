"""Lists by limit and offset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from posthog_wizard.sandbox.refusals import not_found
from posthog_wizard.sandbox.routes import Visit
from posthog_wizard.sandbox.wire import Reply, reply

USUAL, MOST = 100, 1000  # rows


def page(visit: Visit, rows: Sequence[Any]) -> Reply:
    """One page of the rows. `next` and `previous` are absolute addresses, null at the ends."""
    limit = min(MOST, _number(visit, "limit", USUAL) or USUAL)
    offset = _number(visit, "offset", 0)
    before = max(0, offset - limit)
    return reply(
        {
            "count": len(rows),
            "next": _address(visit, limit, offset + limit) if offset + limit < len(rows) else None,
            "previous": _address(visit, limit, before) if offset > 0 else None,
            "results": list(rows[offset : offset + limit]),
        }
    )


def _number(visit: Visit, name: str, usual: int) -> int:
    """A parameter's number; Django REST framework takes what is none for the usual one."""
    text = visit.request.query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(2**63)) else usual


def _address(visit: Visit, limit: int, offset: int) -> str:
    query = {**visit.request.query, "limit": limit, "offset": offset}
    return f"{visit.request.origin}{visit.request.path}?{urlencode(query)}"


def found(row: Any) -> Any:
    """The row. Raises Refusal when there is none, or when it was deleted."""
    if row is None or row.get("deleted"):
        raise not_found()
    return row
