"""`posthog-wizard key show`: which profiles there are, where their keys are kept, and whether PostHog takes them."""

from __future__ import annotations

from pathlib import Path

from posthog_wizard.api.key_format import read_key
from posthog_wizard.api.key_report import KeyReport
from posthog_wizard.cli import output, shared_options
from posthog_wizard.cli.keys.key_options import existing, host_of
from posthog_wizard.cli.keys.rows import KEY_SCHEMA, Shown, used_by
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.credentials import profiles
from posthog_wizard.credentials.profiles import Profile
from posthog_wizard.errors import NoStoredKey, WizardError
from posthog_wizard.model import Machine, Secret
from posthog_wizard.settings import stored_key


def command(
    profile: shared_options.ProfileOption = None,
    ca_file: shared_options.CaFileOption = None,
    json: shared_options.JsonOption = False,
) -> int:
    """Show the profiles: where each key is kept, its host and scopes, whether it is valid, and who uses it.

    posthog-wizard key show

    posthog-wizard key show --profile work --json
    """
    machine = this_run().machine
    kept = profiles.profiles(machine) if profile is None else (existing(machine, profile),)
    rows = [profile_row(machine, one, ca_file) for one in kept]
    if json:
        output.json_document(KEY_SCHEMA, profiles=[row.document() for row in rows])
        return 0
    for row in rows:
        row.say()
    if not rows:
        output.result("no key is stored")
        output.say("store one with `posthog-wizard key set`")
    return 0


def profile_row(machine: Machine, kept: Profile, ca_file: Path | None = None) -> Shown:
    """The profile, its key, and what PostHog says of it. A key that cannot be read is a problem, told in the row."""
    try:
        if kept.key is None:
            raise NoStoredKey(f"the profile `{kept.name}` names no key")
        key = read_key(stored_key(machine, kept, None).read().reveal(), base=host_of(kept) or None)
    except WizardError as problem:
        return Shown(kept, None, KeyReport("none"), used_by(machine, kept.name, None), problem)
    return Shown(kept, key, _reported(kept, key, ca_file), used_by(machine, kept.name, key))


def _reported(kept: Profile, key: Secret, ca_file: Path | None) -> KeyReport:
    """What PostHog says of the profile's key."""
    from posthog_wizard.api.hosts import CLOUD
    from posthog_wizard.api.key_validation import validate

    host = host_of(kept)
    with output.progress(f"asking PostHog about the key of `{kept.name}`"):
        return validate(
            key,
            (host,) if host else tuple(CLOUD.values()),
            project=kept.limits.project,
            organization=kept.limits.organization,
            allow_http=True,  # the user has agreed to this host when the key was stored
            ca_file=ca_file,
        )
