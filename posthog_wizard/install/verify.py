"""Look again after writing: is what we wanted there?"""

from __future__ import annotations

from posthog_wizard.errors import ConfigError, VerifyFailed
from posthog_wizard.install import files
from posthog_wizard.install.disk import Disk
from posthog_wizard.model import Step


def verify(step: Step, disk: Disk) -> bool:
    """Whether the file holds exactly `after`; False: its client rewrote it meanwhile, and every edit's value is there.

    Raises VerifyFailed, or Unreadable when the file cannot be read any more.
    """
    current = files.read_file(step.change.path, disk)
    if current == step.change.after:
        return True
    if not _holds(current, step):
        raise rewritten(step)
    return False


def rewritten(step: Step) -> VerifyFailed:
    """The error for an entry that another program took out again."""
    return VerifyFailed(
        "the entry was written, but another program has rewritten the file without it",
        f"quit {step.found.client.title}, then run the command again",
        path=str(step.change.path),
    )


def _holds(current: bytes | None, step: Step) -> bool:
    from posthog_wizard.documents.formats import FORMATS  # noqa: PLC0415 - the ordinary case needs no parsing
    from posthog_wizard.install.edits import is_done  # noqa: PLC0415

    try:
        document = FORMATS[step.found.place.format].parse(current, step.found.place.dialect)
        return bool(step.edits) and all(is_done(document, edit, step.found.place) for edit in step.edits)
    except ConfigError:
        return False
