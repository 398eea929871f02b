"""What the entries on noise structure share: how an entry is put together."""

from __future__ import annotations

from functools import partial

from theory.claims.anisotropic._common import PAPER
from theory.claims.building import judged
from theory.claims.claim import Form

entry = partial(judged, PAPER)


def words(text: str, latex: str = "") -> Form:
    """A statement without values at points."""
    return Form(text, latex)
