"""Which session an event belongs to: the transport's own, one that the client carries, or one that is made here.

The MCP SDK's connection has a way back to its client exactly where a transport keeps one client's requests together;
an identity belongs to that, and is held weakly. Headers and tokens, which anybody can send, give a session id and
never an identity; a token whose `sid` is not `ses_...` is none, since an anonymous event's distinct id is its
session's.

A name is lent to nobody: what `identify` gives is copied, since authors reuse dicts; a stateful HTTP session in which two
persons were named has no person to fall back on, since gateways share one; and a task that goes on after its call tells of
nobody, since a worker that the first caller started works for all. On a pipe the last person stays, who signed in anew.
"""

from __future__ import annotations

import os
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from time import perf_counter
from typing import Final, NamedTuple
from uuid import UUID
from weakref import WeakKeyDictionary

from posthog_wizard.analytics.options import Identity
from posthog_wizard.analytics.requests import McpRequest, session_token

_REST: Final = timedelta(minutes=30)
"""A session that was made here ends when more time than this has passed since its last request."""
_MOST: Final = 1_000  # persons of whom `$identify` has told


class Clock(NamedTuple):
    """The time of day, and seconds that never go backwards."""

    now: Callable[[], datetime] = partial(datetime.now, UTC)
    seconds: Callable[[], float] = perf_counter


def derived_session(identifier: str) -> str:
    """The session id for an identifier that the client keeps: the same in every process and every SDK of PostHog."""
    from posthog.mcp import derive_session_id_from_mcp_session  # noqa: PLC0415 - a quarter of a second

    return derive_session_id_from_mcp_session(identifier)


def new_uuid(at: datetime) -> str:
    """A UUID of version 7 (RFC 9562, section 5.7): milliseconds since 1970, then 74 random bits."""
    milliseconds = int(at.timestamp() * 1000) & (1 << 48) - 1
    random = secrets.randbits(74)
    return str(UUID(int=milliseconds << 80 | 7 << 76 | (random >> 62) << 64 | 2 << 62 | random & (1 << 62) - 1))


def new_session(at: datetime) -> str:
    """A session id that is made here: `ses_` and 32 hexadecimal digits, a UUID of version 7."""
    return f"ses_{new_uuid(at).replace('-', '')}"


@dataclass
class AnalyticsSession:
    """What is known of one client, or of one request that comes by itself."""

    identifier: str
    last: datetime
    last_said: Identity | None = None
    is_shared: bool = False

    @property
    def person(self) -> Identity | None:
        """Whose a request is that names nobody; nobody's, where a gateway has come for two persons."""
        return None if self.is_shared else self.last_said

    def learn(self, said: Identity, *, over_http: bool) -> Identity | None:
        """Merge properties, and replace groups if there are any, of the same person; gives what is new, or None.

        All is copied: an author may give one dict for everybody, and change it for the next one.
        """
        before = self.last_said
        same = before if before is not None and before.distinct_id == said.distinct_id else Identity(said.distinct_id)
        self.is_shared |= over_http and before not in (None, same)
        merged = {**same.properties, **said.properties}
        self.last_said = Identity(said.distinct_id, merged, dict(said.groups or same.groups))
        return self.last_said if self.last_said != before else None


@dataclass
class Sessions:
    """The sessions of a server's clients, by the channel that carries one client's requests only.

    Of a request that comes by itself nothing is remembered: what its headers say anybody can send.
    """

    clock: Clock
    _told: OrderedDict[str, Identity] = field(default_factory=OrderedDict)
    _pid: int = 0

    @property
    def process(self) -> AnalyticsSession:
        """The session of what no request tells: the only client's, while there is but one. A fork begins anew."""
        if self._pid != os.getpid():
            self._pid, self._process, self._clients = os.getpid(), self._made(), 0
            self._known = WeakKeyDictionary[object, AnalyticsSession]()
        return self._process

    def of(self, request: McpRequest) -> AnalyticsSession:
        """The session of a request."""
        process, made = self.process, self._made()
        if request.session is not None:
            made.identifier = carried_session(request.session)
        if request.headers is not None:
            self._meet_others()
        if request.channel is None:
            if request.headers is None:  # in one process with its client, which proves nothing
                made.identifier = self._awake(process).identifier
            return made
        if request.channel not in self._known:
            if request.headers is None and not self._clients:
                self._clients, made = 1, process
            else:
                self._meet_others()
            self._known[request.channel] = made
        found = self._known[request.channel]
        return found if request.session else self._awake(found)

    def is_news(self, request: McpRequest, said: Identity) -> bool:
        """Whether `$identify` is to tell this: once of a person whom no session remembers, and when one begins."""
        before = self._told.pop(said.distinct_id, None)
        self._told[said.distinct_id] = said
        if len(self._told) > _MOST:
            self._told.popitem(last=False)
        return before != said or request.method == "initialize"

    def _meet_others(self) -> None:
        if self._clients == 1:
            self._process = self._made()  # what no request tells is no longer any client's
        self._clients = 2

    def _awake(self, session: AnalyticsSession) -> AnalyticsSession:
        now = self.clock.now()
        if now - session.last > _REST:
            session.identifier, session.last_said = new_session(now), None
        session.last = now
        return session

    def _made(self) -> AnalyticsSession:
        return AnalyticsSession(new_session(now := self.clock.now()), now)


def carried_session(identifier: str) -> str:
    """The session id in a token of PostHog's (it names one), or derived from any other session id."""
    token = session_token(identifier)
    return token.session_id if token else derived_session(identifier)
