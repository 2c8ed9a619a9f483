"""`posthog-wizard mcp tools`: the tools of `mcp serve`, and what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from posthog_wizard.cli import output
from posthog_wizard.cli.flags import LocalFlags

if TYPE_CHECKING:
    from posthog_wizard.openapi.model import Index
    from posthog_wizard.tools.selection import Selection
    from posthog_wizard.tools.workspace import Access


def command(
    where: LocalFlags = LocalFlags(),  # noqa: B008 - frozen
    json: bool = False,
) -> None:
    """Show the tools that `mcp serve` offers, the scopes they need, and their tokens.

    With a key in the environment or in the profile, tools whose scopes it lacks are left out, as `mcp serve` leaves them out.

    posthog-wizard mcp tools

    posthog-wizard mcp tools --features flags,experiments --read-only --json
    """
    from posthog_wizard.cli.run_context import this_run
    from posthog_wizard.cli.serve import chosen_access
    from posthog_wizard.invocation import Invocation
    from posthog_wizard.tools.listing import row, total
    from posthog_wizard.tools.selection import BY_CHOICE, NAMED_FEATURE

    access = chosen_access(this_run().machine, Invocation("serve", **where._asdict()))
    selection = _selected(access)
    rows = [row(tool) for tool in selection.offered]
    tokens = total(selection.offered)
    index = _index(access) if any(tool.feature == NAMED_FEATURE for tool in selection.offered) else None
    if json:
        more = {"operations": {"count": len(index.operations), **index.origin._asdict()}} if index else {}
        output.json_document(output.SCHEMAS["tools"], tools=rows, total_tokens=tokens, **more)
        return
    cells = [
        (one["name"], one["toolset"], ", ".join(one["scopes"]), "" if one["read_only"] else "yes", str(one["tokens"]))
        for one in rows
    ]
    output.show_columns([("tool", "toolset", "scopes", "writes", "tokens"), *cells])
    output.result(f"\n{len(rows)} tools, {tokens} tokens")
    if index:
        output.result(_operations(index))
    for name, reason in selection.left_out.items():
        if reason not in BY_CHOICE:
            output.say(f"left out: {name} ({reason})")


def _selected(given: Access) -> Selection:
    from posthog_wizard.api.hosts import CLOUD
    from posthog_wizard.api.key_format import read_key
    from posthog_wizard.api.key_validation import validate
    from posthog_wizard.tools import TOOLS
    from posthog_wizard.tools.selection import select

    if given.defect is not None:
        raise given.defect
    if given.source is None or given.embedded is not None:  # the sandbox's key may do everything
        return select(TOOLS, given.limits, None)
    hosts = (given.host,) if given.host else tuple(CLOUD.values())
    report = validate(read_key(given.source.read().reveal(), base=given.host, signed_in=given.source.may_change), hosts)
    if report.problem is not None:
        output.warn(f"the key's scopes are not known, all tools are shown: {report.problem.message}")
    return select(TOOLS, given.limits, report.scopes or None, report.teams, reads_only=report.reads_only)


def _index(access: Access) -> Index:
    import asyncio

    from posthog_wizard.tools.workspace import Workspace

    async def found() -> Index:
        workspace = Workspace(access)
        try:
            return await workspace.operations()
        finally:
            await workspace.close()

    return asyncio.run(found())


def _operations(index: Index) -> str:
    """How many operations the toolset `api` has, who said so, and when."""
    from datetime import UTC, datetime

    from posthog_wizard.api.hosts import SANDBOX_BASE

    origin = index.origin
    days = (datetime.now(UTC).date() - datetime.fromisoformat(origin.made).date()).days
    source = "the sandbox" if origin.host == SANDBOX_BASE else origin.host or "the index in this program"
    told = f"{len(index.operations)} operations, from {source}, of {origin.made} ({days} {'day' if days == 1 else 'days'} old)"
    return f"{told}, as the PostHog gave none: {origin.refusal}" if origin.refusal else told
