"""Makes the packaged index of a PostHog's own schema.

    python -m tests.openapi.package openapi.json.gz 2026-11-01

Every PostHog serves its schema at `/api/schema/?format=json`; the day is the schema's.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

from posthog_wizard.openapi.instance import PACKAGED
from posthog_wizard.openapi.reading import compacted


def main(source: str, made: str) -> None:
    """Write the index."""
    found = compacted(json.loads(gzip.decompress(Path(source).read_bytes())), made=made)
    text = json.dumps(found, separators=(",", ":"), sort_keys=True)
    PACKAGED.write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main(*sys.argv[1:])
