"""Whether there is a browser to open, and opening it."""

import subprocess
import sys

from posthog_wizard.credentials.background import start_in_background
from posthog_wizard.model import Machine


def has_browser(machine: Machine) -> bool:
    """Whether a browser would open where the person sits: not over SSH, and on Linux only with a screen."""
    look = machine.environment.get
    is_remote = any(map(look, ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT")))
    has_screen = any(map(look, ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "WSL_DISTRO_NAME")))
    return not is_remote and (machine.os != "linux" or has_screen)


def open_browser(machine: Machine, address: str) -> None:
    """Start the browser, in a process of its own: what browsers print does not belong here, nor our keys there."""
    words = [sys.executable, "-I", "-m", "webbrowser", address]
    clean = {name: value for name, value in machine.environment.items() if not name.startswith("POSTHOG_")}
    none = subprocess.DEVNULL

    def browse() -> None:
        subprocess.run(words, env=clean, start_new_session=True, stdin=none, stdout=none, stderr=none, check=False)

    start_in_background(browse)  # what becomes of it is nobody's: the address is on the screen, too
