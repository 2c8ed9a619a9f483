"""`posthog-wizard key set`: put a key into the store."""

from __future__ import annotations

from posthog_wizard.cli import ask, output
from posthog_wizard.cli.keys.key_rows import key_document, profile_row
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.operations.keys import set
from posthog_wizard.operations.keys.key_options import KeyOptions, adding_command, place_in_words
from posthog_wizard.operations.keys.show import ProfileState, used_by


def command(options: KeyOptions, json: bool = False) -> int:
    """Put a PostHog key into the store, where `mcp serve`, `mcp bridge` and the other commands find it.

    posthog-wizard key set                          asks for the key, and where to keep it

    pass posthog | posthog-wizard key set --api-key-stdin --store file

    posthog-wizard key set --profile work --reference "command:op read op://dev/posthog/key"
    """
    person = ask.person(json=json, stdin_taken=options.api_key_stdin)
    kept, check = set.run(options, this_run().machine, person, output)
    if json and check.report is not None:
        state = ProfileState(kept, check.key, check.report, used_by(this_run().machine, kept.name, check.key))
        stored = key_document(kept, check.report.state, "stored", profiles=[profile_row(state)], key=check.document())
        output.json_document(output.SCHEMAS["key"], **stored)
        return 0
    output.result(f"the key of the profile `{kept.name}` is in {place_in_words(kept)}, for {kept.host}")
    output.say(f"next: `{adding_command(kept)}` lets clients use it")
    return 0
