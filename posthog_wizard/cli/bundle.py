"""`posthog-wizard mcp bundle`: the one-click bundle of Claude Desktop."""

from pathlib import Path

from posthog_wizard.cli import output
from posthog_wizard.cli.flags import LocalFlags


def command(
    out: Path = Path("posthog.mcpb"),
    name: str | None = None,
    where: LocalFlags = LocalFlags(),  # noqa: B008 - frozen
    json: bool = False,
) -> None:
    """Write the bundle that Claude Desktop installs by a double click. It starts `mcp serve`, and holds no key.

    Claude Desktop asks for the host and the key; without a key the one of `posthog-wizard login` is used. It needs uv.

    posthog-wizard mcp bundle

    posthog-wizard mcp bundle --host https://posthog.example.com --project 5 --read-only --out team.mcpb
    """
    from posthog_wizard.operations import bundle
    from posthog_wizard.operations.server_choice import ServerChoice

    made = bundle.run(out, ServerChoice(server="local", **where._asdict()), name)
    if json:
        output.json_document(output.SCHEMAS["bundle"], path=str(made.path), sha256=made.sha256, manifest=made.manifest)
    else:
        output.result(f"{'+ written' if made.changed else '= unchanged'}  {made.path}\n      sha256 {made.sha256}")
        output.say("next: double-click it, or: Settings > Extensions > Advanced settings > Install Extension")
