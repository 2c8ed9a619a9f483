"""`mcp remove`: take the PostHog server out of clients."""

from posthog_wizard.cli import ask, output
from posthog_wizard.cli.change_screen import show_change
from posthog_wizard.cli.flags import ChangeFlags
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.operations import remove
from posthog_wizard.operations.change import RunOptions
from posthog_wizard.operations.targets import ClientChoice


def command(which: ClientChoice, how: ChangeFlags, everywhere: bool = False) -> int:
    """Take the PostHog server out of AI clients.

    posthog-wizard mcp remove             from every client that has it

    posthog-wizard mcp remove cursor      from one

    posthog-wizard mcp remove --dry-run   show the diff only

    posthog-wizard mcp remove --everywhere   leave no entry of ours, whatever it is called
    """
    change = RunOptions("mcp remove", dry_run=how.dry_run, confirmed=how.yes)
    options = remove.RemoveOptions(which.selection(absent_too=True), change, which.name, which.force, everywhere)
    person = ask.person(json=how.json, no_input=how.no_input)
    return show_change(remove.run(options, this_run().machine, person, output), json=how.json, seen=person is not None)
