"""Every error that the wizard raises, with its exit code.

Anything else is a bug: exit 3.
"""

from __future__ import annotations

from typing import ClassVar


class WizardError(Exception):
    """One sentence that says what happened, and one that says what to do."""

    code: ClassVar[str] = "error"  # in JSON documents: the name of the class, `bad_key` for BadKey
    exit_code: ClassVar[int] = 1

    def __init_subclass__(cls) -> None:
        if cls.__module__ == __name__ and "code" not in vars(cls):  # others go by the one that they extend
            words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in cls.__name__)
            cls.code = words.strip("_").removesuffix("_error")

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.fields: dict[str, object] = {}  # what is known all the same, for the JSON document


class Cancelled(WizardError):
    """The user said no, or pressed Ctrl-C. Nothing was written."""

    exit_code = 130

    def __init__(self, message: str = "cancelled, nothing was changed", hint: str | None = None) -> None:
        super().__init__(message, hint)


# ------------------------------------------------------------------ a client's file


class ConfigError(WizardError):
    """A client's configuration file. `line` and `column` count from 1; columns count characters."""

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


class Malformed(ConfigError):
    """The client's own parser would refuse this text; it is reported, never edited."""


class UnexpectedShape(ConfigError):
    """Valid text whose root or container has the wrong type, or in which our path is ambiguous."""


class Foreign(ConfigError):
    """An entry of our name that is not PostHog's."""


class ChangedMeanwhile(ConfigError):
    """Another program rewrote the file between our reading and our writing."""


class WriteRefused(ConfigError):
    """The operating system did not let us write."""


class VerifyFailed(ConfigError):
    """Written, but the entry was not there when looked at again."""


# ------------------------------------------------------------------ PostHog's API


class ApiError(WizardError):
    """PostHog's answer, or the lack of one. `status` is the HTTP status, None when there was no answer.

    `retry_after` is the wait in seconds that PostHog asked for (429 and 503), None when it did not ask. `scope` is the
    one that is missing, and `field` the one that holds what was not accepted, None when PostHog did not name it.
    """

    usual_status: ClassVar[int | None] = None

    def __init__(
        self,
        message: str,
        hint: str | None = None,
        *,
        status: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        scope: str | None = None,
        field: str | None = None,
    ) -> None:
        super().__init__(message, hint)
        self.status, self.request_id = status or self.usual_status, request_id
        self.retry_after, self.scope, self.field = retry_after, scope, field


class Unreachable(ApiError):
    """No answer: name resolution, network, TLS, timeout."""


class BadKey(ApiError):
    """401: the key is wrong, revoked, or of another region or instance."""


class MissingScope(ApiError):
    """403: a valid key that may not do this."""

    usual_status = 403


class NotFound(ApiError):
    """404."""


class Rejected(ApiError):
    """400: PostHog did not accept a value."""

    usual_status = 400


class RateLimited(ApiError):
    """429."""

    usual_status = 429


class ServerFault(ApiError):
    """5xx."""


class BadReply(ApiError):
    """An answer that is not the API's: HTML from a proxy, cut off, the wrong shape."""


# ------------------------------------------------------------------ the rest


class CredentialError(WizardError):
    """No key, a locked store, or the wrong kind of key."""


class StoreUnusable(CredentialError):
    """The store cannot be used: no keyring here, a file that others can read, a system that says no."""


class StoreLocked(CredentialError):
    """The keyring is locked, and nobody unlocked it."""


class NoStoredKey(CredentialError):
    """The place that was named holds no key."""


class WrongHost(CredentialError):
    """The key belongs to another PostHog than the one it was asked for."""


class SignInExpired(CredentialError):
    """A sign-in that is over: nobody approved it in time, or what it gave no longer counts."""


class OtherThanWished(CredentialError):
    """A sign-in gave another project, or more, than the flags say."""


class SignInUnavailable(CredentialError):
    """This PostHog has no such sign-in."""


class NothingFound(WizardError):
    """There is nothing to work on: no client, no change to undo."""


class WrongUsage(WizardError):
    """Flags that cannot be combined, or a name that does not exist."""

    code = "usage"
    exit_code = 2


class NotSupported(WrongUsage):
    """A client cannot do what was asked of it."""


class MissingInput(WrongUsage):
    """A question could not be asked; the message names the flag that answers it."""
