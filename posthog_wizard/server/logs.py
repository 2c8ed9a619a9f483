"""Logs: to stderr or a file of the user's own, never to stdout, never with a key."""

from __future__ import annotations

import logging
from pathlib import Path

from posthog_wizard.documents.masking import mask_text
from posthog_wizard.net.stdio import log_output

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
    target = log_output(file)
    target.setFormatter(_Masked(_FORMAT))
    logging.basicConfig(level=logging.WARNING, handlers=[target], force=True)
    logging.getLogger("posthog_wizard").setLevel(level.upper())
