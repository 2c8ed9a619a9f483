"""The key of the server that is being installed: from standard input, a file or a hidden prompt, never from a flag."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from posthog_wizard.errors import CredentialError, MissingInput, WrongUsage
from posthog_wizard.model import Secret
from posthog_wizard.operations.dialogue import Ask

_POSTHOG_KEYS = ("phx_", "pha_", "phs_", "phr_")


def server_key(stdin: Callable[[], bytes] | None, file: Path | None, ask: Ask | None) -> Secret:
    """The key. Raises WrongUsage for two ways at once, MissingInput for none, CredentialError for what is no key."""
    if stdin is not None and file is not None:
        raise WrongUsage(
            "the server's key was given in two ways", "use one of `--server-key-stdin` and `--server-key-file`"
        )
    if stdin is not None:
        return _checked(stdin(), "standard input")
    if file is not None:
        return _checked(_content(file), f"`{file}`")
    if ask is not None:
        return _checked(ask.hidden_key("Key of that server:").reveal().encode(), "the answer")
    raise MissingInput(
        "the server's own key was not given", "pass it with `--server-key-stdin` or `--server-key-file PATH`"
    )


def _content(file: Path) -> bytes:
    try:
        return file.expanduser().read_bytes()
    except OSError as problem:
        raise CredentialError(
            f"the key file `{file}` cannot be read: {problem.strerror}", "check the path of `--server-key-file`"
        ) from problem


def _checked(content: bytes, where: str) -> Secret:
    try:
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError as problem:
        raise CredentialError(f"{where} holds no text", "give the key of that server, and nothing else") from problem
    if not text or not text.isprintable():
        raise CredentialError(f"{where} holds no key", "give the key of that server, and nothing else")
    if text.startswith(_POSTHOG_KEYS):
        raise CredentialError(
            f"{where} holds a key of PostHog, which would be sent to that server", "give the key of that server instead"
        )
    return Secret(text)
