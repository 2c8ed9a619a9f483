"""Where a process that a client starts logs: stderr, or a file of the user's own; never stdout, which is the protocol's."""

from __future__ import annotations

import logging
from pathlib import Path

from posthog_wizard.errors import WrongUsage
from posthog_wizard.own_files import touch


def log_output(file: Path | None) -> logging.Handler:
    """The handler for `--log-file`. Raises WrongUsage for a file that cannot be written."""
    if file is None:
        return logging.StreamHandler()
    try:
        touch(file)
        return logging.FileHandler(file, encoding="utf-8")
    except OSError as error:
        raise WrongUsage(
            f"`{file}` cannot be written: {error.strerror}", "pass another path with `--log-file`"
        ) from error
