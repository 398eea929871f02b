"""Text that a report may hold, and writing it: whole, or not at all."""

from __future__ import annotations

import os
import re
from pathlib import Path

_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def printable(text: str) -> str:
    """The text with the characters that neither XML nor HTML can hold replaced.

    Examples
    --------
    >>> printable("a\\x07b") == "a\\ufffdb"
    True
    """
    return _NOT_IN_XML.sub("\ufffd", text)


def write_text(path: str | Path, text: str) -> None:
    """Write ``text`` to ``path`` atomically: to a file beside it first, which then takes its place.

    Raises
    ------
    OSError
        If that is impossible; then nothing is left behind, and an older file at ``path`` is untouched.
    """
    path = Path(path)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(beside, "x", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.replace(beside, path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def check_writable(path: str | Path) -> None:
    """Raise ValueError unless a file can be written at ``path``; asked before the work that is to be reported."""
    path = Path(path)
    if path.is_dir():
        raise ValueError(f"{path} is a folder, not a file")
    if not path.parent.is_dir():
        raise ValueError(f"{path}: there is no folder {path.parent}")
    if not os.access(path.parent, os.W_OK):
        raise ValueError(f"{path}: the folder {path.parent} is not writable")
