"""A claim of one's own in a few lines: a formula or an inequality with whatever evidence there is for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import sympy as sp

from theory.claims.claim import Claim, Derivation, Experiment, Form, Point, Verdict
from theory.claims.domain import Domain
from theory.proof import Proof


def conjecture(
    id: str,
    statement: str,
    form: Form,
    *,
    domain: Domain | Mapping[str, sp.Set] | None = None,
    experiments: Sequence[Experiment] = (),
    proof: Callable[[], Proof] | None = None,
    expected: Verdict | None = None,
    example: Point | None = None,
    symbols: Mapping[str, str] | None = None,
    fails_at: Point | None = None,
    reason: str = "",
) -> Claim:
    """A claim for a file of one's own, to be judged by ``toylands verify FILE``.

    Parameters
    ----------
    id : str
        A name; the judge puts the file's name before it.
    statement : str
        The claim in a sentence.
    form : Form
        What is claimed, with sides that can be evaluated where it is a formula.
    domain : Domain or mapping of str to SymPy set, optional
        Where it is claimed. An inequality with one is searched for a counterexample.
    experiments : sequence of Experiment, default ()
        Simulations that could fail the claim.
    proof : callable () -> Proof, optional
        Runs a proof of ``form`` on a :class:`theory.proof.Blackboard`.
    expected : Verdict, optional
        What the run should reach, or it exits with 1; by default ``proved`` with a proof, else ``refuted`` with
        ``fails_at``, else ``supported``.
    example, symbols, fails_at, reason
        As in :class:`theory.claims.claim.Claim`.

    Returns
    -------
    Claim
        Of paper ``"own"``.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> form = Form("x <= x^2", left=x, right=x**2, relation="<=")
    >>> conjecture("squares", "Squares are larger.", form, fails_at={"x": sp.Rational(1, 2)}).recorded
    <Verdict.REFUTED: 'refuted'>
    """
    default = Verdict.PROVED if proof else Verdict.REFUTED if fails_at else Verdict.SUPPORTED

    def derive() -> Derivation:
        return Derivation(None if fails_at else form, proof() if proof else None)

    return Claim(
        id=id,
        paper="own",
        place="",
        statement=statement,
        printed=form,
        derive=derive,
        recorded=default if expected is None else expected,
        reason=reason,
        experiments=tuple(experiments),
        example=dict(example or {}),
        symbols=dict(symbols or {}),
        new=True,
        domain=Domain(domain) if isinstance(domain, Mapping) else domain,
        fails_at=fails_at,
    )
