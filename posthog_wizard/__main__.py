"""`python -m posthog_wizard`: the same program as the console script."""

import gc
import os
import sys

_YOUNG = 50_000  # objects between collections: start-up makes many objects and little garbage
# What httpcore and httpx load because it happens to be installed, and go without where it is not: another event loop, and a
# command line with click and rich. They are a third of the time and 6 MB of every process that sends a request.
_UNUSED = {"trio", "httpx._main"}


def main() -> None:
    """Run the program and end the process with its exit code.

    The process ends at once, without taking its modules apart one by one: that would take longer than most commands.
    """
    gc.set_threshold(_YOUNG)
    sys.meta_path.insert(0, _NotInstalled)
    _open_streams()
    from posthog_wizard.cli.main import run  # noqa: PLC0415 - importing this module must not start anything heavy

    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:  # `posthog-wizard ... | head`: nobody reads on, which is no failure
        pass
    except OSError as problem:
        sys.stderr.write(f"error: the output could not be written: {problem.strerror}\n")
        code = code or 1
    os._exit(code)


class _NotInstalled:
    """Answers imports of UNUSED as where it is not installed: https://docs.python.org/3/reference/import.html#the-meta-path."""

    @staticmethod
    def find_spec(name: str, _path: object = None, _target: object = None) -> None:
        """Called by Python, which goes on to the next finder."""
        if name in _UNUSED:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


def _open_streams() -> None:
    """Lead streams that were closed (`>&-`) to nowhere, or the next file that we open would be one of them."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one
            setattr(sys, name, open(number, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - for the whole run


if __name__ == "__main__":
    main()
