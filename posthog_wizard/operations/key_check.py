"""Where the key comes from, and whether PostHog accepts it, told to the user before any file is touched."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from posthog_wizard.api.hosts import region_of
from posthog_wizard.api.key_format import read_key, where_to_make_one
from posthog_wizard.credentials.environment import key_from_environment
from posthog_wizard.credentials.external_reference import decode_key, key_file_content
from posthog_wizard.errors import (
    ApiError,
    BadKey,
    BadReply,
    CredentialError,
    MissingInput,
    MissingScope,
    NotFound,
    Unreachable,
    WrongUsage,
)
from posthog_wizard.model import Json, Limits, Secret
from posthog_wizard.operations.connection import Connection
from posthog_wizard.operations.dialogue import Ask, Report

if TYPE_CHECKING:
    from posthog_wizard.api.key_report import KeyReport

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KeyOrigin = Literal["flag", "stdin", "file", "env", "store", "prompt", "sandbox", "login"]
_GO_ON = ", or go on without the check: `--no-verify`"
_UNCHECKED = f"try again{_GO_ON}"
_WANTED = "give a personal API key (`phx_`), and nothing else, with `--api-key-stdin` or `--api-key-file PATH`"
_ATTEMPTS = 3  # how often a person may try again


class Given(NamedTuple):
    """A key and where it came from; `key` is None when there is none. `notes` are for the user."""

    key: Secret | None
    source: _KeyOrigin | None
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
        return Given(Secret(text_of_key(stdin, "standard input", _WANTED)), "stdin")
    if file is not None:
        return Given(Secret(text_of_key(file, f"the key file `{file}`", _WANTED)), "file")
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


def text_of_key(source: Callable[[], bytes] | Path, where: str, wanted: str) -> str:
    """The text that is piped in, or in a file, never empty. Raises CredentialError; `wanted` is the hint for what is no key."""
    try:
        content = key_file_content(source.expanduser()) if isinstance(source, Path) else source()
        text = decode_key(content)
    except OSError as problem:
        raise CredentialError(f"{where} cannot be read: {problem.strerror}", wanted) from problem
    except UnicodeDecodeError as problem:
        raise CredentialError(f"{where} holds no text", wanted) from problem
    if not text:
        raise CredentialError(f"{where} holds no key", wanted)
    return text


class KeyCheck(NamedTuple):
    """A key, where it came from, and what PostHog knows of it; `report` is None without a key."""

    key: Secret | None = None
    source: _KeyOrigin | None = None
    report: KeyReport | None = None

    @property
    def host(self) -> str | None:
        """The API's base URL that accepted the key."""
        return self.report.host if self.report else None

    def host_in(self, connection: Connection, report: Report) -> str:
        """The same; of a key that was not checked the first that may be meant, which is told."""
        host = self.host or connection.hosts[0]
        if self.host is None and len(connection.hosts) > 1:
            report.warn(f"the key was not checked, so it is taken for one of `{host}`; `--region` says otherwise")
        return host

    def document(self) -> Json:
        """The `key` object of the JSON document; None without a key."""
        return _document(self.report, self.source) if self.report else None


def _document(report: KeyReport, source: _KeyOrigin | None) -> Json:
    """The `key` object of the JSON document, masked: what a server tells may hold what we sent it."""
    known = report.document(source)
    if report.state == "unchecked":
        return known
    from posthog_wizard.documents.masking import mask_text

    return json.loads(mask_text(json.dumps(known)))


def check_key_or_ask(
    connection: Connection, limits: Limits, given: Given, ask: Ask | None, report: Report, *, contact: bool
) -> KeyCheck:
    """The verdict on the given key; without one the user is asked, and asked again when PostHog refuses.

    Raises CredentialError for what is no personal key, BadKey for a refused one, Unreachable for one that could not be
    checked, MissingInput where there is none and nobody to ask.
    """
    if given.key is not None:
        return _judge(connection, limits, given, report, contact=contact)
    if ask is None:
        without = ", or use `--oauth`" if connection.kind == "hosted" else ""
        raise MissingInput(
            "no PostHog personal API key was given, and there is no terminal to ask for one",
            f"pass it with `--api-key-stdin` or `--api-key-file PATH`, or set POSTHOG_PERSONAL_API_KEY{without}",
        )
    base = connection.hosts[0] if len(connection.hosts) == 1 else None
    report.say(where_to_make_one(base))
    for _ in range(_ATTEMPTS - 1):
        try:
            return _judge(connection, limits, _prompted(ask), report, contact=contact)
        except (CredentialError, BadKey) as problem:
            report.problem(problem)
    return _judge(connection, limits, _prompted(ask), report, contact=contact)


def _prompted(ask: Ask) -> Given:
    return Given(ask.hidden_key("PostHog personal API key:"), "prompt")


def _judge(connection: Connection, limits: Limits, given: Given, report: Report, *, contact: bool) -> KeyCheck:
    from posthog_wizard.api.key_report import KeyReport

    base, known = connection.hosts[0] if len(connection.hosts) == 1 else None, KeyReport("invalid")
    text, signed_in = given.key.reveal() if given.key else "", given.source in {"store", "login"}
    try:
        key = read_key(text, base=base, hosted=connection.kind == "hosted", signed_in=signed_in)
        if not contact:
            report.say("the key was not checked (`--no-verify`)")
            return KeyCheck(key, given.source, KeyReport("unchecked", base, region_of(base) if base else None))
        with report.progress("asking PostHog about the key"):
            known = _ask_posthog(connection, limits, key)
        if not known.usable:
            told = known.problem.message if known.problem else "PostHog did not accept the key"
            hint = (known.problem and known.problem.hint) or where_to_make_one(base)
            raise BadKey(told, hint) if known.state == "invalid" else Unreachable(told, _unchecked(known.problem))
        _demand_reached(known, limits)
    except (ApiError, CredentialError) as problem:
        problem.fields["key"] = _document(known, given.source)
        raise
    _tell(known, report)
    return KeyCheck(key, given.source, known)


def _unchecked(problem: ApiError | None) -> str:
    """What helps where PostHog did not say what the key is: to try again, unless the address is not that of its API."""
    if isinstance(problem, NotFound):
        return f"name PostHog's own address with `--host`, without the path of a page{_GO_ON}"
    return f"{problem.hint}{_GO_ON}" if isinstance(problem, BadReply) else _UNCHECKED


def check_pin(connection: Connection, limits: Limits, key: Secret, report: Report, whose: str) -> None:
    """Have PostHog say that the key reaches the project that an entry is limited to. Raises NotFound, Unreachable."""
    with report.progress("asking PostHog about the project"):
        known = _ask_posthog(connection, limits, key)
    try:
        _demand_reached(known, limits, whose)
    except ApiError as problem:
        problem.fields["key"] = _document(known, None)
        raise


def _demand_reached(known: KeyReport, limits: Limits, whose: str = "") -> None:
    problem = known.unreached
    if problem is None:
        return
    pin = " of ".join(
        f"{word} `{value}`"
        for word, value in (("project", limits.project), ("organization", limits.organization))
        if value
    )
    limited = f"{whose} is limited to {pin}, which" if whose else f"the {pin}"
    if isinstance(problem, NotFound | MissingScope):
        raise NotFound(
            f"{limited} cannot be reached with this key: {problem.message}",
            "name another one with `--project ID` or `--organization ID`"
            + ("; `--no-limits` drops the entry's limits" if whose else ", or leave it out"),
        )
    raise Unreachable(f"{limited} could not be checked: {problem.message}", _UNCHECKED)


def _ask_posthog(connection: Connection, limits: Limits, key: Secret) -> KeyReport:
    from posthog_wizard.api.key_validation import validate
    from posthog_wizard.api.scopes import required_scopes

    return validate(
        key,
        connection.hosts,
        required_scopes=required_scopes(limits),
        project=limits.project,
        organization=limits.organization,
        allow_http=connection.allow_http,
        ca_file=connection.ca_file,
    )


def _tell(known: KeyReport, report: Report) -> None:
    """What the key is."""
    from posthog_wizard.documents.masking import mask_text

    owner = owner_in_words(known) or "its owner may not be read"
    report.say(mask_text(f"key accepted by {known.host}: {owner}"))
    for note in known.notes:
        report.warn(mask_text(note))
    if known.all_access:
        report.warn(
            "this key has full access to everything that you can reach (`*`); a key with the MCP server preset is safer"
        )
    if known.missing_scopes:
        report.warn(f"the key lacks scopes that these tools need: {', '.join(known.missing_scopes)}")


def owner_in_words(known: KeyReport) -> str | None:
    """Whose key it is, and what it is limited to; None where PostHog tells nothing of it."""
    named = ((known.organization, "organization"), (known.project, "project"))
    parts = (known.user, *(f"{word} {one.name or one.id}" if one else None for one, word in named))
    return ", ".join(part for part in parts if part) or None
