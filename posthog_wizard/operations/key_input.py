"""Where the key comes from."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from posthog_wizard.credentials.environment import key_from_environment
from posthog_wizard.errors import CredentialError, MissingInput, WrongUsage
from posthog_wizard.model import Secret

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
KeyOrigin = Literal["flag", "stdin", "file", "env", "store", "prompt", "sandbox", "login"]


class Given(NamedTuple):
    """A key and where it came from; `key` is None when there is none. `notes` are for the user."""

    key: Secret | None
    source: KeyOrigin | None
    notes: tuple[str, ...] = ()
    host: str | None = None  # the PostHog to which it belongs, as far as the place where it was found tells


def given_key(
    flag: str | None,
    *,
    stdin: Callable[[], bytes] | None,
    file: Path | None,
    environment: Mapping[str, str],
    variable: str | None = None,
) -> Given:
    """The key that flags or the environment hold, in that order. `variable` is asked before the usual ones.

    Raises WrongUsage for several, CredentialError for what holds none.
    """
    if sum((flag is not None, stdin is not None, file is not None)) > 1:
        raise WrongUsage(
            "the key was given in more than one way", "use one of `--api-key-stdin`, `--api-key-file` and `--api-key`"
        )
    if flag is not None:
        note = "others can see a key on the command line in the process list and the shell history; `--api-key-stdin` is safer"
        return Given(Secret(flag), "flag", (note,))
    if stdin is not None:
        try:
            text = stdin().decode()
        except UnicodeDecodeError as problem:
            raise CredentialError("standard input holds no text", "pipe the key in, and nothing else") from problem
        return Given(Secret(_not_empty(text, "standard input")), "stdin")
    if file is not None:
        return Given(Secret(_not_empty(_content(file), f"`{file}`")), "file")
    if variable and environment.get(variable):
        return Given(Secret(environment[variable]), "env")
    found = key_from_environment(environment)
    return Given(found.key, "env" if found.key else None, found.notes)


def no_key_found() -> MissingInput:
    """There is no key, neither in the environment nor in a profile."""
    return MissingInput(
        "there is no PostHog key",
        "sign in with `posthog-wizard login`, store a key with `posthog-wizard key set`, or set POSTHOG_PERSONAL_API_KEY",
    )


def missing_key() -> MissingInput:
    """There is no key, and nobody to ask for one."""
    return MissingInput(
        "no PostHog personal API key was given, and there is no terminal to ask for one",
        "pass it with `--api-key-stdin` or `--api-key-file PATH`, set POSTHOG_PERSONAL_API_KEY, or use `--oauth`",
    )


def refuse_contradictions(
    *, oauth: bool, key_given: bool, placement: str, variable: str | None, kind: Literal["hosted", "local"]
) -> None:
    """Raise WrongUsage for flags about the key that do not go together."""
    if oauth and (key_given or placement != "inline"):
        raise WrongUsage("`--oauth` is for a connection without a key", "leave `--oauth` or the key's flags out")
    if oauth and kind == "local":
        raise WrongUsage("our own server cannot sign in, it needs a key", "leave `--oauth` out")
    if variable is not None and placement != "env":
        raise WrongUsage("`--env-var` only works with `--secret env`", "add `--secret env`")
    if variable is not None and not _VARIABLE.fullmatch(variable):
        raise WrongUsage(f"`{variable}` is not the name of a variable", "use letters, digits and `_`")


def _content(file: Path) -> str:
    try:
        return file.expanduser().read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        cause = problem.strerror if isinstance(problem, OSError) else "it is not text"
        raise CredentialError(
            f"the key file `{file}` cannot be read: {cause}", "check the path of `--api-key-file`"
        ) from problem


def _not_empty(text: str, where: str) -> str:
    if not text.strip():
        raise CredentialError(f"{where} holds no key", "put a PostHog personal API key there (it starts with `phx_`)")
    return text.strip()
