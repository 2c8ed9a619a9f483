"""Machines of all three operating systems, below a temporary folder."""

from __future__ import annotations

from pathlib import Path

from posthog_wizard.model import Machine, OperatingSystem

KEY = "phx_MIofXx4bPpT2sVq8Lk7NcWd3Hy6Ra1Ge5Zu9Jt0B"
LAUNCHER = ("/opt/posthog-wizard/bin/posthog-wizard",)


def machine(
    root: Path,
    os: OperatingSystem = "linux",
    *,
    launcher: tuple[str, ...] = LAUNCHER,
    temporary: tuple[Path, ...] = (),
    folder: str = "home",
    environment: dict[str, str] | None = None,
) -> Machine:
    """A machine whose home is `root/home`, with nothing on its PATH unless `environment` says so.

    `{root}` in a variable's value stands for the temporary folder; `folder` is the working directory below it.
    """
    home = root / "home"
    home.mkdir(exist_ok=True)
    return Machine(
        os=os,
        home=home,
        environment={name: value.replace("{root}", str(root)) for name, value in (environment or {}).items()},
        working_directory=root / folder,
        state_directory=root / "state",
        config_directory=root / "config",
        data_directory=root / "data",
        launcher=launcher,
        application_directories=(root / "Applications", home / "Applications") if os == "mac" else (),
        temporary_directories=temporary,
    )


def lay(root: Path, *paths: str) -> None:
    """Make folders (`a/b/`), empty programs (`a/b!`) and files (`a/b` or `a/b=text`) below `root`."""
    for path in paths:
        name, _, text = path.partition("=")
        target = root / name.rstrip("!/")
        target.parent.mkdir(parents=True, exist_ok=True)
        _make(target, name[-1], text)


def _make(target: Path, kind: str, text: str) -> None:
    if kind == "/":
        target.mkdir(exist_ok=True)
        return
    target.write_text(text, encoding="utf-8")
    target.chmod(0o755 if kind == "!" else 0o644)
