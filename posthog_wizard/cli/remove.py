"""`mcp remove`: take the PostHog server out of clients."""

from posthog_wizard.cli import ask, options, output
from posthog_wizard.cli.change import Manner, carry_out
from posthog_wizard.cli.targets import find, target
from posthog_wizard.install.ownership import written_by_us
from posthog_wizard.machine import this_machine
from posthog_wizard.plan import Choices, plan_remove
from posthog_wizard.sources import named_hosts


def command(
    clients: options.Clients = None,
    client: options.ClientOption = None,
    every: options.All = False,
    scope: options.ScopeOption = "user",
    config_path: options.ConfigPath = None,
    name: options.Name = None,
    force: options.Force = False,
    dry_run: options.DryRun = False,
    yes: options.Yes = False,
    no_input: options.NoInput = False,
    json: options.JsonOption = False,
) -> int:
    """Take the PostHog server out of AI clients.

    posthog-wizard mcp remove             from every client that has it

    posthog-wizard mcp remove cursor      from one

    posthog-wizard mcp remove --dry-run   show the diff only
    """
    wanted = target(clients, client, every=every, scope=scope, config_path=config_path, absent_too=True)
    machine = this_machine()
    found, settled = find(wanted, machine)
    if not found and not settled:
        output.say("no AI client was found on this machine, so there is nothing to remove")
    known = written_by_us(machine)
    plan = plan_remove(
        found,
        name or "posthog",
        Choices(
            force=force,
            named=wanted.named,
            keep_twins=name is not None,
            written_by_us=known,
            hosts=named_hosts(machine),
        ),
    )
    asking = ask.can_ask(no_input=no_input, json=json)
    manner = Manner("mcp remove", dry_run=dry_run, json=json, asking=asking, confirmed=yes)
    return carry_out(plan, manner, machine, settled=settled)
