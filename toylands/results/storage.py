"""Named arrays in one .npz file: written whole or not at all, read without pickle."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SUFFIX = ".npz"


class ResultFileError(ValueError):
    """A file that is no saved result, is damaged, or comes from a newer version."""


def write_arrays(path: str | os.PathLike[str], arrays: Mapping[str, NDArray[Any]]) -> Path:
    """Write arrays to ``path``, with ``.npz`` added when it is missing, and return where they went.

    They are written beside it under another name and moved into place once complete and on disk, so a crash or a full
    disk leaves an earlier file as it was.
    """
    final = Path(path)
    if final.suffix != SUFFIX:
        final = final.with_name(final.name + SUFFIX)
    part = final.with_name(f".{final.name}.{secrets.token_hex(4)}.part")
    try:
        with open(part, "xb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, final)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return final


def read_arrays(path: str | os.PathLike[str]) -> dict[str, NDArray[Any]]:
    """Read all arrays of an .npz file into memory; every checksum is verified.

    Raises
    ------
    OSError
        When the file cannot be opened.
    ResultFileError
        When it is no intact .npz file, or holds pickled objects.
    """
    with open(path, "rb") as file:
        try:
            with np.load(file, allow_pickle=False) as archive:
                return {name: archive[name] for name in archive.files}
        except Exception as problem:  # a damaged archive fails in many ways, none of them the caller's business
            raise ResultFileError(f"{os.fspath(path)} is not an intact .npz file: {problem}") from problem
