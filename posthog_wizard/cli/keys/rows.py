"""What is shown of a profile: never its key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

from posthog_wizard.api.key_report import KeyReport, KeyState
from posthog_wizard.cli import output
from posthog_wizard.cli.keys.key_options import host_of
from posthog_wizard.clients import CLIENTS
from posthog_wizard.credentials import external_reference
from posthog_wizard.credentials.profiles import Profile
from posthog_wizard.credentials.reference import STORES, KeyReference
from posthog_wizard.documents.masking import mask_text
from posthog_wizard.errors import WizardError
from posthog_wizard.install.detect import detect
from posthog_wizard.model import Found, Json, Machine, Scope, Secret
from posthog_wizard.plan.uses import Use, uses

KEY_SCHEMA = output.SCHEMAS["key"]
_STORE_WORDS = {kind: word for word, kind in STORES.items()}
_WORDS: dict[KeyState, str] = {
    "valid": "valid",
    "forbidden": "valid, but it may not even read its owner",
    "invalid": "PostHog rejects it",
    "unreachable": "could not be checked",
    "unchecked": "not checked",
    "none": "no key",
}


class Shown(NamedTuple):
    """A profile, its key if it could be read, and what is known of it."""

    profile: Profile
    key: Secret | None
    report: KeyReport
    used_by: tuple[Use, ...] = ()
    problem: WizardError | None = None  # why the key could not be read

    def document(self) -> Json:
        """The row of the JSON document."""
        report = self.report
        known = report.document("store")
        return json.loads(
            mask_text(
                json.dumps(
                    {
                        "name": self.profile.name,
                        "host": host_of(self.profile) or None,
                        "store": _store_word(self.profile.key),
                        "masked": self.key.masked() if self.key else None,
                        "state": report.state,
                        "used_by": list(dict.fromkeys(use.found.client.id for use in self.used_by)),
                        "uses": [_use(use) for use in self.used_by],
                        "label": report.label,
                        "last_used": report.last_used,
                        "scopes": list(report.scopes),
                        **{field: known[field] for field in ("user", "organization", "project")},
                        "problem": self.problem.message if self.problem else None,
                    }
                )
            )
        )

    def say(self) -> None:
        """The row as people read it."""
        report, kept = self.report, self.profile
        masked = self.key.masked() if self.key else "no key"
        output.result(f"{kept.name}: {masked} for {host_of(kept) or 'PostHog Cloud'}")
        where = external_reference.reference_in_words(kept.key) if kept.key else "nowhere"
        lines = (
            ("kept in", where),
            ("state", self.problem.message if self.problem else _state(report)),
            ("label", report.label),
            ("scopes", ", ".join(report.scopes)),
            ("owner", _owner(report)),
            ("last used", report.last_used),
            ("used by", ", ".join(_told(use) for use in self.used_by) or "no client"),
        )
        for word, text in lines:
            if text:
                output.result(f"  {word:9}  {mask_text(text)}")
        if self.problem and self.problem.hint:
            output.say(f"hint: {self.problem.hint}")


def used_by(machine: Machine, profile: str, key: Secret | None) -> tuple[Use, ...]:
    """The entries of this user, and of the project that the current folder is in, which need the profile or hold the key."""
    return uses(everywhere(machine), profile, key)


def everywhere(machine: Machine) -> tuple[Found, ...]:
    """The clients' files of this user and of the project that the current folder is in, each once."""
    scopes: tuple[Scope, ...] = ("user", "project")
    unique: dict[tuple[str, Path], Found] = {}
    for scope in scopes:
        for one in detect(CLIENTS.values(), machine, scope):
            unique.setdefault((one.client.id, one.path), one)
    return tuple(unique.values())


def _store_word(reference: KeyReference | None) -> str | None:
    """The place in one word: `keyring`, `file`, `env:NAME`, `file:PATH`, `command:PROGRAM`."""
    if reference is None:
        return None
    if reference.kind == "command":
        return f"command:{reference.arguments[0]}"
    return _STORE_WORDS.get(reference.kind) or str(reference)


def _state(report: KeyReport) -> str:
    told = f": {report.problem.message}" if report.problem and not report.usable else ""
    return f"{_WORDS[report.state]}{told}"


def _owner(report: KeyReport) -> str | None:
    named = ((report.organization, "organization"), (report.project, "project"))
    parts = (report.user, *(f"{word} {one.name or one.id}" if one else None for one, word in named))
    return ", ".join(part for part in parts if part) or None


def _use(use: Use) -> Json:
    found = use.found
    return {
        "client": found.client.id,
        "scope": found.place.scope,
        "path": str(found.path),
        "entry": use.name,
        "how": use.how,
    }


def _told(use: Use) -> str:
    inline = ", which holds the key in plain text" if use.how == "inline" else ""
    return f"{use.found.client.title} (`{use.name}` in {use.found.path}{inline})"
