"""`posthog-wizard key rotate`: a new key in the place of an old one, wherever the old one is."""

from __future__ import annotations

from functools import partial

from posthog_wizard.api.hosts import key_list
from posthog_wizard.cli import ask, login, output
from posthog_wizard.cli.change_screen import show_change
from posthog_wizard.cli.keys.key_rows import key_document, profile_row
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.credentials import external_reference
from posthog_wizard.model import Json
from posthog_wizard.operations.keys import rotate
from posthog_wizard.operations.keys.key_options import KeyOptions, profile_called
from posthog_wizard.operations.keys.rotate import Rotated, posthog_of, storing_add
from posthog_wizard.operations.login import LoginOptions, SignedIn


def command(options: KeyOptions, json: bool = False) -> int:
    """Put a new key in the place of the old one: in the store, and in every client's file that holds a copy.

    Servers that run take it up by themselves. The old key works until you delete it at PostHog.

    posthog-wizard key rotate

    pass posthog-new | posthog-wizard key rotate --api-key-stdin -y
    """
    renewed = profile_called(this_run().machine, options.profile).way == "oauth"
    if renewed and not (options.api_key_stdin or options.api_key_file):
        again = {name: value for name, value in options._asdict().items() if name in LoginOptions._fields}
        return login.sign_in_and_tell(
            LoginOptions(**{**again, "oauth": True, "yes": True}), _publish_sign_in, json=json
        )
    person = ask.person(json=json, stdin_taken=options.api_key_stdin)
    rotated = rotate.run(options, this_run().machine, person, output)
    publish = partial(_publish, rotated)
    code = show_change(rotated.changed, json=json, seen=person is not None, lasting=True, publish=publish)
    if not json:
        _tell(rotated)
    return code


def _publish(rotated: Rotated, _schema: str, **fields: Json) -> None:
    """The JSON document: the profile as it is now, what became of the clients, and the key that can be deleted."""
    old = {
        "masked": rotated.old.key.masked() if rotated.old.key else None,
        "label": rotated.old.report.label,
        "page": key_list(posthog_of(rotated.now.profile)),
    }
    now = key_document(rotated.now.profile, rotated.now.report.state, "rotated", old["page"] if old["masked"] else None)
    output.json_document(output.SCHEMAS["key"], **now, profiles=[profile_row(rotated.now)], old=old, **fields)


def _publish_sign_in(done: SignedIn) -> None:
    now = done.check.document()
    document = key_document(done.profile, now["state"], "rotated", done.delete_at)
    output.json_document(output.SCHEMAS["key"], **document, key=now)


def _tell(rotated: Rotated) -> None:
    """The old key, so that its owner finds it in PostHog's list."""
    old, after = rotated.old, rotated.now.profile
    if old.key is None or rotated.now.key is None:
        return
    label = f" (`{old.report.label}`)" if old.report.label else ""
    if rotated.changed.failed:
        output.warn(f"the old key {old.key.masked()}{label} is still in the files above: do not delete it yet")
        output.say(f"hint: once they can be changed, `{storing_add(rotated.left, after)}` leads them to the new key")
        return
    output.result(f"the key of the profile `{after.name}` is now {rotated.now.key.masked()}")
    output.say(f"next: delete the old key {old.key.masked()}{label} at {key_list(posthog_of(after))}")
    place = old.profile.key
    if place is not None and not place.ours and place != after.key:
        output.say(f"{external_reference.reference_in_words(place)} is left as it is: the old key may still be there")
