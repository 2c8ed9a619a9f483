"""How often a command opens each file below a folder: `python -m tests.support.opens FOLDER mcp list` prints JSON."""

from __future__ import annotations

import json
import sys
from collections import Counter

from posthog_wizard.cli.main import run

folder, *arguments = sys.argv[1:]
opened: Counter[str] = Counter()


def note(event: str, given: tuple[object, ...]) -> None:
    if event == "open" and str(given[0]).startswith(folder):
        opened[str(given[0])] += 1


sys.addaudithook(note)
run(arguments, stdout=sys.stderr)
sys.stdout.write(json.dumps(opened))
