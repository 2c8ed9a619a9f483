"""What one run of the bridge is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from posthog_wizard.invocation import LogLevel
from posthog_wizard.model import Limits, Secret
from posthog_wizard.net.proxies import Proxy

if TYPE_CHECKING:  # the bridge starts without them where its key is in its environment
    from posthog_wizard.settings import Settings


class Waits(NamedTuple):
    """How long the bridge waits, in seconds."""

    connect: float = 10.0  # for TCP, the proxy and TLS together
    answer: float = 300.0  # from the request to the last byte of a JSON answer, or to the first of a stream
    silence: float = 1800.0  # that for a tool call, and for the next byte of a stream that owes an answer
    patience: float = 10.0  # from a request's first failure until the client is told of it
    throttled: float = 30.0  # the longest Retry-After that is sat out
    first_pause: float = 0.25  # before the first repetition; doubled each time
    longest_pause: float = 30.0  # between attempts to open the stream of server messages again
    resume: float = 1.0  # before a broken stream is resumed, unless the server names another time
    resuming: float = 1800.0  # how long one is taken up again and again without a message coming
    notification: float = 5.0  # how long later messages wait for a notification to be accepted
    idle: float = 30.0  # how long an unused connection is kept
    drain: float = 0.5  # how long a stream that gave its answer may stay open before it is cut
    finish: float = 1.0  # after the client left: for what is under way; SDKs give two seconds before they kill
    farewell: float = 0.3  # then: for the server to take note of the end
    parent: float = 0.5  # between looks at whether the parent still lives


class BridgeSettings(NamedTuple):
    """Where the bridge goes, with which key, and how it behaves.

    The key is `key`; without one, `look` says where it is when the first message leaves.
    """

    url: str
    key: Secret | None = None
    key_source: str | None = None  # in words, for example "the environment variable `POSTHOG_AUTH_HEADER`"
    look: Callable[[], Settings] | None = None
    limits: Limits = Limits()
    allow_http: bool = False
    ca_file: Path | None = None
    proxy: Proxy | None = None
    log_file: Path | None = None
    log_level: LogLevel = "warning"
    waits: Waits = Waits()
    largest: int = 100_000_000  # bytes; an answer or a message beyond it is refused
    connections: int = 100  # requests under way at once; more wait their turn
