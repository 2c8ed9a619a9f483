"""Lists by limit and offset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from posthog_wizard.sandbox.api.api_errors import not_found
from posthog_wizard.sandbox.api.http_messages import HttpReply, reply
from posthog_wizard.sandbox.api.routes import RequestContext

_USUAL, _MOST = 100, 1000  # rows


def list_page(context: RequestContext, rows: Sequence[Any]) -> HttpReply:
    """One page of the rows. `next` and `previous` are absolute addresses, null at the ends."""
    limit = min(_MOST, _number(context, "limit", _USUAL) or _USUAL)
    offset = _number(context, "offset", 0)
    before = max(0, offset - limit)
    return reply(
        {
            "count": len(rows),
            "next": _address(context, limit, offset + limit) if offset + limit < len(rows) else None,
            "previous": _address(context, limit, before) if offset > 0 else None,
            "results": list(rows[offset : offset + limit]),
        }
    )


def _number(context: RequestContext, name: str, usual: int) -> int:
    """A parameter's number; Django REST framework takes what is none for the usual one."""
    text = context.request.query.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(2**63)) else usual


def _address(context: RequestContext, limit: int, offset: int) -> str:
    query = {**context.request.query, "limit": limit, "offset": offset}
    return f"{context.request.origin}{context.request.path}?{urlencode(query)}"


def found(row: Any) -> Any:
    """The row. Raises Refusal when there is none, or when it was deleted."""
    if row is None or row.get("deleted"):
        raise not_found()
    return row
