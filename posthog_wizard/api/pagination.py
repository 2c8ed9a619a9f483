"""Lists that PostHog gives page by page, by limit and offset."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from posthog_wizard.errors import BadReply
from posthog_wizard.model import Json

if TYPE_CHECKING:
    from posthog_wizard.api.client import ApiClient, Parameters

_PAGE_SIZE = 100
_MOST_PAGES = 1000  # more is a server that does not find its end
_PATH = re.compile(r"/api/(?!(.*/)?\.\.?(/|$))[^\s\\]*$")  # no dot segments


@dataclass(frozen=True)
class Page:
    """One page. `count` is the length of the whole list, None where PostHog does not say; `more`: another follows."""

    results: Sequence[Json]
    count: int | None
    more: bool


async def pages(
    client: ApiClient,
    path: str,
    params: Mapping[str, object] | None = None,
    *,
    size: int = _PAGE_SIZE,
    most: int = _MOST_PAGES,
) -> AsyncIterator[Page]:
    """The pages of the list at `path`, each fetched when it is asked for.

    PostHog's `next` is an absolute address that can name another host or scheme behind a proxy: only its path and
    query are used, with the client's own host. Raises BadReply for what is no page, for a page that comes again, and
    after `most` pages.
    """
    address: tuple[str, Parameters] = (path, {"limit": size, **(params or {})})
    seen = set()
    for _ in range(most):
        document = await client.get(address[0], params=address[1])
        complaint = f"`{client.base}` does not answer with a page (`{path}`)"
        if not isinstance(document, dict) or not isinstance(document.get("results"), list):
            raise BadReply(complaint, "check the address")
        following = _address(str(document["next"]), complaint) if document.get("next") else None
        yield Page(document["results"], document.get("count"), following is not None)
        if following is None:
            return
        if following in seen:
            raise BadReply(f"`{client.base}` sends the same page again (`{path}`)", "ask for fewer rows")
        seen.add(following)
        address = following
    raise BadReply(f"`{client.base}` sends more than {most} pages (`{path}`)", "ask for fewer rows")


async def all_rows(
    client: ApiClient, path: str, params: Mapping[str, object] | None = None, *, size: int = _PAGE_SIZE
) -> AsyncIterator[Json]:
    """The rows of all pages, one by one."""
    async for page in pages(client, path, params, size=size):
        for row in page.results:
            yield row


def _address(following: str, complaint: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Path and query of an absolute address; what stands before `/api/` is the other side's view of the host."""
    parts = urlsplit(following)
    found = _PATH.search(parts.path)
    if found is None:
        raise BadReply(complaint, "check the address")
    return found.group(), tuple(parse_qsl(parts.query, keep_blank_values=True))
