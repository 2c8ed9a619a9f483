"""What the sandbox answers to: routes as rows, and the request that one of them was found for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote, urlencode, urlsplit

from posthog_wizard.sandbox.api.fields import FieldCheck
from posthog_wizard.sandbox.api.grants import SignInDoor, TokenRules
from posthog_wizard.sandbox.api.http_messages import HttpReply, HttpRequest, api_error, invalid, not_found, reply
from posthog_wizard.sandbox.api.known_keys import SandboxKey
from posthog_wizard.sandbox.row_store import Row, RowStore

if TYPE_CHECKING:
    from posthog_wizard.sandbox.engine import Engine

NONE: frozenset[str] = frozenset()
TRUE, FALSE = frozenset({"true", "True", "1"}), frozenset({"false", "False", "0"})  # as a parameter says them
PAGED = frozenset({"limit", "offset"})
_USUAL_ROWS, _MOST_ROWS = 100, 1000  # of a page


@dataclass(frozen=True)
class RequestContext:
    """A request that was let in: whose key, with which parts of the path, and what it can reach."""

    request: HttpRequest
    key: SandboxKey
    parts: Mapping[str, str]
    store: RowStore
    now: datetime
    engine: Callable[[], Engine]  # made with the first query; raises WizardError where it cannot be
    tokens: Mapping[str, str]  # what projects' documented tokens are replaced by
    door: SignInDoor  # how a person gets in by a browser
    rules: TokenRules

    def __getitem__(self, name: str) -> str:
        return self.parts[name]

    @property
    def project(self) -> int:
        """The project that the path names; 0 where it names none."""
        return int(self.parts.get("project_id", 0))

    @property
    def owner(self) -> Row:
        """The only user, to whom every key belongs."""
        return self.store.rows("users")[0]

    @property
    def time(self) -> str:
        """This moment as PostHog writes it."""
        return iso_moment(self.now)

    @cached_property
    def fields(self) -> dict[str, Any]:
        """The JSON object in the body. Raises ApiErrorReply."""
        try:
            found = json.loads(self.request.body or b"{}")
            json.dumps(found, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            words = f"Surrogate characters are not allowed: U+{ord(error.object[error.start]):X}."
            raise invalid(None, words, "surrogate_characters_not_allowed") from error
        except (ValueError, RecursionError) as error:
            raise api_error(400, "parse_error", f"JSON parse error - {error}") from error
        if not isinstance(found, dict):
            raise invalid(None, f"Invalid data. Expected a dictionary, but got {type(found).__name__}.")
        return found

    def rows(self, resource: str) -> list[Row]:
        """The project's rows of a resource, oldest first, without those that were deleted."""
        return self.store.rows(resource, self.project)

    def row(self, resource: str, identifier: object) -> Row:
        """A row of the project as it is kept. Raises ApiErrorReply when there is none, or when it was deleted."""
        found = self.store.row(resource, identifier, self.project)
        if found is None or found.get("deleted"):
            raise not_found()
        return found

    def page(self, rows: Sequence[Any]) -> HttpReply:
        """One page of the rows, by limit and offset. `next` and `previous` are absolute addresses, null at the ends."""
        limit = min(_MOST_ROWS, self._number("limit", _USUAL_ROWS) or _USUAL_ROWS)
        offset = self._number("offset", 0)
        after, before = offset + limit, max(0, offset - limit)
        return reply(
            {
                "count": len(rows),
                "next": self._address(limit, after) if after < len(rows) else None,
                "previous": self._address(limit, before) if offset > 0 else None,
                "results": list(rows[offset:after]),
            }
        )

    def _number(self, name: str, usual: int) -> int:
        """A parameter's number; Django REST framework takes what is none for the usual one."""
        text = self.request.query.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(2**63)) else usual

    def _address(self, limit: int, offset: int) -> str:
        query = {**self.request.query, "limit": limit, "offset": offset}
        return f"{self.request.origin}{self.request.path}?{urlencode(query)}"


@dataclass(frozen=True)
class Route:
    """One row: `dashboards/` and what it takes. A path without a slash in front stands below the project.

    `scope` None: any good key. `parameters` and `fields` are those that have an effect; others are ignored, as PostHog
    does (`fields` None: it depends).
    """

    method: str
    path: str
    scope: str | None
    answer: Callable[[RequestContext], HttpReply]
    parameters: frozenset[str] = NONE
    fields: frozenset[str] | None = NONE
    any_team: bool = False  # a key that is limited to projects may use it though it belongs to none
    public: bool = False  # no key is needed: who asks is on the way to one
    checks: Mapping[str, FieldCheck] = field(default_factory=dict)  # of fields, where the schema tells their types
    required: frozenset[str] = NONE
    text: str = ""  # of the schema
    pattern: re.Pattern[str] = field(init=False, repr=False)

    @property
    def template(self) -> str:
        """The whole path."""
        return self.path if self.path.startswith("/") else f"/api/projects/{{project_id}}/{self.path}"

    def __post_init__(self) -> None:
        escaped = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(self.template))
        object.__setattr__(self, "pattern", re.compile(escaped))

    def match(self, path: str) -> Mapping[str, str] | None:
        """The named parts of a path that is this row's; environments are projects by their other name."""
        found = self.pattern.fullmatch(re.sub(r"^/api/environments/", "/api/projects/", path))
        return None if found is None else {name: unquote(value) for name, value in found.groupdict().items()}


def url_parts(url: str) -> SplitResult:
    """The parts of a URL that somebody sent, all of them empty where it is none."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - a bad port is found by asking for it
    except ValueError:
        return urlsplit("")
    return parts


def iso_moment(moment: datetime) -> str:
    """A moment as PostHog's API writes it."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
