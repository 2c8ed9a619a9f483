"""`posthog-wizard mcp call`: one tool of `mcp serve` from the shell, no client needed."""

from posthog_wizard.cli.flags import LocalFlags
from posthog_wizard.errors import WizardError


def command(
    tool: str,
    words: list[str] | None = None,
    arguments: str | None = None,
    where: LocalFlags = LocalFlags(),  # noqa: B008 - frozen
    max_tokens: int = 20_000,
    allow_dangerous: bool = False,
    yes: bool = False,
    json: bool = False,
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
    from posthog_wizard.cli.serve import chosen_access
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
