"""How the emulator of AWS is started: its command, and the few variables it gets."""

from __future__ import annotations

import os

from infra.local.checkout import EMULATOR_PYTHON
from infra.local.instance import Instance
from infra.local.loopback import answers
from infra.local.ports import LOOPBACK

COMMAND = [str(EMULATOR_PYTHON), "-m", "infra.local.emulator_process"]


def emulator_environment(instance: Instance) -> dict[str, str]:
    """All it is told. Lambda workers inherit it: nothing in it leads to the checkout or to a real account."""
    folder, certificate = instance.folder, str(instance.certificate)
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder / "tmp"),
        "LANG": "C.UTF-8",
        "TMPDIR": str(folder / "tmp"),
        "STATE_DIR": str(folder / "state"),
        "S3_DATA_DIR": str(folder / "s3"),
        "AUTH": "true",
        "USE_SSL": "1",
        "MINISTACK_SSL_CERT": certificate,
        "MINISTACK_SSL_KEY": str(instance.key),
        "GATEWAY_PORT": str(instance.port),
        "BIND_HOST": LOOPBACK,
        "MINISTACK_BEDROCK_PROXY_URL": instance.bridge_url,
        # Servers of services that the product does not use would listen on fixed ports, on every interface.
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        # Workers trust this certificate and no other, so a call that misses the emulator reaches nobody.
        "AWS_CA_BUNDLE": certificate,
        "REQUESTS_CA_BUNDLE": certificate,
        "SSL_CERT_FILE": certificate,
    }


def emulator_answers(instance: Instance) -> bool:
    return answers(f"{instance.endpoint}/_ministack/ready", certificate=instance.certificate)
