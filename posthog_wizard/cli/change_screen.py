"""What became of a change, as people read it or as the JSON document."""

from collections.abc import Callable

from posthog_wizard.cli import output
from posthog_wizard.clients import CLIENTS
from posthog_wizard.operations.change import Changed

TITLES = {client.id: client.title for client in CLIENTS.values()}


def show_change(
    changed: Changed,
    *,
    json: bool,
    seen: bool = False,
    lasting: bool = False,
    publish: Callable[..., None] = output.json_document,
) -> int:
    """Show it and give the exit code.

    `seen`: the user was there and was asked. `lasting`: no undo brings back what was there. `publish` takes the JSON
    document, for a command whose own document holds it.
    """
    if json:
        publish(
            output.SCHEMAS["add"],
            dry_run=changed.dry_run,
            change_id=changed.change_id,
            key=changed.key or output.NO_KEY,
            clients=output.outcome_rows(changed.outcomes),
        )
    else:
        _show_lines(changed, seen=seen, lasting=lasting)
    return 1 if changed.failed else 0


def _show_lines(changed: Changed, *, seen: bool, lasting: bool) -> None:
    if changed.dry_run:
        output.show_diff(changed.plan, as_result=True)
    output.outcomes(changed.outcomes, TITLES, dry_run=changed.dry_run)
    done = {(one.client, one.path) for one in changed.outcomes if one.outcome in output.CHANGES}
    if changed.change_id is None or not done:  # what was lost again is neither there nor to be taken back
        return
    holding = (step.told for step in changed.plan.steps if step.holds_key and step.outcome != "restored")
    if not seen and any((one.client, one.path) in done for one in holding):
        output.say(
            "the key stands in these files in plain text; "
            "`posthog-wizard mcp add` with `--secret store`, `--secret env` or `--oauth` keeps it out"
        )
    if not lasting:
        output.say(f"take it back with `posthog-wizard mcp undo {changed.change_id}`")
