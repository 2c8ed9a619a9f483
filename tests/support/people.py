"""People who sign in: they read the sandbox's page over HTTP as a browser does, and approve, while a command waits.

with approving(server, preset="read-only"):
    run(["login", "--host", server.url, "--store", "file"], home)
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import unescape
from typing import Any, Self

import httpx

from posthog_wizard.sandbox.posthog import Sandbox
from posthog_wizard.sandbox.row_store import SIGN_IN_ROWS
from tests.support.posthog import PostHog

NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
WAIT = 30.0  # seconds for a command to ask for a code
TOKEN = re.compile(r'name="token" value="([^"]+)"')


class Person:
    """Somebody with a browser, and with the code that this user alone can read."""

    def __init__(self, url: str, sandbox: Sandbox) -> None:
        self.url, self.sandbox = url, sandbox
        self.browser = httpx.Client(base_url=url, headers=NAVIGATION, follow_redirects=False, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.browser.close()

    def signs_in(self, address: str = "/cli/authorize", code: str | None = None) -> httpx.Response:
        """Bring the one-time code; without `code` the right one."""
        return self.posts(address, sign_in_code=code or self.sandbox.door.new_code())

    def opens(self, address: str) -> httpx.Response:
        return self.browser.get(address)

    def posts(self, address: str, **fields: str) -> httpx.Response:
        return self.browser.post(address, data=fields, headers={"Origin": self.url, "Sec-Fetch-Site": "same-origin"})

    def decides(self, address: str, decision: str = "approve", **fields: str) -> httpx.Response:
        """Sign in, read the page, and press a button; `fields` are those of the form."""
        self.signs_in(address)
        page = self.opens(address).text
        token = TOKEN.search(page)
        assert token, page
        return self.posts(address, token=unescape(token[1]), decision=decision, **fields)

    def approves(self, code: str, **fields: str) -> httpx.Response:
        return self.decides(
            f"/cli/authorize?code={code}", **{"code": code, "project": "2", "preset": "agent-cli", **fields}
        )


def pending(sandbox: Sandbox) -> list[str]:
    """The codes that wait for somebody."""
    return [row["id"] for row in sandbox.store.rows(f"{SIGN_IN_ROWS}devices") if row["status"] == "pending"]


def asked_for(sandbox: Sandbox, count: int) -> list[str]:
    """The codes of so many commands, once all have asked."""
    deadline = time.monotonic() + WAIT
    while len(codes := pending(sandbox)) < count:
        assert time.monotonic() < deadline, codes
        time.sleep(0.05)
    return codes


@contextmanager
def coming_back(server: PostHog, err: Callable[[], str], **fields: Any) -> Iterator[None]:
    """Open the first address that a command shows on its stderr, approve, and let the browser go where it is led.

    `meanwhile` is called before it approves.
    """
    done = threading.Event()
    acting = threading.Thread(target=_come_back, args=(server, done, err, fields), daemon=True)
    acting.start()
    try:
        yield
    finally:
        done.set()
        acting.join()


def _come_back(server: PostHog, done: threading.Event, err: Callable[[], str], fields: dict[str, Any]) -> None:
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline and not done.is_set():
        shown = re.search(r"sign in at (\S+)\s", err())
        if shown:
            with Person(server.url, server.sandbox) as person:
                fields.pop("meanwhile", lambda: None)()
                led = person.decides(shown[1].removeprefix(server.url), **{"project": "2", "access": "full", **fields})
            answer = httpx.get(led.headers["Location"], trust_env=False)
            assert answer.status_code == 200, answer.text
            return
        time.sleep(0.05)


@contextmanager
def approving(server: PostHog, **fields: Any) -> Iterator[None]:
    """Approve the first code that a command asks for; `meanwhile` is called before."""
    done = threading.Event()
    acting = threading.Thread(target=_approve, args=(server, done, fields), daemon=True)
    acting.start()
    try:
        yield
    finally:
        done.set()
        acting.join()


def _approve(server: PostHog, done: threading.Event, fields: dict[str, Any]) -> None:
    deadline = time.monotonic() + WAIT
    while time.monotonic() < deadline and not done.is_set():
        codes = pending(server.sandbox)
        if codes:
            with Person(server.url, server.sandbox) as person:
                fields.pop("meanwhile", lambda: None)()
                answer = person.approves(codes[0], **fields)
            assert answer.status_code == 200, answer.text
            return
        time.sleep(0.05)
