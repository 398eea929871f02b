"""Collecting the ledger, and choosing entries of it by id, by prefix, by glob or from a file of the user's own.

Nothing is imported before it is asked for. A ledger module that cannot be imported becomes one failing entry, so that
it neither hides nor silences the others.
"""

from __future__ import annotations

import difflib
import fnmatch
import hashlib
import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import theory.claims
from theory.claims.claim import Claim, Derivation, Form, Verdict
from theory.claims.papers import PAPERS

FORBIDDEN = "*?[]="
"""Characters that an id cannot have: they mean something in a pattern, or on the command line."""

NEVER_RECORDED = (Verdict.INCONCLUSIVE, Verdict.CONTRADICTED)


_modules: dict[int, tuple[Claim, str]] = {}
"""The claims of the ledger by their identity, which the reference beside it keeps from being given away."""


class UnknownClaimError(ValueError):
    """No claim has the id, or matches the pattern, that was asked for."""


class ClaimFileError(ValueError):
    """A file of claims that cannot be read, or does not hold well-formed claims."""


@cache
def ledger() -> tuple[Claim, ...]:
    """Every claim of the ledger.

    Papers come in the order of :data:`~theory.claims.papers.PAPERS`, a paper's files in the order of its ``SECTIONS``,
    then those not named there in alphabetical order.

    Raises
    ------
    ValueError
        If two claims share an id, or a claim is malformed (see :func:`check_claims`).

    Examples
    --------
    >>> all(claim.id.startswith(claim.paper + "/") for claim in ledger())
    True
    """
    claims: list[Claim] = []
    for paper in _papers():
        package = importlib.import_module(f"theory.claims.{paper}")
        order = list(getattr(package, "SECTIONS", ()))
        found = (m.name for m in pkgutil.iter_modules(package.__path__) if not m.name.startswith("_"))
        for module in sorted(found, key=lambda name: (order.index(name) if name in order else len(order), name)):
            claims += _claims_of_module(paper, module)
    check_claims(claims)
    return tuple(claims)


def _papers() -> list[str]:
    found = {m.name for m in pkgutil.iter_modules(theory.claims.__path__) if m.ispkg}
    known = [paper.id for paper in PAPERS if paper.id in found]
    return known + sorted(found - set(known))


def _claims_of_module(paper: str, module: str) -> list[Claim]:
    try:
        loaded = importlib.import_module(f"theory.claims.{paper}.{module}")
    except Exception as error:
        return [_unimportable(paper, module, error)]
    claims = list(getattr(loaded, "CLAIMS", ()))
    _modules.update({id(claim): (claim, loaded.__name__) for claim in claims})
    return claims


def module_of(claim: Claim) -> str | None:
    """The module of the ledger that defines this very claim; None for any other claim, also one of the same id.

    Examples
    --------
    >>> module_of(ledger()[0]).startswith("theory.claims.antipgd.")
    True
    """
    found = _modules.get(id(claim))
    return found[1] if found is not None and found[0] is claim else None


def _unimportable(paper: str, module: str, error: Exception) -> Claim:
    """An entry that always fails, in place of the claims of a module that does not import."""

    def derive() -> Derivation:
        raise error

    return Claim(
        id=f"{paper}/{module}.py",
        paper=paper,
        place=f"theory/claims/{paper}/{module}.py",
        statement=f"The claims of {module}.py can be imported.",
        printed=Form(text=f"import theory.claims.{paper}.{module}"),
        derive=derive,
        recorded=Verdict.SUPPORTED,
        reason="Stands for the claims of a file that could not be imported.",
    )


def load_file(path: str | Path) -> tuple[Claim, ...]:
    """The claims of a Python file of the user's own, which must define ``CLAIMS``, a sequence of claims.

    Their ids get the file's name before them, ``my_claims.py:id``, so that no file can take the place of another, or
    of an entry of the ledger.

    Parameters
    ----------
    path : path
        A ``.py`` file; it is run.

    Raises
    ------
    ClaimFileError
        If there is no such file, it fails to run, or what it defines is no sequence of well-formed claims.
    """
    path = Path(path)
    if not path.is_file():
        raise ClaimFileError(f"{path}: no such file")
    name = "toylands_claims_" + hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ClaimFileError(f"{path}: not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickling look their module up there
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise ClaimFileError(f"{path}: {type(error).__name__}: {error}") from error
    claims = getattr(module, "CLAIMS", None)
    if not isinstance(claims, Sequence) or not claims or not all(isinstance(claim, Claim) for claim in claims):
        raise ClaimFileError(f"{path}: CLAIMS must be a sequence of at least one theory.claims.claim.Claim")
    try:
        check_claims(claims)
    except ValueError as error:
        raise ClaimFileError(f"{path}: {error}") from error
    return tuple(replace(claim, id=f"{_plain(path.name)}:{claim.id}") for claim in claims)


def _plain(name: str) -> str:
    """A file's name without the characters that an id cannot have."""
    return "".join("_" if c.isspace() or c in FORBIDDEN else c for c in name)


def check_claims(claims: Iterable[Claim]) -> None:
    """Raise ValueError unless ids are unique and every claim is well-formed.

    Well-formed: a plain id, a statement, a recorded verdict that a ledger may record, experiments with names of their
    own (their seeds derive from the names).
    """
    seen: set[str] = set()
    for claim in claims:
        if claim.id in seen:
            raise ValueError(f"two claims have the id {claim.id!r}; ids must be unique")
        seen.add(claim.id)
        if not claim.id or any(c.isspace() or c in FORBIDDEN for c in claim.id):
            raise ValueError(f"id must be a name without blanks and without * ? [ ] =, got {claim.id!r}")
        if not claim.statement:
            raise ValueError(f"{claim.id}: statement must not be empty")
        if claim.recorded in NEVER_RECORDED:
            raise ValueError(f"{claim.id}: recorded must not be {claim.recorded}; that verdict always fails a run")
        names = [experiment.name for experiment in claim.experiments]
        if len(set(names)) != len(names):
            raise ValueError(f"{claim.id}: experiments must have different names, got {names}")


def matches(claim_id: str, pattern: str) -> bool:
    """Whether a pattern means this claim: its id, the beginning of its id up to a ``/``, or a glob.

    Examples
    --------
    >>> matches("antipgd/C.5/limit", "antipgd/C.5"), matches("antipgd/C.51", "antipgd/C.5")
    (True, False)
    >>> matches("antipgd/C.5/limit", "*/limit")
    True
    """
    return fnmatch.fnmatchcase(claim_id, pattern) or claim_id.startswith(pattern.rstrip("/") + "/")


def select(patterns: Sequence[str] = ()) -> tuple[Claim, ...]:
    """The claims that any of the patterns means, in the order of the ledger, files of the user's own after them.

    Parameters
    ----------
    patterns : sequence of str, default ()
        Ids, beginnings of ids, globs, or paths that end in ``.py``. None at all selects the whole ledger.

    Raises
    ------
    UnknownClaimError
        If a pattern means no claim; the message lists similar ids.
    ClaimFileError
        If a file cannot be used.

    Examples
    --------
    >>> [claim.paper for claim in select(["antipgd/*", "anisotropic/*"])][0]
    'antipgd'
    """
    files = [pattern for pattern in patterns if pattern.endswith(".py")]
    globs = [pattern for pattern in patterns if not pattern.endswith(".py")]
    chosen: list[Claim] = []
    if globs or not files:
        known = ledger()
        if not known:
            raise UnknownClaimError("the ledger holds no claims at all")
        for pattern in globs:
            if not any(matches(claim.id, pattern) for claim in known):
                raise UnknownClaimError(_unknown(pattern, [claim.id for claim in known]))
        chosen += [c for c in known if not globs or any(matches(c.id, pattern) for pattern in globs)]
    for file in dict.fromkeys(files):
        chosen += load_file(file)
    try:
        check_claims(chosen)
    except ValueError as error:
        raise ClaimFileError(f"{error} (of two files of one name, one has to be renamed)") from error
    return tuple(chosen)


def _unknown(pattern: str, ids: Sequence[str]) -> str:
    close = difflib.get_close_matches(pattern, ids, n=5, cutoff=0.5)
    close += [i for i in ids if pattern.lower().strip("*/") in i.lower() and i not in close][: 8 - len(close)]
    hint = f"; similar: {', '.join(close)}" if close else ""
    return f"no claim matches {pattern!r}{hint} (`toylands list claims` shows all)"
