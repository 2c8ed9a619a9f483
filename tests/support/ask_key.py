"""A process that checks the key on its standard input: `python -m tests.support.ask_key [--ca-file PATH] HOST...`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from posthog_wizard.api.key_validation import validate
from posthog_wizard.model import Secret


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--ca-file", type=Path)
    parser.add_argument("hosts", nargs="+")
    options = parser.parse_args()
    report = validate(Secret(sys.stdin.read()), options.hosts, ca_file=options.ca_file)
    problem = report.problem.message if report.problem else None
    sys.stdout.write(json.dumps({**report.document("stdin"), "problem": problem}))


if __name__ == "__main__":
    main()
