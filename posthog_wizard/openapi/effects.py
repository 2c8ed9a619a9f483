"""Which operations only read. By what we know of each, never by its method or scope alone.

A GET without a scope of reading is a write unless it is named here: `duplicate_as_static_cohort` is a GET that makes a cohort.
"""

from __future__ import annotations

from posthog_wizard.openapi.model import Operation


def reads_only(operation: Operation) -> bool:
    """Whether calling it changes nothing."""
    return operation.method == "GET" and bool(operation.scopes) and all(s.endswith(":read") for s in operation.scopes)
