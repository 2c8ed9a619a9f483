"""A running bridge and a sign-in that ends: it is renewed before or after PostHog says so, or its end is told."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from posthog_wizard.credentials import profiles
from posthog_wizard.credentials.store import write
from posthog_wizard.model import Machine
from posthog_wizard.settings import Flags, resolve_settings
from posthog_wizard.sign_in.shared_token import stored_token
from tests.sign_in.test_shared_token import ENDED, PLACE, kept, renewals
from tests.support.bridged import bridged, call, settings
from tests.support.machines import machine
from tests.support.posthog import PostHog
from tests.support.posthog_core import posthog
from tests.support.scripted import Asked, Reply, refuse, result, scripted


@dataclass
class Door:
    """A server's step that lets nobody in with these tokens."""

    closed: set[str] = field(default_factory=set)
    came: list[str] = field(default_factory=list)

    def __call__(self, asked: Asked) -> Reply:
        token = asked.headers["authorization"].removeprefix("Bearer ")
        self.came.append(token)
        return (refuse(401) if token in self.closed else result())(asked)


def signed_in(server: PostHog, here: Machine, url: str) -> None:
    profiles.save(here, kept(server, here)._replace(mcp_url=url))


def test_it_goes_on_after_the_token_is_over(tmp_path: Path) -> None:
    here, door = machine(tmp_path), Door()

    async def scenario(posthog_: PostHog) -> None:
        async with scripted({"tools/call": [door]}) as server:
            signed_in(posthog_, here, server.url)
            look = partial(resolve_settings, here, Flags(address=server.url))
            async with bridged(settings(server.url, key=None, key_source=None, look=look)) as client:
                await client.begin()
                assert (await client.ask(call(1)))[0]["result"] == {}
                door.closed = {door.came[-1]}
                answers = await client.ask(call(2), call(3), call(4))
                assert [answer["result"] for answer in answers] == [{}, {}, {}]
                assert (renewals(posthog_), door.came[-1] in door.closed) == (1, False)
                door.closed.add(door.came[-1])
                posthog_.will_answer("POST", "/oauth/token/", ENDED)
                told = (await client.ask(call(5)))[0]["error"]
                assert "Sign in again: `posthog-wizard login --oauth`" in told["message"]
                assert told["data"]["code"] == "sign_in_expired"

    with posthog() as server:
        asyncio.run(scenario(server))


def test_a_token_that_ends_soon_is_renewed_before(tmp_path: Path) -> None:
    here, door = machine(tmp_path), Door()

    async def scenario(posthog_: PostHog) -> None:
        async with scripted({"tools/call": [door]}) as server:
            signed_in(posthog_, here, server.url)
            token = stored_token(profiles.profiles(here)[0], posthog_.url, here)
            assert token is not None
            short = token._replace(issued=time.time(), expires=time.time() + 3)
            write(PLACE, posthog_.url, short.secret, here)
            look = partial(resolve_settings, here, Flags(address=server.url))
            async with bridged(settings(server.url, key=None, key_source=None, look=look)) as client:
                await client.begin()
                assert (await client.ask(call(1)))[0]["result"] == {}
                await asyncio.sleep(3)
                assert (await client.ask(call(2)))[0]["result"] == {}
                assert (len(set(door.came)), renewals(posthog_)) == (2, 1)

    with posthog() as server:
        asyncio.run(scenario(server))
