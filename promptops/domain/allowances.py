"""What an author lets through on purpose: characters a reader cannot see, texts that look like a secret."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Allowances:
    """Part of the artifact, so that they are approved with the text they are for.

    `invisible` holds code points as `U+00AD`; `secrets` says for each kind of secret why a text that looks
    like one is none.
    """

    invisible: tuple[str, ...] = ()
    secrets: Mapping[str, str] = field(default_factory=dict)

    @property
    def characters(self) -> frozenset[str]:
        return frozenset(chr(int(point[2:], 16)) for point in self.invisible)

    def to_dict(self) -> dict[str, object]:
        """The fields of source and artifact; none where nothing is allowed."""
        fields = {"allow_invisible": list(self.invisible), "allow_secret": dict(self.secrets)}
        return {name: value for name, value in fields.items() if value}

    @classmethod
    def from_dict(cls, document: Mapping[str, object]) -> Allowances:
        """The allowances of an artifact; those of a source are checked by `read_allowances`."""
        return cls(tuple(document.get("allow_invisible", ())), dict(document.get("allow_secret", {})))  # type: ignore[arg-type, call-overload]


NOTHING = Allowances()
