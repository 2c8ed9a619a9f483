"""What the server and the client agreed on in `initialize`.

In a refusal that may mean a lost session the words decide, clause by clause: what has a word beside the session and
its fate is about something else.
"""

import re
from asyncio import Future, Lock
from collections.abc import Iterable
from dataclasses import dataclass, field

from posthog_wizard.bridge.http.headers import Headers, session_headers
from posthog_wizard.bridge.messages import Message, PendingRequest
from posthog_wizard.model import Json
from posthog_wizard.net.jsonrpc import HEADER_MISMATCH, UNSUPPORTED_VERSION, id_key, text_of

# The words in which servers say that they do not know a session: the SDKs of Python, TypeScript, Go and Rust,
# supergateway, Cloudflare's agents, gateways. `Session recording not found` has another word, and is something else.
_SESSION = {"session", "sessionid", "initialized"}  # the last as in `Server not initialized`
_FATES = set(
    """not no cannot couldn't doesn't invalid expired unknown terminated closed ended deleted gone lost missing required
    unavailable inactive stale without mismatch unrecognized unrecognised timed timeout destroyed removed revoked evicted
    unable""".split()  # noqa: SIM905
)
_BESIDE = set(
    """a an the or is was are has been be must id ids identifier header mcp with for of your this valid longer any found
    find could provided exist exists active does such out error bad request unauthorized server by in to http transport
    client already known recognized recognised match specified""".split()  # noqa: SIM905
)
_NAMED = re.compile(r"(?<=[a-z])(?=[A-Z])|[_-]")  # between the words of a name: sessionNotFound, session_not_found
_NUMBERED = re.compile(r"(?<![\w-])[\w-]*\d[\w-]*")  # an id of a session
_CLAUSES = re.compile(r"[.,;](?:\s|$)|:\s(?!\w*\d)")
_SENTENCE = 500  # characters that are looked at


@dataclass
class Session:
    """The session of the moment; `generation` counts them."""

    initialize: Message | None = None  # the client's own `initialize`
    initialized: Message | None = None  # the client's `notifications/initialized`
    id: bytes | None = None
    version: str | None = None
    headers: Headers = field(default_factory=list)  # what every request of it carries
    generation: int = 0
    pause: float = 0.0  # the last one before its stream was opened again, also by a session before this one
    renewing: Lock = field(default_factory=Lock)
    welcome: Json = None  # the result of `initialize`
    settled: bool = False  # which era the server speaks is known
    meta: dict[str, Json] | None = None  # what requests of an earlier client carry to a server of the later era
    resources: set[str] = field(default_factory=set)  # then: those that the client subscribed to
    answers: dict[str | None, Future[Json]] = field(default_factory=dict)  # then: that the client owes the bridge
    legacy: bool = False  # the server is of the earlier era, the client of the later
    parked: dict[str | None, PendingRequest] = field(default_factory=dict)  # then: by the state that comes back
    open: set[PendingRequest] = field(default_factory=set)  # then: under way
    # then: the client's subscriptions, by their `id_key`: its id and what it is for
    subscriptions: dict[str | None, tuple[Json, dict[str, Json]]] = field(default_factory=dict)
    asked: set[str | None] = field(default_factory=set)  # ids of the server's requests that the client has not answered
    stale_ids: set[str | None] = field(default_factory=set)  # those of an earlier session: nobody waits for the answer

    def begin(self, hello: Message, session_id: bytes | None, result: Json) -> None:
        """The server has answered `initialize`."""
        self.initialize = hello
        self.id, self.version = session_id, text_of(result, "protocolVersion")
        self.headers, self.welcome, self.meta = session_headers(self.id, self.version), result, None
        self.stale_ids |= self.asked
        self.asked.clear()
        self.generation += 1

    @property
    def is_undecided(self) -> bool:
        """Whether the server may still turn out to be of the other era than the client."""
        return not (self.settled or self.legacy or self.meta)

    def heard(self, ids: Iterable[Json]) -> None:
        """Remember what the server asks, so that an answer is not given to a later session's question.

        An id that a session uses again is its own from then on.
        """
        keys = {id_key(each) for each in ids}
        self.asked |= keys
        self.stale_ids -= keys

    def is_stale(self, message: Message) -> bool:
        """Whether the client answers a question of a session that is no more."""
        ids = {id_key(part["id"]) for part in message.parts if "id" in part and "method" not in part}
        orphan = bool(ids & self.stale_ids)
        self.asked -= ids
        self.stale_ids -= ids
        return orphan


def is_session_lost(message: str, code: Json = None) -> bool:
    """Whether that is how a server says that it does not know the session, or no longer speaks a revision with sessions."""
    for clause in _CLAUSES.split(message[:_SENTENCE]):
        words = set(re.findall(r"\w[\w']*", _NAMED.sub(" ", _NUMBERED.sub("", clause)).lower()))
        rest = words - _SESSION - _FATES - _BESIDE
        if words & _SESSION and words & _FATES and not rest:
            return True
    return code in {UNSUPPORTED_VERSION, HEADER_MISMATCH}
