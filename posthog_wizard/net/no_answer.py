"""Why there was no answer, or no whole one: the step on the way that failed, in words. Pure."""

import socket
import ssl
from collections.abc import Iterator
from typing import Literal, NamedTuple

ConnectStep = Literal["proxy", "name", "connect", "tls", "answer"]  # in this order where there is no proxy

NAME_STORY, CONNECT_STORY, TLS_STORY = "its name cannot be resolved ({})", "connecting failed ({})", "TLS failed ({})"
UNTRUSTED_STORY = "its certificate is not trusted ({})"
_WAY = "check the address, the network, the VPN and the proxy"
_RUNNING = "check the address and the port, and that the server is running"
_INSPECTED = "if your network inspects TLS, pass its authority with `--ca-file` or add it to the system's certificates"
_ANOTHERS = "check the address and this computer's clock, and tell who runs the server"
_NOT_FOR_HERE = {9, 10, 62, 64}  # OpenSSL's X509_V_ERR_: not yet valid, expired, of another host, of another number


class _NoAnswer(NamedTuple):
    """What happened. `cause` is the row of the table, `words` are the lowest level's own, `hint` is for people."""

    cause: type[BaseException] | str
    step: ConnectStep
    story: str
    hint: str
    words: str = ""

    @property
    def untrusted(self) -> bool:
        """Whether a certificate was the trouble."""
        return self.cause is ssl.SSLCertVerificationError

    def told(self, issuer: str | None = None) -> str:
        """A sentence without its subject. `issuer` signed a certificate that is not trusted."""
        return self.story.format(issued(self.words, issuer))


# The first row whose cause is found tells the story; {} are that cause's own words. httpx and httpcore call their errors
# alike, and both by these names, so that neither need be loaded to tell.
_ROWS = (
    _NoAnswer(ssl.SSLCertVerificationError, "tls", UNTRUSTED_STORY, _INSPECTED),
    _NoAnswer(ssl.SSLError, "tls", TLS_STORY, "check that the address really speaks https"),
    _NoAnswer(socket.gaierror, "name", NAME_STORY, "check the address, the network and the VPN"),
    _NoAnswer("ProxyError", "proxy", "the proxy refused ({})", "check HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY"),
    _NoAnswer(ConnectionRefusedError, "connect", "it refuses connections", _RUNNING),
    _NoAnswer("ConnectTimeout", "connect", "connecting timed out", _WAY),
    _NoAnswer("TimeoutException", "answer", "it did not answer in time", "try again; a smaller question may help"),
    _NoAnswer("ConnectError", "connect", CONNECT_STORY, _WAY),
    _NoAnswer("ProtocolError", "answer", "it broke off, or does not speak HTTP ({})", "try again"),
    _NoAnswer(BaseException, "answer", "the connection was lost ({})", "try again"),
)


def no_answer(error: BaseException) -> _NoAnswer:
    """What an error of httpx or httpcore is."""
    row, cause = next((row, cause) for row in _ROWS if (cause := _find(error, row.cause)) is not None)
    if isinstance(cause, ssl.SSLCertVerificationError):
        hint = _ANOTHERS if getattr(cause, "verify_code", None) in _NOT_FOR_HERE else row.hint
        return row._replace(words=(cause.verify_message or str(cause)).rstrip("."), hint=hint)
    # The lowest cause that the system has words for; above it stands only that something failed.
    systems = [each.strerror for each in _causes(cause) if isinstance(each, OSError) and each.strerror]
    return row._replace(words=systems[-1] if systems else str(cause) or type(cause).__name__)


def issued(words: str, issuer: str | None) -> str:
    """The words on a certificate with its issuer's name, where that is known."""
    return f"{words}, issued by `{issuer}`" if issuer else words


def is_unknown_name(error: BaseException) -> bool:
    """A name that does not exist; EAI_AGAIN, the other usual answer, is a name server that may come back."""
    cause = _find(error, socket.gaierror)
    return isinstance(cause, OSError) and cause.errno != socket.EAI_AGAIN


def _find(error: BaseException, kind: type[BaseException] | str) -> BaseException | None:
    for cause in _causes(error):
        named = isinstance(kind, str) and kind in {each.__name__ for each in type(cause).__mro__}
        if named or (isinstance(kind, type) and isinstance(cause, kind)):
            return cause
    return None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and everything below it, groups opened (a connection is tried to several addresses at once)."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            for part in error.exceptions:
                yield from _causes(part)
        error = error.__cause__ or error.__context__
