"""How an error is shown: `error:` and `hint:` on stderr, or one JSON document on stdout, and the exit code."""

from collections.abc import Sequence
from typing import Any

from posthog_wizard.cli import output
from posthog_wizard.cli.run_context import this_run
from posthog_wizard.errors import Cancelled, WizardError, WrongUsage

_ISSUES = "https://github.com/PostHog/posthog-wizard/issues"


class _Bug(WizardError):
    """Something that we did not foresee."""

    code = "bug"
    exit_code = 3


def show_failure(problem: BaseException, arguments: Sequence[str]) -> int:
    """Show any error as the command line asked for it, and give its exit code."""
    if isinstance(problem, WizardError):  # does not wait for typer's import
        return _show_error(problem, arguments)
    import typer

    if isinstance(problem, typer.TyperException):
        return _show_usage(problem, arguments)
    # Ctrl-C, or no more input where an answer is due
    if isinstance(problem, KeyboardInterrupt | EOFError | typer.Abort):
        return _show_error(Cancelled(), arguments)
    return _show_unwritten(problem, arguments) if isinstance(problem, OSError) else _show_bug(problem, arguments)


def _show_error(problem: WizardError, arguments: Sequence[str]) -> int:
    """An error of ours: one sentence that says what happened, one that says what to do."""
    if "--json" in arguments:
        schema = output.schema_of(arguments)
        asked = {"dry_run": "--dry-run" in arguments} if schema == output.SCHEMAS["add"] else {}
        known = {**output.EMPTY.get(schema, {}), **asked, **problem.fields}
        output.json_document(schema, error=output.error(problem), **known)
    else:
        output.problem(problem)
    return problem.exit_code


def _show_usage(problem: Any, arguments: Sequence[str]) -> int:
    """Show a command line that could not be understood. Without any command that is the help."""
    context = getattr(problem, "ctx", None)
    if type(problem).__name__ == "NoArgsIsHelpError":
        this_run().stderr.write(f"{problem.format_message()}\n")
        return int(problem.exit_code)
    path = context.command_path if context is not None else "posthog-wizard"
    return _show_error(WrongUsage(problem.format_message(), f"see `{path} --help`"), arguments)


def _show_unwritten(problem: OSError, arguments: Sequence[str]) -> int:
    """Stdout took no more: a full disk behind it, or nobody reads on (`posthog-wizard ... | head`), which is no failure."""
    if isinstance(problem, BrokenPipeError):
        return 0
    if problem.filename is not None:
        return _show_bug(problem, arguments)
    output.problem(WizardError(f"the output could not be written: {problem.strerror}"))
    return WizardError.exit_code


def _show_bug(problem: BaseException, arguments: Sequence[str]) -> int:
    """Say in one line that this is our fault. The traceback goes to a log file, keys masked."""
    import traceback

    from posthog_wizard.documents.masking import mask_text
    from posthog_wizard.own_files import own_folder, touch

    log = this_run().machine.state_directory / "bug.log"
    try:
        own_folder(log.parent)
        touch(log)
        log.write_text(mask_text("".join(traceback.format_exception(problem))), encoding="utf-8")
        where = f"attach `{log}`"
    except OSError:
        where = f"say that it was {type(problem).__name__} and what you ran"
    return _show_error(
        _Bug(f"a bug in posthog-wizard: {type(problem).__name__}", f"report it at {_ISSUES} and {where}"), arguments
    )
