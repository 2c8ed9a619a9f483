"""What can be wrong with our own installation."""

from __future__ import annotations

import shutil

from posthog_wizard.install.disk import this_disk
from posthog_wizard.install.history import read_history
from tests.support.doctor_contexts import Body, Fault, both

DESKTOP = "claude-desktop"


def program(body: Body, path: str, text: str | None = "", mode: int = 0o755) -> None:
    """Claude Desktop's entry starts this program; `text` is its content, None: there is none."""
    target = body.root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    if text is not None:
        target.write_text(text)
        target.chmod(mode)
    body.change(DESKTOP, command=str(target))


def link(body: Body) -> None:
    """A link whose Python is gone."""
    target = body.root / "venv/bin/posthog-wizard"
    target.parent.mkdir(parents=True)
    target.symlink_to(body.root / "python3.10/posthog-wizard")
    body.change(DESKTOP, command=str(target))


def moved(body: Body) -> None:
    """This program was installed anew somewhere else, and the old place is gone."""
    (body.root / "home/.local/bin/posthog-wizard").unlink()
    body.lay("new/bin/posthog-wizard!")
    body.launcher = (str(body.root / "new/bin/posthog-wizard"),)


def without_console_program(body: Body) -> None:
    """Started through a Python that was upgraded away."""
    arguments = ["-I", "-m", "posthog_wizard", *body.entry(DESKTOP)["args"]]
    body.change(DESKTOP, command=str(body.root / "gone/python3.10"), args=arguments)


def in_a_temporary_folder(body: Body) -> None:
    """An entry that `uvx` left behind."""
    body.temporary = (body.root / "tmp",)
    program(body, "tmp/bin/posthog-wizard")


def journal_is_a_file(body: Body) -> None:
    """Something else has our state directory's name."""
    shutil.rmtree(body.root / "state")
    body.lay("state=not ours")


def undone(body: Body) -> None:
    """Nothing was ever added."""
    body.undo(read_history(body.machine, this_disk()).last().change_id)


def folder(body: Body) -> None:
    """The command is a folder."""
    body.lay("a/posthog-wizard/")
    body.change(DESKTOP, command=str(body.root / "a/posthog-wizard"))


FAULTS = (
    Fault(
        "runs from a temporary folder",
        lambda body: setattr(body, "temporary", (body.root,)),
        {"install.version": "warn"},
        left=("install.version",),
    ),
    Fault(
        "the program is gone",
        lambda body: (body.root / "home/.local/bin/posthog-wizard").unlink(),
        {"install.version": "fail", "install.entries": "fail"},
        left=("install.version", "install.entries"),
    ),
    Fault("the environment was moved", moved, {"install.entries": "fail"}),
    Fault(
        "the entry's program is gone",
        lambda body: program(body, "old/venv/bin/posthog-wizard", None),
        {"install.entries": "fail"},
    ),
    Fault(
        "a program that is gone, and this one is in a temporary folder",
        both(
            lambda body: program(body, "old/venv/bin/posthog-wizard", None),
            lambda body: setattr(body, "temporary", (body.root / "home/.local",)),
        ),
        {"install.version": "warn", "install.entries": "fail"},
        left=("install.version", "install.entries"),
    ),
    Fault("a link whose Python is gone", link, {"install.entries": "fail"}),
    Fault("not executable", lambda body: program(body, "a/posthog-wizard", "", 0o644), {"install.entries": "fail"}),
    Fault(
        "the script's interpreter is gone",
        lambda body: program(body, "a/posthog-wizard", "#!/gone/venv/bin/python3.10\nimport x\n"),
        {"install.entries": "fail"},
    ),
    Fault(
        "the interpreter of a script with a long path is gone",
        lambda body: program(body, "a/posthog-wizard", "#!/bin/sh\n'''exec' /gone/python3 \"$0\" \"$@\"\n' '''\n"),
        {"install.entries": "fail"},
    ),
    Fault("a folder in place of the program", folder, {"install.entries": "fail"}),
    Fault("a Python that was upgraded away", without_console_program, {"install.entries": "fail"}),
    Fault(
        "an entry of uvx's",
        in_a_temporary_folder,
        {"client.claude-desktop.entry": "warn"},
    ),
    Fault(
        "an old Python",
        lambda body: setattr(body, "python", (3, 10)),
        {"install.python": "fail"},
        left=("install.python",),
    ),
    Fault(
        "the state directory is a file",
        journal_is_a_file,
        {"install.state": "fail"},
        left=("install.state",),
    ),
    Fault(
        "the journal may not be written",
        lambda body: (body.root / "state/journal").chmod(0o500),
        {"install.state": "fail"},
    ),
    Fault(
        "a run in the journal is garbage",
        lambda body: body.lay("state/journal/0009-abc.jsonl=garbage"),
        {"install.state": "warn"},
        left=("install.state",),
    ),
    Fault("no client has PostHog", undone, {"install.entries": "warn"}, left=("install.entries",)),
    Fault(
        "a named client has none",
        both(undone, lambda body: setattr(body, "named", ("cursor",))),
        {"client.cursor.entry": "fail"},
        left=("client.cursor.entry",),
    ),
    Fault(
        "a named client is not here",
        lambda body: setattr(body, "named", ("windsurf",)),
        {"client.windsurf.detected": "fail"},
        left=("client.windsurf.detected",),
        clients=("cursor",),
    ),
)
