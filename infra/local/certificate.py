"""The certificate of one instance: made for it, trusted by nobody else, never by the system."""

from __future__ import annotations

import subprocess
from pathlib import Path

from infra.local.errors import LocalError

_NAMES = ("DNS:localhost", "DNS:*.localhost", "DNS:*.execute-api.localhost", "IP:127.0.0.1")
_DAYS = 825


def make_certificate(certificate: Path, key: Path) -> None:
    """Write a self-signed certificate for the loopback names, and its key, unless both are there."""
    if certificate.exists() and key.exists():
        return
    extensions = (
        f"subjectAltName={','.join(_NAMES)}",
        "basicConstraints=critical,CA:FALSE",
        "extendedKeyUsage=serverAuth",
    )
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost"]
    for extension in extensions:
        command += ["-addext", extension]
    command += ["-days", str(_DAYS), "-keyout", str(key), "-out", str(certificate)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if made.returncode:
        raise LocalError(
            "E_CERTIFICATE",
            f"openssl made no certificate ({made.stderr.strip().splitlines()[-1:]})",
            "Install OpenSSL 1.1.1 or newer.",
        )
    key.chmod(0o600)
