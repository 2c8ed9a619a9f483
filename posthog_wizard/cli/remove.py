"""`mcp remove`: take the PostHog server out of clients."""

from posthog_wizard.cli import ask, output, shared_options
from posthog_wizard.cli.change import RunOptions, carry_out
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.cli.targets import client_selection, find
from posthog_wizard.install.ownership import written_by_us
from posthog_wizard.plan import PlanOptions, plan_remove
from posthog_wizard.settings import named_hosts


def command(
    clients: shared_options.ClientsArgument = None,
    client: shared_options.ClientOption = None,
    every: shared_options.AllOption = False,
    scope: shared_options.ScopeOption = "user",
    config_path: shared_options.ConfigPathOption = None,
    name: shared_options.NameOption = None,
    force: shared_options.ForceOption = False,
    dry_run: shared_options.DryRunOption = False,
    yes: shared_options.YesOption = False,
    no_input: shared_options.NoInputOption = False,
    json: shared_options.JsonOption = False,
) -> int:
    """Take the PostHog server out of AI clients.

    posthog-wizard mcp remove             from every client that has it

    posthog-wizard mcp remove cursor      from one

    posthog-wizard mcp remove --dry-run   show the diff only
    """
    wanted = client_selection(clients, client, every=every, scope=scope, config_path=config_path, absent_too=True)
    machine = this_run().machine
    found, resolved = find(wanted, machine)
    if not found and not resolved:
        output.say("no AI client was found on this machine, so there is nothing to remove")
    known = written_by_us(machine)
    plan = plan_remove(
        found,
        name or "posthog",
        PlanOptions(
            force=force,
            named=wanted.named,
            keep_twins=name is not None,
            written_by_us=known,
            hosts=named_hosts(machine),
        ),
    )
    asking = ask.can_ask(no_input=no_input, json=json)
    run_options = RunOptions("mcp remove", dry_run=dry_run, json=json, asking=asking, confirmed=yes)
    return carry_out(plan, run_options, machine, resolved=resolved)
