"""Every error that the wizard raises, with its exit code.

WizardError(message, hint)                                         exit 1
 +- ConfigError      a client's file: path, line, column
 |   +- Unreadable           cannot be opened or read
 |   +- Malformed            the client's own parser would refuse it
 |   +- UnexpectedShape      valid, but the root or a container has the wrong type, or our path is ambiguous
 |   +- Foreign              an entry of our name that is not PostHog's
 |   +- ChangedMeanwhile     another program rewrote it between our reading and our writing
 |   +- WriteRefused         the operating system said no
 |   +- VerifyFailed         written, but not there when looked at again
 +- ApiError         PostHog said no: status, request id, never a key
 |   +- Unreachable          no answer: name, network, TLS, timeout
 |   +- BadKey               401
 |   +- MissingScope         403: which scope
 |   +- NotFound             404
 |   +- Rejected             400: which field
 |   +- RateLimited          429: when to retry
 |   +- ServerFault          5xx
 |   +- BadReply             an answer that is not the API's (HTML, cut off, wrong shape)
 +- CredentialError  no key, locked store, wrong kind of key
 |   +- StoreUnusable        no keyring here, or it failed
 |   +- StoreLocked          the keyring is locked, and was not unlocked
 |   +- NoStoredKey          the place that was named holds no key
 |   +- WrongHost            the key belongs to another PostHog
 |   +- SignInExpired        nobody approved in time, or what a sign-in gave no longer counts
 |   +- OtherThanWished      a sign-in gave another project, or more, than the flags say
 |   +- SignInUnavailable    this PostHog has no such sign-in
 +- NothingFound     there is nothing to work on: no client, no change to undo
 +- NotSupported     a client cannot do what was asked of it             exit 2
 +- MissingInput     a question could not be asked: names the flag       exit 2
 +- WrongUsage       flags that cannot be combined, unknown names     exit 2
Cancelled            the user said no, or Ctrl-C                         exit 130

Anything else is a bug: exit 3.
"""

from __future__ import annotations

from typing import ClassVar


class WizardError(Exception):
    """One sentence that says what happened, and one that says what to do."""

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.fields: dict[str, object] = {}  # what is known all the same, for the JSON document


class Cancelled(WizardError):
    """The user said no, or pressed Ctrl-C. Nothing was written."""

    code = "cancelled"
    exit_code = 130

    def __init__(self, message: str = "cancelled, nothing was changed", hint: str | None = None) -> None:
        super().__init__(message, hint)


# ------------------------------------------------------------------ a client's file


class ConfigError(WizardError):
    """A client's configuration file. `line` and `column` count from 1; columns count characters."""

    code = "config"

    def __init__(
        self,
        message: str,
        hint: str | None = None,
        *,
        path: str | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        super().__init__(message, hint)
        self.path, self.line, self.column = path, line, column

    def __str__(self) -> str:
        where = ":".join(str(part) for part in (self.path, self.line, self.column) if part is not None)
        return f"{where}: {self.message}" if where else self.message

    def at(self, path: object) -> ConfigError:
        """The same error with the file's path, which pure code does not know."""
        self.path = str(path)
        return self


class Unreadable(ConfigError):
    """The file cannot be opened or read."""

    code = "unreadable"


class Malformed(ConfigError):
    """The client's own parser would refuse this text; it is reported, never edited."""

    code = "malformed"


class UnexpectedShape(ConfigError):
    """Valid text whose root or container has the wrong type, or in which our path is ambiguous."""

    code = "unexpected_shape"


class Foreign(ConfigError):
    """An entry of our name that is not PostHog's."""

    code = "foreign"


class ChangedMeanwhile(ConfigError):
    """Another program rewrote the file between our reading and our writing."""

    code = "changed_meanwhile"


class WriteRefused(ConfigError):
    """The operating system did not let us write."""

    code = "write_refused"


class VerifyFailed(ConfigError):
    """Written, but the entry was not there when looked at again."""

    code = "verify_failed"


# ------------------------------------------------------------------ PostHog's API


class ApiError(WizardError):
    """PostHog's answer, or the lack of one. `status` is the HTTP status, None when there was no answer.

    `retry_after` is the wait in seconds that PostHog asked for (429 and 503), None when it did not ask.
    """

    code = "api"

    def __init__(
        self,
        message: str,
        hint: str | None = None,
        *,
        status: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, hint)
        self.status, self.request_id, self.retry_after = status, request_id, retry_after


class Unreachable(ApiError):
    """No answer: name resolution, network, TLS, timeout."""

    code = "unreachable"


class BadKey(ApiError):
    """401: the key is wrong, revoked, or of another region or instance."""

    code = "bad_key"


class MissingScope(ApiError):
    """403: a valid key that may not do this. `scope` is the missing one, None when PostHog did not name it."""

    code = "missing_scope"

    def __init__(
        self,
        message: str,
        hint: str | None = None,
        *,
        scope: str | None = None,
        status: int | None = 403,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, hint, status=status, request_id=request_id)
        self.scope = scope


class NotFound(ApiError):
    """404."""

    code = "not_found"


class Rejected(ApiError):
    """400: PostHog did not accept a value. `field` names it, None when PostHog did not."""

    code = "rejected"

    def __init__(
        self,
        message: str,
        hint: str | None = None,
        *,
        field: str | None = None,
        status: int | None = 400,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, hint, status=status, request_id=request_id)
        self.field = field


class RateLimited(ApiError):
    """429. `retry_after` in seconds, None when PostHog did not say."""

    code = "rate_limited"

    def __init__(
        self,
        message: str,
        hint: str | None = None,
        *,
        retry_after: float | None = None,
        status: int | None = 429,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, hint, status=status, request_id=request_id, retry_after=retry_after)


class ServerFault(ApiError):
    """5xx."""

    code = "server_fault"


class BadReply(ApiError):
    """An answer that is not the API's: HTML from a proxy, cut off, the wrong shape."""

    code = "bad_reply"


# ------------------------------------------------------------------ the rest


class CredentialError(WizardError):
    """No key, a locked store, or the wrong kind of key."""

    code = "credential"


class StoreUnusable(CredentialError):
    """The store cannot be used: no keyring here, a file that others can read, a system that says no."""

    code = "store_unusable"


class StoreLocked(CredentialError):
    """The keyring is locked, and nobody unlocked it."""

    code = "store_locked"


class NoStoredKey(CredentialError):
    """The place that was named holds no key."""

    code = "no_stored_key"


class WrongHost(CredentialError):
    """The key belongs to another PostHog than the one it was asked for."""

    code = "wrong_host"


class SignInExpired(CredentialError):
    """A sign-in that is over: nobody approved it in time, or what it gave no longer counts."""

    code = "sign_in_expired"


class OtherThanWished(CredentialError):
    """A sign-in gave another project, or more, than the flags say."""

    code = "other_than_wished"


class SignInUnavailable(CredentialError):
    """This PostHog has no such sign-in."""

    code = "sign_in_unavailable"


class NothingFound(WizardError):
    """There is nothing to work on: no client, no change to undo."""

    code = "nothing_found"


class WrongUsage(WizardError):
    """Flags that cannot be combined, or a name that does not exist."""

    code = "usage"
    exit_code = 2


class NotSupported(WrongUsage):
    """A client cannot do what was asked of it."""

    code = "not_supported"


class MissingInput(WrongUsage):
    """A question could not be asked; the message names the flag that answers it."""

    code = "missing_input"
