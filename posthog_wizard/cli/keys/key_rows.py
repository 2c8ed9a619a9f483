"""What is shown of a profile: never its key."""

from __future__ import annotations

from datetime import UTC, datetime

from posthog_wizard.api.key_report import KeyState
from posthog_wizard.cli import output
from posthog_wizard.credentials.profiles import Profile
from posthog_wizard.credentials.reference import STORES, KeyReference
from posthog_wizard.documents.masking import mask_text
from posthog_wizard.model import Json
from posthog_wizard.operations.key_check import owner_in_words
from posthog_wizard.operations.keys.key_options import host_of, place_in_words
from posthog_wizard.operations.keys.show import ProfileState

_STORE_WORDS = {kind: word for word, kind in STORES.items()}
_WAYS = {"device": "a sign-in with the browser", "oauth": "a sign-in with the browser (OAuth, renewed by itself)"}
_WORDS: dict[KeyState, str] = {
    "valid": "valid",
    "forbidden": "valid, but not allowed to read who owns it",
    "invalid": "PostHog rejects it",
    "unreachable": "could not be checked",
    "unchecked": "not checked",
    "none": "no key",
}


def key_document(
    kept: Profile, state: KeyState, outcome: str, delete_at: str | None = None, **more: Json
) -> dict[str, Json]:
    """The fields of `posthog-wizard.key/1`: what became of a profile's credential."""
    named = {"profile": kept.name, "host": host_of(kept) or None, "store": store_word(kept.key), "state": state}
    return {**named, "outcome": outcome, "delete_at": delete_at, **more}


def profile_row(state: ProfileState) -> Json:
    """The profile's row in the JSON document."""
    report = state.report
    known = report.document("store")
    uses = [
        {
            "client": use.found.client.id,
            "scope": use.found.place.scope,
            "path": str(use.found.path),
            "entry": use.name,
            "how": use.how,
        }
        for use in state.used_by
    ]
    return output.masked_values(
        {
            "name": state.profile.name,
            "host": host_of(state.profile) or None,
            "store": store_word(state.profile.key),
            "masked": state.key.masked() if state.key else None,
            "state": report.state,
            "used_by": list(dict.fromkeys(use["client"] for use in uses)),
            "uses": uses,
            "way": state.profile.way or "key",
            "label": report.label or state.profile.label,
            "expires": moment(state.expires),
            "last_used": report.last_used,
            "scopes": list(report.scopes),
            **{field: known[field] for field in ("user", "organization", "project")},
            "problem": state.problem.message if state.problem else None,
        }
    )


def show_profile(state: ProfileState) -> None:
    """The profile as people read it."""
    report, kept = state.report, state.profile
    masked = state.key.masked() if state.key else "no key"
    output.result(f"{kept.name}: {masked} for {host_of(kept) or 'PostHog Cloud'}")
    why = f": {report.problem.message}" if report.problem and not report.usable else ""
    inline = {"inline": ", which holds the key in plain text"}
    users = (
        f"{use.found.client.title} (`{use.name}` in {use.found.path}{inline.get(use.how, '')})" for use in state.used_by
    )
    lines = (
        ("kept in", place_in_words(kept)),
        ("state", state.problem.message if state.problem else f"{_WORDS[report.state]}{why}"),
        ("came by", _WAYS.get(kept.way or "")),
        ("label", report.label or kept.label),
        ("expires", moment(state.expires)),
        ("scopes", ", ".join(report.scopes)),
        ("owner", owner_in_words(report)),
        ("last used", report.last_used),
        ("used by", ", ".join(users) or "no client"),
    )
    for word, text in lines:
        if text:
            output.result(f"  {word:9}  {mask_text(text)}")
    if state.problem and state.problem.hint:
        output.say(f"hint: {state.problem.hint}")


def store_word(reference: KeyReference | None) -> str | None:
    """The place in one word: `keyring`, `file`, `env:NAME`, `file:PATH`, `command:PROGRAM`."""
    if reference is None:
        return None
    if reference.kind == "command":
        return f"command:{reference.arguments[0]}"
    return _STORE_WORDS.get(reference.kind) or str(reference)


def moment(seconds: float | None) -> str | None:
    """A Unix time as the JSON documents have it."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
