"""One test as it stands in a file, before defaults, matrices and names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class FoundTest:
    """`place` says where it stands; `root` is the document its `$ref`s point into.

    Of an `external` file, one that another names, texts in files are taken untrimmed. `ignored` names what it
    says that is of no use here.
    """

    place: str
    document: Mapping[str, object]
    default: Mapping[str, object] = field(default_factory=dict)
    root: object = None
    external: bool = False
    ignored: tuple[str, ...] = ()
