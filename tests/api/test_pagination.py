"""Lists page by page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from posthog_wizard.api.client import ApiClient
from posthog_wizard.api.pagination import Page, all_rows, pages
from posthog_wizard.errors import BadReply
from posthog_wizard.model import Json
from tests.support.calls import call
from tests.support.posthog import Reply, Route
from tests.support.posthog_core import posthog

PATH = "/api/projects/{project_id}/insights/"
LIST = "/api/projects/2/insights/"
ROUTE = Route(
    "GET", PATH, "insight:read", lambda visit: visit.page(list(range(5))), frozenset({"limit", "offset", "q"})
)


def answer(results: Any, following: str | None, **more: Json) -> Reply:
    return Reply(body={"results": results, "next": following, **more})


def all_pages(base: str, params: Mapping[str, object] | None = None, **options: int) -> list[Page]:
    async def collect(client: ApiClient) -> list[Page]:
        return [page async for page in pages(client, LIST, params, **options)]

    return call(base, collect)


def test_every_page() -> None:
    with posthog(routes=(ROUTE,)) as server:
        assert all_pages(server.url, {"q": "a"}, size=2) == [
            Page([0, 1], 5, more=True),
            Page([2, 3], 5, more=True),
            Page([4], 5, more=False),
        ]
        assert server.requests[0].query == (("limit", "2"), ("q", "a"))


def test_rows() -> None:
    async def collect(client: ApiClient) -> list[Json]:
        return [row async for row in all_rows(client, LIST, size=2)]

    with posthog(routes=(ROUTE,)) as server:
        assert call(server.url, collect) == [0, 1, 2, 3, 4]


def test_a_page_is_fetched_when_it_is_asked_for() -> None:
    async def first(client: ApiClient) -> Json:
        async for row in all_rows(client, LIST, size=2):
            return row
        raise AssertionError

    with posthog(routes=(ROUTE,)) as server:
        assert call(server.url, first) == 0
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "http://localhost:1", "https://internal.lan/elsewhere", "", "https://user:x@evil.example"],
)
def test_the_host_of_next_is_never_asked(origin: str) -> None:
    with posthog() as server:
        server.will_answer("GET", LIST, answer([1], f"{origin}{LIST}?offset=1&q=a%20b&q="), answer([2], None))
        assert [page.results for page in all_pages(server.url)] == [[1], [2]]
        assert server.requests[1].query == (("offset", "1"), ("q", "a b"), ("q", ""))


def test_a_base_with_a_path() -> None:
    with posthog() as server:
        server.will_answer(
            "GET", f"/posthog{LIST}", answer([1], f"{server.url}/posthog{LIST}?offset=1"), answer([2], None)
        )
        assert len(all_pages(f"{server.url}/posthog")) == 2


@pytest.mark.parametrize(
    ("replies", "reason"),
    [
        ((answer([1], f"http://x{LIST}?offset=0"),) * 2, "the same page again"),
        (tuple(answer([n], f"http://x{LIST}?offset={n}") for n in range(3)), "more than 3 pages"),
        ((answer([1], "http://x/elsewhere?offset=1"),), "does not answer with a page"),
        ((answer([1], "http://x/api/../admin?offset=1"),), "does not answer with a page"),
        ((answer([1], "http://x/api/..?offset=1"),), "does not answer with a page"),
        ((answer({"a": 1}, None),), "does not answer with a page"),
        ((Reply(body=[1, 2]),), "does not answer with a page"),
        ((Reply(body={"detail": "x"}),), "does not answer with a page"),
        ((Reply(204),), "does not answer with a page"),
    ],
)
def test_no_pages(replies: tuple[Reply, ...], reason: str) -> None:
    with posthog() as server:
        server.will_answer("GET", LIST, *replies)
        with pytest.raises(BadReply, match=reason):
            all_pages(server.url, most=3)


def test_a_count_may_be_missing() -> None:
    with posthog() as server:
        server.will_answer("GET", LIST, answer([], None))
        assert all_pages(server.url) == [Page([], None, more=False)]
