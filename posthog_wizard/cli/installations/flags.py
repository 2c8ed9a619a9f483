"""The flags that several of these commands share."""

from __future__ import annotations

from typing import Annotated

import typer

WHERE = "Which project"

Wanted = Annotated[
    str, typer.Argument(metavar="ID", help="Its id, or its name if no other has it.", show_default=False)
]
Project = Annotated[
    str | None,
    typer.Option(
        "--project",
        metavar="ID",
        help="Of this project.  [default: the key's]",
        rich_help_panel=WHERE,
        show_default=False,
    ),
]
Environment = Annotated[
    str | None,
    typer.Option(
        "--environment",
        metavar="ID",
        help="Of this environment, where the project has several.",
        rich_help_panel=WHERE,
        show_default=False,
    ),
]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Do not wait until somebody has signed in.")]
