"""`posthog-wizard mcp call`: one tool of `mcp serve` from the shell, no client needed."""

from typing import Annotated

import typer

from posthog_wizard.cli import shared_options
from posthog_wizard.errors import WizardError


def _tool_names(incomplete: str) -> list[str]:
    from posthog_wizard.tools import TOOLS

    return [tool.name for tool in TOOLS if tool.name.startswith(incomplete)]


def _argument_names(ctx: typer.Context, incomplete: str) -> list[str]:
    from posthog_wizard.server.service import BY_NAME

    tool = BY_NAME.get(ctx.params.get("tool") or "")
    return [f"{name}=" for name in (tool.parameters if tool else ()) if name.startswith(incomplete)]


_ToolArgument = Annotated[
    str,
    typer.Argument(
        metavar="TOOL", help="`posthog-wizard mcp tools` lists them.", autocompletion=_tool_names, show_default=False
    ),
]
_WordsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME=VALUE]...",
        help="Arguments; JSON where the tool wants no text.",
        autocompletion=_argument_names,
        show_default=False,
    ),
]
_ArgumentsOption = Annotated[
    str | None,
    typer.Option(
        "--arguments",
        metavar="JSON|@FILE|-",
        help="All arguments as an object; `-` reads it from stdin.",
        show_default=False,
    ),
]
_SureOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before a tool that may delete.")]


def command(
    tool: _ToolArgument,
    words: _WordsArgument = None,
    arguments: _ArgumentsOption = None,
    where: shared_options.LocalFlags = shared_options.LocalFlags(),  # noqa: B008 - frozen
    max_tokens: shared_options.MaxTokensOption = 20_000,
    allow_dangerous: shared_options.AllowDangerousOption = False,
    yes: _SureOption = False,
    json: shared_options.JsonOption = False,
) -> None:
    """Call one of PostHog's tools, as an agent calls it through `mcp serve`.

    The answer is JSON, a row a line; what was cut from it is told on stderr.

    posthog-wizard mcp call feature-flag-get-all

    posthog-wizard mcp call query-run query='{"kind": "HogQLQuery", "query": "SELECT count() FROM events"}'

    posthog-wizard mcp call delete-feature-flag flag_key=old-nav --yes

    posthog-wizard mcp call api-read operation=annotations_list
    """
    from posthog_wizard.cli import ask, output
    from posthog_wizard.cli.run_context import this_run
    from posthog_wizard.cli.serve_settings import chosen_access
    from posthog_wizard.invocation import Invocation
    from posthog_wizard.operations import call
    from posthog_wizard.tools.answers import by_rows

    person, given = ask.person(json=json, stdin_taken=arguments == "-"), {}
    try:
        given = call.read_arguments(tool, words or [], call.read_whole(arguments, output.standard_input))
        access = chosen_access(this_run().machine, Invocation("serve", **where._asdict()))
        options = call.CallOptions(tool, given, max_tokens, sure=yes, allow_dangerous=allow_dangerous)
        answer = call.run(options, access, person, output)
    except WizardError as problem:
        problem.fields |= {"tool": tool, "arguments": given}
        raise
    for note in answer.notes:
        output.say(note)
    if json:
        output.json_document(output.SCHEMAS["call"], tool=tool, arguments=given, result=answer.value)
    else:
        output.data(by_rows(answer.value))
