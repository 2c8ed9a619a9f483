"""`python -m posthog_wizard`: the same program as the console script."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the program and end the process with its exit code."""
    from posthog_wizard.cli.app import run  # noqa: PLC0415 - importing this module must not start anything heavy

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
