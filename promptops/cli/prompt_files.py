"""Files of a prompt folder: regular, inside it, small enough, UTF-8."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path, PurePosixPath

from promptops.domain.errors import BinaryContent, InvalidEncoding, NotAFile, TooLarge, shown

_BINARY = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"%PDF-": "PDF",
}
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def read_text(folder: Path, name: str, *, max_bytes: int, with_mark: bool = False) -> str:
    """The text of one file, `name` being relative to the folder; `with_mark` it may begin with UTF-8's mark.

    Raises NotAFile for links, folders, devices and names that lead out of the folder, TooLarge before
    anything is read, BinaryContent, InvalidEncoding for everything but UTF-8 without a byte order mark.
    """
    content = _read_bytes(folder, name, max_bytes)
    if with_mark:
        content = content.removeprefix(_BYTE_ORDER_MARKS[0])
    for start, kind in _BINARY.items():
        if content.startswith(start):
            raise BinaryContent(f"{name} looks like {kind}", "Prompts are text; save it as UTF-8.")
    if content.startswith(_BYTE_ORDER_MARKS):
        raise InvalidEncoding(f"{name}: byte 0 is 0x{content[0]:02X}", "Save it as UTF-8 without BOM.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidEncoding(
            f"{name}: byte {error.start} is 0x{content[error.start]:02X}", "Save it as UTF-8 without BOM."
        ) from error


def _read_bytes(folder: Path, name: str, max_bytes: int) -> bytes:
    path = PurePosixPath(name)
    if not path.parts or path.is_absolute() or ".." in path.parts or "\\" in name or "\0" in name:
        raise NotAFile(f"{shown(name)} is not inside the folder", "Name a file beside prompt.yaml.")
    for depth in range(1, len(path.parts)):
        if (folder / Path(*path.parts[:depth])).is_symlink():
            raise NotAFile(f"{shown(name)} leads through a link", "Put the file itself into the folder.")
    try:
        descriptor = os.open(folder / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError as error:
        raise NotAFile(f"{shown(name)} does not exist", "Create it, or correct its name.") from error
    except OSError as error:
        what = "is a link" if error.errno == errno.ELOOP else f"cannot be read: {error.strerror}"
        raise NotAFile(f"{shown(name)} {what}", "Put a regular, readable file there.") from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise NotAFile(f"{shown(name)} is not a regular file", "Put the text itself there.")
        if status.st_size > max_bytes:
            raise TooLarge(f"{name}: {status.st_size} bytes, limit {max_bytes}", "Shorten it.")
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(max_bytes)
    finally:
        os.close(descriptor)
