"""What the bridge tells the person who looks after it: on stderr, or in a file. Never a key."""

from __future__ import annotations

import logging
import re
from urllib.parse import quote

from posthog_wizard.bridge.run_settings import BridgeSettings
from posthog_wizard.model import Secret
from posthog_wizard.net.authorization import placeholder_in
from posthog_wizard.net.stdio import log_output
from posthog_wizard.printable import printable

_KEYS = re.compile(r"(?<![a-zA-Z0-9])ph[a-z]_[A-Za-z0-9]{8,}")  # of PostHog, whosever they are
_LONGEST = 4000  # bytes of a message that are shown
_LOGGERS = ("posthog_wizard", "asyncio")


class Scrubbed(logging.Formatter):
    """One line per record, tracebacks below it, the key taken out of all of it."""

    def __init__(self, settings: BridgeSettings) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")
        key = settings.key.reveal() if settings.key else ""
        told = placeholder_in(key) or ""  # a reference is no key, and must be seen to be put right
        self.hidden: set[Secret] = {settings.key} if settings.key and key not in told else set()

    def format(self, record: logging.LogRecord) -> str:
        """The record as text."""
        text = super().format(record)
        for key in self.hidden:
            for spelled in {key.reveal(), quote(key.reveal(), safe="")} - {""}:
                text = text.replace(spelled, key.masked())
        return _KEYS.sub(lambda found: Secret(found[0]).masked(), text)


def log_message(way: str, line: bytes) -> None:
    """Show a message of either side, with `--log-level debug`."""
    log = logging.getLogger("posthog_wizard.bridge")
    if log.isEnabledFor(logging.DEBUG):
        cut = f" … ({len(line)} bytes)" if len(line) > _LONGEST else ""
        shown = re.sub(rb"[\w%-]+\Z", b"", line[:_LONGEST]) if cut else line  # half of a key is not known as one
        log.debug("%s %s%s", way, printable(shown.decode("utf-8", "replace")), cut)


def hide(key: Secret) -> None:
    """Take this key, too, out of all that is logged from now on."""
    for handler in (handler for name in _LOGGERS for handler in logging.getLogger(name).handlers):
        if isinstance(handler.formatter, Scrubbed):
            handler.formatter.hidden.add(key)


def start_bridge_logging(settings: BridgeSettings) -> None:
    """Send the bridge's records to stderr or to the log file. Raises WrongUsage for a file that cannot be written."""
    handler = log_output(settings.log_file)
    handler.setFormatter(Scrubbed(settings))
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(settings.log_level.upper())
        logger.propagate = False
        logger.handlers = [handler]
