"""Whether PostHog accepts the key, told to the user before any file is touched."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from posthog_wizard.api.hosts import region_of
from posthog_wizard.api.key_format import read_key, where_to_make_one
from posthog_wizard.errors import ApiError, BadKey, CredentialError, MissingScope, NotFound, Unreachable
from posthog_wizard.model import Json, Limits, Secret
from posthog_wizard.operations.connection import Connection
from posthog_wizard.operations.dialogue import Ask, Report
from posthog_wizard.operations.key_input import Given, KeyOrigin, missing_key

if TYPE_CHECKING:
    from posthog_wizard.api.key_report import KeyReport

_UNCHECKED = "try again, or go on without the check: `--no-verify`"
_ATTEMPTS = 3  # how often a person may try again


class KeyCheck(NamedTuple):
    """A key, where it came from, and what PostHog knows of it; `report` is None without a key."""

    key: Secret | None = None
    source: KeyOrigin | None = None
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


def _document(report: KeyReport, source: KeyOrigin | None) -> Json:
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
        raise missing_key()
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

    base = connection.hosts[0] if len(connection.hosts) == 1 else None
    text = given.key.reveal() if given.key else ""
    try:
        signed_in = given.source in {"store", "login"}
        key = read_key(text, base=base, hosted=connection.kind == "hosted", signed_in=signed_in)
    except CredentialError as problem:
        problem.fields["key"] = _document(KeyReport("invalid"), given.source)
        raise
    if not contact:
        report.say("the key was not checked (`--no-verify`)")
        return KeyCheck(key, given.source, KeyReport("unchecked", base, region_of(base) if base else None))
    with report.progress("asking PostHog about the key"):
        known = _ask_posthog(connection, limits, key)
    if known.usable:
        _demand_reached(known, limits, given.source)
        _tell(known, report)
        return KeyCheck(key, given.source, known)
    refusal = _refusal(known, base)
    refusal.fields["key"] = _document(known, given.source)
    raise refusal


def check_pin(connection: Connection, limits: Limits, key: Secret, report: Report, whose: str) -> None:
    """Have PostHog say that the key reaches the project that an entry is limited to. Raises NotFound, Unreachable."""
    with report.progress("asking PostHog about the project"):
        known = _ask_posthog(connection, limits, key)
    _demand_reached(known, limits, None, whose)


def _demand_reached(known: KeyReport, limits: Limits, source: KeyOrigin | None, whose: str = "") -> None:
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
        refusal: ApiError = NotFound(
            f"{limited} cannot be reached with this key: {problem.message}",
            "name another one with `--project ID` or `--organization ID`"
            + ("; `--no-limits` drops the entry's limits" if whose else ", or leave it out"),
        )
    else:
        refusal = Unreachable(f"{limited} could not be checked: {problem.message}", _UNCHECKED)
    refusal.fields["key"] = _document(known, source)
    raise refusal


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


def _refusal(report: KeyReport, base: str | None) -> ApiError:
    """Why nothing is written: a key that is wrong, or one that could not be checked."""
    told = report.problem.message if report.problem else "PostHog did not accept the key"
    if report.state == "invalid":
        return BadKey(told, (report.problem.hint if report.problem else None) or where_to_make_one(base))
    return Unreachable(told, _UNCHECKED)


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
