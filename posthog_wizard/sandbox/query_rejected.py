"""The one error of a query: the API answers it with 400."""

from __future__ import annotations


class QueryRejected(Exception):
    """`detail` says what was not understood, or went wrong, and what to write instead; `attribute` names the field."""

    def __init__(self, detail: str, attribute: str = "query") -> None:
        super().__init__(detail)
        self.detail, self.attribute = detail, attribute
