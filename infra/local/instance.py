"""One local AWS: where it listens, where its files lie, what was deployed to it."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from infra.local.checkout import INSTANCES, ROOT
from infra.local.errors import BAD_INPUT, LocalError
from infra.local.ports import LOOPBACK, check_port, free_ports

DEFAULT_NAME = "default"
ACCOUNT = "000000000000"
REGION = "us-east-1"
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")


@dataclass(frozen=True)
class Instance:
    """`outputs` are those of the stacks; `passwords` of the approval page, by e-mail address."""

    name: str
    port: int
    model_port: int
    bridge_port: int
    mail_port: int
    outputs: Mapping[str, str] = field(default_factory=dict)
    passwords: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def planned(cls, name: str, port: int | None) -> Instance:
        """A new one on ports that are free now."""
        free, model, bridge, mail = free_ports(4)
        return cls(name, free if port is None else port, model, bridge, mail)

    @classmethod
    def load(cls, name: str) -> Instance | None:
        try:
            return cls(**json.loads((folder_of(name) / "instance.json").read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def save(self) -> None:
        write_atomically(self.folder / "instance.json", asdict(self))

    @property
    def folder(self) -> Path:
        return folder_of(self.name)

    @property
    def certificate(self) -> Path:
        return self.folder / "cert.pem"

    @property
    def key(self) -> Path:
        return self.folder / "key.pem"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def endpoint(self) -> str:
        return f"https://{LOOPBACK}:{self.port}"

    @property
    def model_url(self) -> str:
        """The stand-in model: `/requests` on it counts the completions asked for."""
        return f"http://{LOOPBACK}:{self.model_port}"

    @property
    def bridge_url(self) -> str:
        return f"http://{LOOPBACK}:{self.bridge_port}"

    @property
    def mail_url(self) -> str:
        return f"http://{LOOPBACK}:{self.mail_port}/"


def folder_of(name: str) -> Path:
    """Raises LocalError for a name that cannot be a folder's."""
    if not _NAME.fullmatch(name):
        raise LocalError(
            "E_NAME",
            f"the name of a local AWS is {name[:40]!r}",
            "Use 1 to 32 of a-z, 0-9 and '-'.",
            exit_code=BAD_INPUT,
        )
    return INSTANCES / name


def create(name: str, port: int | None) -> Instance:
    """A new instance with an empty folder, on ports that nobody else has."""
    if port is not None:
        check_port(port)
    instance = Instance.planned(name, port)
    shutil.rmtree(instance.folder, ignore_errors=True)
    for part in ("logs", "tmp", "state", "s3", "aws"):
        (instance.folder / part).mkdir(parents=True, exist_ok=True)
    instance.save()
    return instance


def remove(name: str) -> None:
    """Remove what an instance left, but its logs."""
    folder = folder_of(name)
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name == "logs":
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def known() -> Iterator[str]:
    """Names of the instances that have a folder with something to stop or remove."""
    for file in sorted(INSTANCES.glob("*/instance.json")):
        yield file.parent.name


def write_atomically(path: Path, document: Mapping[str, object]) -> None:
    """Write a JSON file that readers see whole or not at all, for the owner's eyes only."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(document, file, indent=1)
    draft.replace(path)


def shown(path: Path) -> str:
    """The path as a person in the checkout would type it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
