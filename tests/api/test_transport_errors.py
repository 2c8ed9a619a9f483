"""Why there was no answer: every lower error has a sentence, and some pass."""

from __future__ import annotations

import socket
import ssl

import httpx
import pytest

from posthog_wizard.api import transport_errors
from posthog_wizard.errors import ApiError, BadKey, BadReply, RateLimited, ServerFault, Unreachable

BASE = "https://us.posthog.com"


def below(error: httpx.HTTPError, *causes: BaseException) -> httpx.HTTPError:
    """`error` as httpx raises it: on top of what httpcore and the system raised."""
    upper: BaseException = error
    for cause in causes:
        upper.__cause__, upper = cause, cause
    return error


def untrusted() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed"
    return error


def name_error(number: int, text: str) -> socket.gaierror:
    return socket.gaierror(number, text)


UNKNOWN = name_error(socket.EAI_NONAME, "No such name")
LATER = name_error(socket.EAI_AGAIN, "Temporary failure in name resolution")
UNREACHED = OSError(101, "Network is unreachable")
REFUSED = ConnectionRefusedError(111, "Connection refused")


LOST = "the connection was lost"
LATER_SAID = "its name cannot be resolved (Temporary failure in name resolution)"


@pytest.mark.parametrize(
    ("error", "story", "passes"),
    [
        (below(httpx.ConnectError("x"), OSError("y"), UNKNOWN), "its name cannot be resolved (No such name)", False),
        (below(httpx.ConnectError("x"), LATER), LATER_SAID, True),
        (below(httpx.ConnectError("x"), OSError("y"), REFUSED), "it refuses connections", True),
        (below(httpx.ConnectError("x"), ExceptionGroup("v", [OSError("6"), REFUSED])), "it refuses connections", True),
        (below(httpx.ConnectError("x"), OSError("y"), UNREACHED), "connecting failed (Network is unreachable)", True),
        (httpx.ConnectError("x"), "connecting failed (x)", True),
        (below(httpx.ConnectError("x"), untrusted()), "its certificate is not trusted (self-signed)", False),
        (below(httpx.ConnectError("x"), ssl.SSLError(1, "wrong version")), "TLS failed (wrong version)", True),
        (httpx.ConnectTimeout(""), "connecting timed out", True),
        (httpx.ReadTimeout(""), "it did not answer in time", True),
        (httpx.WriteTimeout(""), "it did not answer in time", True),
        (httpx.ProxyError("407 Unknown you"), "the proxy refused (407 Unknown you)", False),
        (httpx.ReadError(""), f"{LOST} (ReadError)", True),
        (
            httpx.RemoteProtocolError("Server disconnected"),
            "it broke off, or does not speak HTTP (Server disconnected)",
            True,
        ),
        (httpx.UnsupportedProtocol("ftp"), f"{LOST} (ftp)", False),
    ],
)
def test_no_answer(error: httpx.HTTPError, story: str, passes: bool) -> None:
    ours = transport_errors.unreachable(BASE, error)
    ours.__cause__ = error
    assert ours.message == f"`{BASE}` cannot be reached: {story}"
    assert ours.hint
    assert transport_errors.is_transient(ours) is passes


def test_who_signed_it() -> None:
    ours = transport_errors.unreachable(BASE, below(httpx.ConnectError("x"), untrusted()), "Zscaler Inc.")
    assert ours.message.endswith("(self-signed, issued by `Zscaler Inc.`)")


@pytest.mark.parametrize(
    ("error", "kind", "message"),
    [
        (httpx.ReadTimeout(""), Unreachable, f"`{BASE}` cannot be reached: it did not answer in time"),
        (
            httpx.RemoteProtocolError("peer closed"),
            BadReply,
            f"`{BASE}` broke off in the middle of its answer (`/api/x/`)",
        ),
    ],
)
def test_half_an_answer(error: httpx.HTTPError, kind: type[ApiError], message: str) -> None:
    ours = transport_errors.cut_off(BASE, "/api/x/", error)
    assert (type(ours), ours.message) == (kind, message)


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (ServerFault("x", status=500), True),
        (ServerFault("x", status=501), False),
        (ServerFault("x", status=504), True),
        (RateLimited("x"), True),
        (BadKey("x", status=401), False),
        (BadReply("x", status=200), False),
        (ValueError("a bug"), False),
    ],
)
def test_what_may_pass(error: Exception, passes: bool) -> None:
    assert transport_errors.is_transient(error) is passes
