"""What a shell offers for a word: ids, names and lists that are known without asking anybody."""

from collections.abc import Callable, Iterable
from typing import Any

from posthog_wizard.cli.run_context import this_run


def client_ids(incomplete: str) -> list[str]:
    """Ids of clients."""
    from posthog_wizard.clients import CLIENTS

    return _beginning(incomplete, CLIENTS)


def _features(incomplete: str) -> list[str]:
    from posthog_wizard.tools.selection import FEATURES

    return _in_list(incomplete, FEATURES)


def _tools(incomplete: str) -> list[str]:
    from posthog_wizard.tools import TOOLS

    return _in_list(incomplete, [tool.name for tool in TOOLS])


def tool_names(incomplete: str) -> list[str]:
    """Names of tools."""
    from posthog_wizard.tools import TOOLS

    return _beginning(incomplete, (tool.name for tool in TOOLS))


def argument_names(ctx: Any, incomplete: str) -> list[str]:
    """The beginnings of the arguments of the tool that was named; typer knows `ctx`, its context, by this name."""
    from posthog_wizard.server.service import BY_NAME

    tool = BY_NAME.get(ctx.params.get("tool") or "")
    return _beginning(incomplete, (f"{name}=" for name in (tool.parameters if tool else ())))


def _profiles(incomplete: str) -> list[str]:
    from posthog_wizard.credentials.profiles import profiles

    return _beginning(incomplete, (one.name for one in profiles(this_run().machine)))


def change_ids(incomplete: str) -> list[str]:
    """Ids of changes, the latest first."""
    from posthog_wizard.install.disk import this_disk
    from posthog_wizard.install.history import read_history

    return _beginning(
        incomplete, (run.change_id for run in reversed(read_history(this_run().machine, this_disk()).runs))
    )


def _beginning(incomplete: str, known: Iterable[str]) -> list[str]:
    return [one for one in known if one.startswith(incomplete)]


def _in_list(incomplete: str, known: Iterable[str]) -> list[str]:
    """The same for the last name of a list with commas."""
    before, comma, last = incomplete.rpartition(",")
    given = before.split(",")
    return [f"{before}{comma}{one}" for one in known if one.startswith(last) and one not in given]


COMPLETED: dict[str, Callable[[str], list[str]]] = {"features": _features, "tools": _tools, "profile": _profiles}
"""By the flag's name."""
