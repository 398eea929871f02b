"""Outcomes of derivations on disk: what a derivation showed, so that it need not run again until its sources change.

A file's name is a hash of everything that can change the outcome: the claim's id, the text of the module that defines
it and of everything of ``theory`` that this imports, the judge's own modules, all of ``toylands``, and the versions of
Python, SymPy, mpmath, NumPy and SciPy. Files hold JSON, are written whole and renamed into place, and are read only
from a folder that belongs to the user and that nobody else can write to. Those not read for a month are removed.

Only claims of the ledger are kept: a file of the user's own can import anything. A derivation that raised is not kept.
The folder is that of the compiled kernels, see :mod:`toylands.kernels.cache`.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import mpmath
import numpy
import scipy
import sympy

from theory import sources
from theory.claims import registry
from theory.claims.claim import Claim, Derivation, Form
from theory.judge.outcomes import Check, Opened, SearchOutcome, Values
from theory.proof import Proof, Step
from toylands.kernels import cache as kernels

FORMAT = 1
SUFFIX = ".derivation"
JUDGE = ("theory.judge.deriving", "theory.judge.kept")
MONTH = 30 * 24 * 3600


def folder() -> Path | None:
    """Where outcomes are kept; None if they are not."""
    return kernels.folder()


@cache
def _surroundings() -> str:
    """What outcomes depend on besides the sources of ``theory``."""
    versions = [sympy.__version__, mpmath.__version__, numpy.__version__, scipy.__version__]
    return " ".join([str(FORMAT), sys.version, platform.machine(), *versions, kernels.SOURCES])


@cache
def _sources_of(module: str) -> str:
    return sources.digest(sources.rests_on((module, *JUDGE)))


def key(claim: Claim) -> str | None:
    """The name under which a claim's outcome is kept, None if it is not of the ledger."""
    module = registry.module_of(claim)
    if module is None or module not in sources.TEXTS:
        return None
    try:
        described = "\0".join([claim.id, _sources_of(module), _surroundings()])
    except SyntaxError:  # a module that nothing has imported yet
        return None
    return hashlib.sha256(described.encode()).hexdigest()


def load(claim: Claim) -> Opened | None:
    """The outcome of a claim's derivation with these very sources; None if there is none that can be read."""
    where, name = folder(), key(claim)
    if where is None or name is None:
        return None
    path = where / f"{name}{SUFFIX}"
    try:
        if not kernels.is_private(where):
            return None
        found = json.loads(path.read_text(encoding="utf-8"))
        if (found["key"], found["id"]) != (name, claim.id):
            return None
        opened = _opened(found["opened"])
        os.utime(path)
        return opened
    except Exception:  # whatever is wrong with a file, deriving anew is right
        return None


def save(claim: Claim, opened: Opened) -> None:
    """Keep an outcome that came from running the derivation; a folder that cannot be written is no reason to fail."""
    where, name = folder(), key(claim)
    if where is None or name is None or opened.derivation is None or opened.kept:
        return
    text = json.dumps({"key": name, "id": claim.id, "opened": _plain(opened)}, ensure_ascii=False)
    try:
        where.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not kernels.is_private(where):
            return
        handle, beside = tempfile.mkstemp(dir=where, suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(beside, where / f"{name}{SUFFIX}")
        except BaseException:
            os.unlink(beside)
            raise
    except OSError:
        pass


def prune() -> None:
    """Remove outcomes that no run has read for a month: mostly those of older sources."""
    where, oldest = folder(), time.time() - MONTH
    for path in where.glob(f"*{SUFFIX}") if where is not None and where.is_dir() else ():
        try:
            if path.stat().st_mtime < oldest:
                path.unlink()
        except OSError:  # another process was faster
            continue


def _plain(opened: Opened) -> dict[str, Any]:
    """An outcome in what JSON can hold: text, truth values and numbers; of forms, what is read and not the sides."""
    derivation, values = opened.derivation, opened.values
    assert derivation is not None
    form = derivation.form
    return {
        "form": None if form is None else [form.text, form.latex, form.relation],
        "proof": None if derivation.proof is None else asdict(derivation.proof),
        "counterexample": None if derivation.counterexample is None else asdict(derivation.counterexample),
        "note": derivation.note,
        "checks": [asdict(check) for check in opened.checks],
        "values": None if values is None else _texts(values),
        "searches": [asdict(outcome) for outcome in opened.searches],
        "seconds": opened.seconds,
    }


def _texts(values: Values) -> dict[str, Any]:
    sides = {name: {k: str(v) for k, v in getattr(values, name).items()} for name in ("point", "printed", "derived")}
    others = {"problems": list(values.problems), "outside": list(values.outside)}
    return {**sides, **others, "relations": values.relations, "holds": values.holds}


def _opened(found: Mapping[str, Any]) -> Opened:
    """The outcome that :func:`_plain` wrote; raises whatever is wrong with it."""
    form = None
    if found["form"] is not None:
        text, latex, relation = found["form"]
        form = Form(text, latex, relation=relation)
    values = found["values"]
    if values is not None:
        values = Values(**{**values, "problems": tuple(values["problems"]), "outside": tuple(values["outside"])})
    return Opened(
        Derivation(form, _proof(found["proof"]), _proof(found["counterexample"]), found["note"]),
        checks=tuple(Check(**check) for check in found["checks"]),
        values=values,
        seconds=float(found["seconds"]),
        searches=tuple(SearchOutcome(**outcome) for outcome in found["searches"]),
        kept=True,
    )


def _proof(found: Mapping[str, Any] | None) -> Proof | None:
    return None if found is None else Proof(found["method"], tuple(Step(**step) for step in found["steps"]))
