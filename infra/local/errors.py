"""What can go wrong on this machine, in the form of every error: `E_CODE: what (value). How to fix it.`"""

from __future__ import annotations

from pathlib import Path

BAD_INPUT = 2
UNAVAILABLE = 6
_TAIL_LINES = 15


class LocalError(Exception):
    """What went wrong, and the next step; the command ends with `exit_code`."""

    def __init__(self, code: str, what: str, fix: str, *, exit_code: int = UNAVAILABLE) -> None:
        super().__init__(f"{code}: {what}. {fix}")
        self.code, self.what, self.fix, self.exit_code = code, what, fix, exit_code

    def to_dict(self) -> dict[str, object]:
        return {"code": self.code, "what": self.what, "fix": self.fix, "message": str(self)}


def last_lines(log: Path) -> str:
    """The end of a log, indented, to stand above an error; empty if there is none."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    return "".join(f"  | {line}\n" for line in lines[-_TAIL_LINES:])
