"""`mcp add`: put the PostHog server into clients."""

import json

from posthog_wizard.cli import ask, output
from posthog_wizard.cli.change_screen import TITLES, show_change
from posthog_wizard.cli.flags import ChangeFlags
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.operations import add
from posthog_wizard.operations.add_options import AddOptions
from posthog_wizard.operations.change import RunOptions
from posthog_wizard.operations.server_choice import ServerChoice
from posthog_wizard.operations.targets import ClientChoice


def command(
    which: ClientChoice,
    choice: ServerChoice,
    how: ChangeFlags,
    allow_plaintext: bool = False,
    no_verify: bool = False,
    no_limits: bool = False,
) -> int:
    """Put the PostHog server into AI clients.

    posthog-wizard mcp add                         every client found here

    posthog-wizard mcp add cursor zed --read-only  two clients, nothing can be changed

    posthog-wizard mcp add --dry-run               show the diff only

    pass posthog | posthog-wizard mcp add --api-key-stdin

    posthog-wizard mcp add --host https://posthog.example.com

    posthog-wizard mcp add --sandbox               no account: sample data, on this machine
    """
    options = AddOptions(
        target=which.selection(absent_too=which.force),
        choice=choice,
        change=RunOptions("mcp add", dry_run=how.dry_run, confirmed=how.yes),
        every=which.every,
        name=which.name,
        force=which.force,
        allow_plaintext=allow_plaintext,
        verify=not no_verify,
        no_limits=no_limits,
    )
    person = ask.person(json=how.json, no_input=how.no_input, stdin_taken=choice.api_key_stdin)
    changed = add.run(options, this_run().machine, person, output)
    if changed.example is None or how.json:
        return show_change(changed, json=how.json, seen=person is not None)
    from posthog_wizard.operations.sandbox_setup import EXAMPLE_CLIENT

    output.say(f"no AI client was found on this machine; in {TITLES[EXAMPLE_CLIENT]} this would be added:")
    output.data(json.dumps(changed.example, indent=2))
    output.say("for another client: `posthog-wizard mcp print CLIENT --sandbox`")
    return 0
