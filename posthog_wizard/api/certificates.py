"""Which certificates are trusted."""

from __future__ import annotations

import ssl
from pathlib import Path

from posthog_wizard.errors import WrongUsage


def trusted(ca_file: Path | None) -> ssl.SSLContext:
    """The system's own certificate store, and the authorities in `ca_file` (PEM) beside it.

    Raises WrongUsage when the file cannot be read or holds none.
    """
    import truststore  # noqa: PLC0415 - plain http to loopback needs none of it

    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if ca_file is not None:
            context.load_verify_locations(cafile=ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise WrongUsage(
            f"`{ca_file}` holds no certificates: {error.strerror or error}", "pass a PEM file with `--ca-file`"
        ) from error
    return context
