"""The flags that several of these commands share."""

from __future__ import annotations

from typing import Annotated

import typer

_WHERE = "Which project"

WantedArgument = Annotated[
    str, typer.Argument(metavar="ID", help="Its id, or its name if no other has it.", show_default=False)
]
ProjectIdOption = Annotated[
    str | None,
    typer.Option(
        "--project",
        metavar="ID",
        help="Of this project.  [default: the key's]",
        rich_help_panel=_WHERE,
        show_default=False,
    ),
]
EnvironmentOption = Annotated[
    str | None,
    typer.Option(
        "--environment",
        metavar="ID",
        help="Of this environment, where the project has several.",
        rich_help_panel=_WHERE,
        show_default=False,
    ),
]
NoWaitOption = Annotated[bool, typer.Option("--no-wait", help="Do not wait until somebody has signed in.")]
