"""The index in the package: for PostHog Cloud, which may want a browser session for its schema, and where none is to be had.

`python -m tests.openapi.package openapi.json.gz` makes it of an official schema.
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path

from posthog_wizard.openapi.model import Index
from posthog_wizard.openapi.reading import from_compact

PACKAGED = Path(__file__).with_name("operations.json.gz")


@cache
def packaged_index() -> Index:
    """The index that was made for this version of the program."""
    return from_compact(json.loads(gzip.decompress(PACKAGED.read_bytes())))
