"""Look again after writing: is what we wanted there?"""

from __future__ import annotations

from posthog_wizard.errors import ConfigError, VerifyFailed
from posthog_wizard.install import files
from posthog_wizard.install.disk import Disk
from posthog_wizard.model import Dialect, Edit, Json, Step


def verify(step: Step, disk: Disk) -> None:
    """The file holds `after`, or, where its client rewrote it meanwhile, every edit's value.

    Raises VerifyFailed, or Unreadable when the file cannot be read any more.
    """
    current = files.read(step.change.path, disk)
    if current == step.change.after or _holds(current, step):
        return
    raise rewritten(step)


def rewritten(step: Step) -> VerifyFailed:
    """The error for an entry that another program took out again."""
    return VerifyFailed(
        "the entry was written, but another program has rewritten the file without it",
        f"quit {step.found.client.title}, then run the command again",
        path=str(step.change.path),
    )


def _holds(current: bytes | None, step: Step) -> bool:
    from posthog_wizard.documents import jsonc  # noqa: PLC0415 - the ordinary case needs no parsing

    dialect = step.found.place.dialect
    try:
        document = jsonc.parse(current, dialect)
        return bool(step.edits) and all(document.get(edit.keys) == wanted(edit, dialect) for edit in step.edits)
    except ConfigError:
        return False


def wanted(edit: Edit, dialect: Dialect) -> Json:
    """The value that the edit leaves behind, `jsonc.ABSENT` when it takes one away."""
    from posthog_wizard.documents import jsonc  # noqa: PLC0415 - as above

    return jsonc.ABSENT if edit.after is None else jsonc.parse(edit.after, dialect).get(())
