"""Logs: to stderr or a file of the user's own, never to stdout, never with a key."""

from __future__ import annotations

import logging
from pathlib import Path

from posthog_wizard.documents.masking import mask_text
from posthog_wizard.errors import WrongUsage
from posthog_wizard.own_files import touch

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class _Masked(logging.Formatter):
    """A formatter whose every line, tracebacks included, has its keys masked."""

    def format(self, record: logging.LogRecord) -> str:
        """The line as it is written."""
        return mask_text(super().format(record))


def start_server_logging(file: Path | None, level: str) -> None:
    """Log what is at least `level` from our code, and warnings of everything else.

    Raises:
        WrongUsage: the file cannot be written.
    """
    target = logging.StreamHandler() if file is None else _file(file)
    target.setFormatter(_Masked(_FORMAT))
    logging.basicConfig(level=logging.WARNING, handlers=[target], force=True)
    logging.getLogger("posthog_wizard").setLevel(level.upper())


def _file(path: Path) -> logging.Handler:
    try:
        touch(path)
        return logging.FileHandler(path, encoding="utf-8")
    except OSError as error:
        raise WrongUsage(
            f"`{path}` cannot be written: {error.strerror}", "Pass another path with --log-file."
        ) from error
