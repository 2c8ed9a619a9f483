"""The flags that several of these commands share."""

from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from posthog_wizard.cli import shared_options
from posthog_wizard.cli.shared_options import option

if TYPE_CHECKING:
    from posthog_wizard.operations.installations.project_access import ProjectOptions

_WHERE = "Which project"

WantedArgument = Annotated[
    str, typer.Argument(metavar="ID", help="Its id, or its name if no other has it.", show_default=False)
]
_ProjectIdOption = Annotated[
    str | None, option(_WHERE, "--project", metavar="ID", help="Of this project.  [default: the key's]")
]
_SEVERAL = "Of this environment, where the project has several."
_EnvironmentOption = Annotated[str | None, option(_WHERE, "--environment", metavar="ID", help=_SEVERAL)]
NoWaitOption = Annotated[bool, typer.Option("--no-wait", help="Do not wait until somebody has signed in.")]


class ProjectFlags(NamedTuple):
    """Which project's installations."""

    project: _ProjectIdOption = None
    environment: _EnvironmentOption = None
    profile: shared_options.ProfileOption = None

    def options(self) -> "ProjectOptions":
        """What the use cases are told."""
        from posthog_wizard.operations.installations.project_access import ProjectOptions

        return ProjectOptions(*self)
