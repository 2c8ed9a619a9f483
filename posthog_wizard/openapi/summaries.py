"""What an operation does, in our words: its product and its verb."""

from __future__ import annotations

from posthog_wizard.openapi.model import Operation


def summary(operation: Operation) -> str:
    """One line, at most some ten words."""
    return operation.id.replace("_", " ")
