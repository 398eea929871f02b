"""Proofs that run: every step is a computation whose outcome is stored, never an assertion in prose.

A :class:`Blackboard` collects steps (two sides that SymPy shows equal, an inequality that a certificate decides, an
exact evaluation) and hands out an immutable :class:`Proof`. A proof is complete when every step held.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy as sp


@dataclass(frozen=True)
class Step:
    """One step: what it says, whether the computation confirmed it, and what was computed."""

    what: str
    holds: bool
    shown: str = ""


@dataclass(frozen=True)
class Proof:
    """A finished proof: a method (``induction``, ``linear system``, ``enumeration``, ...) and its steps."""

    method: str
    steps: tuple[Step, ...]

    @property
    def complete(self) -> bool:
        """True when there is at least one step and every step held."""
        return bool(self.steps) and all(step.holds for step in self.steps)

    @property
    def failed(self) -> tuple[Step, ...]:
        """The steps that did not hold."""
        return tuple(step for step in self.steps if not step.holds)


class Blackboard:
    """Collects the steps of one proof.

    Examples
    --------
    >>> x = sp.Symbol("x")
    >>> board = Blackboard("direct computation")
    >>> board.equal("binomial", (x + 1) ** 2, x**2 + 2 * x + 1)
    True
    >>> board.proof().complete
    True
    """

    def __init__(self, method: str) -> None:
        self.method = method
        self._steps: list[Step] = []

    def proof(self) -> Proof:
        """What has been written so far, as an immutable proof."""
        return Proof(self.method, tuple(self._steps))

    def note(self, what: str, holds: bool, shown: str = "") -> bool:
        """A step whose outcome was computed elsewhere (``holds`` must come from a computation)."""
        self._steps.append(Step(what, bool(holds), shown))
        return bool(holds)

    def include(self, proof: Proof) -> bool:
        """The steps of another proof, as they came out; a lemma that several proofs use."""
        self._steps.extend(proof.steps)
        return proof.complete

    def equal(self, what: str, left: sp.Expr | sp.MatrixBase, right: sp.Expr | sp.MatrixBase) -> bool:
        """Both sides are the same function of their symbols."""
        residue = is_zero_residue(left - right)
        return self.note(what, residue is None, f"{left} = {right}" if residue is None else f"residue {residue}")

    def differ(self, what: str, left: sp.Expr, right: sp.Expr) -> bool:
        """Both sides are exact numbers (or expressions) that differ; for counterexamples."""
        residue = is_zero_residue(left - right)
        return self.note(what, residue is not None, f"{left} against {right}")

    def nonnegative(
        self, what: str, expression: sp.Expr, box: Mapping[sp.Symbol, tuple[sp.Expr, sp.Expr]], strict: bool = False
    ) -> bool:
        """``expression`` >= 0 (> 0 if ``strict``) for all symbols in the open intervals of ``box`` (see `certify`)."""
        certificate = certify_nonnegative(expression, box, strict=strict)
        return self.note(what, certificate is not None, certificate or f"no certificate for {expression}")

    def true(self, what: str, condition: sp.Basic | bool, shown: str = "") -> bool:
        """A relation between exact numbers that evaluates to true."""
        return self.note(what, bool(condition == True), shown or str(condition))  # noqa: E712


def is_zero_residue(residue: sp.Expr | sp.MatrixBase) -> sp.Basic | None:
    """None if ``residue`` simplifies to zero (entry by entry), else the simplified residue."""
    if isinstance(residue, sp.MatrixBase):
        simplified = residue.applyfunc(_reduce)
        return None if all(entry == 0 for entry in simplified) else simplified
    simplified = _reduce(sp.sympify(residue))
    return None if simplified == 0 else simplified


def _reduce(expression: sp.Expr) -> sp.Expr:
    for attempt in (sp.expand, lambda e: sp.expand(sp.powsimp(e, force=False)), sp.cancel, sp.simplify):
        expression_ = attempt(expression)
        if expression_ == 0:
            return sp.S.Zero
    return expression_


def certify_nonnegative(
    expression: sp.Expr, box: Mapping[sp.Symbol, tuple[sp.Expr, sp.Expr]], strict: bool = False
) -> str | None:
    """A certificate that a rational function is nonnegative on an open box, or None if none was found.

    Each symbol on ``(a, b)`` is replaced by ``a + (b - a) t / (1 + t)`` and on ``(a, oo)`` by ``a + t`` with t > 0;
    numerator and denominator are then polynomials in positive variables, and coefficients of one sign decide. If they
    do not decide at once, the numerator is multiplied by powers of (1 + t_1 + ... + t_n) (Polya). Rigorous when it
    answers; silence is no proof of the contrary.
    """
    positive: list[sp.Symbol] = []
    substituted = sp.sympify(expression)
    for index, (symbol, (low, high)) in enumerate(box.items()):
        t = sp.Symbol(f"t_{index}", positive=True)
        positive.append(t)
        value = low + t if high == sp.oo else low + (high - low) * t / (1 + t)
        substituted = substituted.subs(symbol, value)
    numerator, denominator = sp.fraction(sp.together(sp.cancel(sp.together(substituted))))
    unknown = (numerator.free_symbols | denominator.free_symbols) - set(positive)
    if unknown:
        raise ValueError(f"box must give an interval for {sorted(map(str, unknown))}")
    sign = _sign_of_coefficients(denominator, positive)
    if sign is None:
        return None
    multiplier = 1 + sum(positive)
    current = sp.expand(sign * numerator)
    for power in range(13):
        if current == 0:
            return None if strict else "identically zero"
        if _sign_of_coefficients(current, positive) == 1:
            return f"all coefficients nonnegative in positive variables (Polya power {power})"
        current = sp.expand(current * multiplier)
    return None


def _sign_of_coefficients(polynomial: sp.Expr, variables: Sequence[sp.Symbol]) -> int | None:
    coefficients = sp.Poly(polynomial, *variables).coeffs() if variables else [sp.sympify(polynomial)]
    if all(bool(c >= 0) for c in coefficients) and any(bool(c > 0) for c in coefficients):
        return 1
    if all(bool(c <= 0) for c in coefficients) and any(bool(c < 0) for c in coefficients):
        return -1
    return None
