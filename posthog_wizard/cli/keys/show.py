"""`posthog-wizard key show`: which profiles there are, where their keys are kept, and whether PostHog takes them."""

from __future__ import annotations

from pathlib import Path

from posthog_wizard.cli import output
from posthog_wizard.cli.keys.key_rows import profile_row, show_profile
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.operations.keys import show


def command(profile: str | None = None, ca_file: Path | None = None, json: bool = False) -> int:
    """Show the profiles: where each key is kept, its host and scopes, whether it is valid, and who uses it.

    posthog-wizard key show

    posthog-wizard key show --profile work --json
    """
    rows = show.run(profile, this_run().machine, output, ca_file)
    if json:
        output.json_document(output.KEYS_SCHEMA, profiles=[profile_row(row) for row in rows])
        return 0
    for row in rows:
        show_profile(row)
    if not rows:
        output.result("no key is stored")
        output.say("store one with `posthog-wizard key set`")
    return 0
