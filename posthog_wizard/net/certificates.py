"""Which certificates are trusted: the system's."""

from __future__ import annotations

import ssl
import sys
from pathlib import Path

from posthog_wizard.errors import WrongUsage

_WITH_STORE = {"darwin", "win32"}  # systems that keep certificates elsewhere than in files


def trusted(ca_file: Path | None, platform: str = sys.platform) -> ssl.SSLContext:
    """The system's own certificate store, and the authorities in `ca_file` (PEM) beside it.

    Raises WrongUsage when the file cannot be read or holds none.
    """
    context = _from_files(platform)
    if context is None:
        import truststore  # noqa: PLC0415 - not needed everywhere

        context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if ca_file is not None:
            context.load_verify_locations(cafile=ca_file)
    except OSError as error:  # ssl.SSLError is one
        told = f"`{ca_file}` holds no certificates: {error.strerror or error}"
        raise WrongUsage(told, "pass a PEM file with `--ca-file`") from error
    return context


def _from_files(platform: str) -> ssl.SSLContext | None:
    """What OpenSSL finds where it was built to look; None where that is not the system's store, or empty.

    truststore would take the same files, but read them again (20 ms) for every connection.
    """
    if platform in _WITH_STORE:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_default_certs()
    return context if context.cert_store_stats()["x509_ca"] else None
