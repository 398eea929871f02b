"""Orders of magnitude in Appendix B: exponents of lambda, c and the logarithm, for every delta in (0, 1/2]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy as sp

from theory.proof import Blackboard, Proof

LAM, C, LOG, ETA, NU, N, D_ = sp.symbols("lam c w eta nu n d", positive=True)
DELTA = sp.Symbol("delta", positive=True)

IOTA = C * LOG
"""iota = c log(d / (lambda zeta)); w is the logarithm, which only the orders with a tilde hide."""
RADIUS = sp.sqrt(2 * LAM * N * D_ * IOTA / NU)
LEVEL = C * LAM ** (1 + DELTA)
ERROR = C * sp.sqrt(LEVEL * IOTA)
MOVE = ERROR / NU
STEPS = 1 / (C**2 * ETA * RADIUS * IOTA)
DROP = ERROR**2 / (ETA * NU * STEPS)


def exponents(monomial: sp.Expr) -> dict[sp.Symbol, sp.Expr]:
    """Exponents of lambda, c and the logarithm in a monomial."""
    logarithm = sp.expand(sp.expand_log(sp.log(monomial), force=True))
    return {symbol: sp.expand(sp.diff(logarithm, symbol) * symbol) for symbol in (LAM, C, LOG)}


def dominated(term: sp.Expr, bound: sp.Expr, tilde: bool) -> bool:
    """Whether term / bound stays bounded as lambda -> 0, c -> oo (and, without a tilde, the logarithm -> oo).

    Exponents are linear in delta, so the ends 0 and 1/2 decide for the interval.
    """
    found = exponents(term / bound)
    ends = (sp.S.Zero, sp.Rational(1, 2))
    small = all(found[LAM].subs(DELTA, end) >= 0 for end in ends)
    growing = [symbol for symbol in (C, LOG) if not (tilde and symbol is LOG)]
    if not tilde:  # lambda and its logarithm are tied: a positive power of lambda beats every power of the logarithm
        strict = all(found[LAM].subs(DELTA, end) > 0 for end in (sp.Rational(1, 10**6), sp.Rational(1, 2)))
        growing = [symbol for symbol in growing if symbol is not LOG or not strict]
    return small and all(found[symbol].subs(DELTA, end) <= 0 for symbol in growing for end in ends)


def prove_order(terms: Mapping[str, sp.Expr], bound: sp.Expr, tilde: bool) -> Proof:
    """Every term is of the order of ``bound``."""
    board = Blackboard("exponents of lambda, c and the logarithm, linear in delta on (0, 1/2]")
    for name, term in terms.items():
        found = exponents(term / bound)
        shown = ", ".join(f"{symbol}^({value})" for symbol, value in found.items())
        board.note(f"{name} over the bound stays bounded", dominated(term, bound, tilde), shown)
    return board.proof()


def refute_order(terms: Mapping[str, sp.Expr], bound: sp.Expr, tilde: bool) -> Proof:
    """Some term is not of the order of ``bound``."""
    board = Blackboard("exponents of lambda, c and the logarithm")
    bad = [name for name, term in terms.items() if not dominated(term, bound, tilde)]
    shown = "; ".join(f"{name}: {exponents(terms[name] / bound)}" for name in bad)
    board.note("a term is larger than every multiple of the bound", bool(bad), shown)
    return board.proof()


def remainder() -> dict[str, sp.Expr]:
    """eta X (sqrt(L) + M + X^2), the remainder of Eq. 52, term by term."""
    return {"eta X sqrt(L)": ETA * RADIUS * sp.sqrt(LEVEL), "eta X M": ETA * RADIUS * MOVE, "eta X^3": ETA * RADIUS**3}


def accumulated() -> dict[str, sp.Expr]:
    """sqrt(eta T) X (sqrt(L) + X) + eta T X (sqrt(L) + M + X^2), Eq. 79, term by term."""
    root, linear = sp.sqrt(ETA * STEPS) * RADIUS, ETA * STEPS * RADIUS
    return {
        "sqrt(eta T) X sqrt(L)": root * sp.sqrt(LEVEL), "sqrt(eta T) X^2": root * RADIUS,
        "eta T X sqrt(L)": linear * sp.sqrt(LEVEL), "eta T X M": linear * MOVE, "eta T X^3": linear * RADIUS**2,
    }  # fmt: skip


HALF = LAM ** ((1 + DELTA) / 2)


def prove_rate() -> Proof:
    """T = eta^-1 lambda^(-1-delta) with lambda = min(eps^(2/delta), gamma^2): eps^-6 + gamma^-3 at delta = 1/2."""
    board = Blackboard("exponents")
    eps, gamma = sp.symbols("eps gamma", positive=True)
    half = sp.Rational(1, 2)
    board.equal("eps", (eps ** (2 / half)) ** (-1 - half), eps**-6)
    board.equal("gamma", (gamma**2) ** (-1 - half), gamma**-3)
    rate = 2 * (1 + DELTA) / DELTA
    board.equal("power of 1/eps at delta = 1/2", rate.subs(DELTA, half), sp.Integer(6))
    board.true("unbounded as delta -> 0", sp.limit(rate, DELTA, 0, "+") == sp.oo)
    return board.proof()


def refute_growth_total() -> Proof:
    """T L at eta = lambda (B = sigma = 1): the exponent of lambda is delta - 1/2 < 0."""
    board = Blackboard("exponents at eta = lambda, B = sigma = 1")
    found = exponents((STEPS * LEVEL).subs(ETA, LAM))
    board.equal("exponent of lambda in T L", found[LAM], DELTA - sp.Rational(1, 2))
    board.true("negative at delta = 1/4", found[LAM].subs(DELTA, sp.Rational(1, 4)) < 0)
    return board.proof()


def prove_martingales_summed() -> Proof:
    """sqrt(eta lambda t iota) (sqrt(L) + X) is at most sqrt(eta T) X (sqrt(L) + X): Eq. 79 has room for sqrt(iota)."""
    board = Blackboard("exponents: lambda iota = O(X^2)")
    board.include(prove_order({"lambda iota": LAM * IOTA}, RADIUS**2, tilde=False))
    board.include(prove_order(accumulated(), HALF / sp.sqrt(C), tilde=True))
    return board.proof()


def refute_martingales_summed() -> Proof:
    """A sum of t signs exceeds every multiple of sqrt(t) with more than the allowed probability 2 e^-iota, d = 1.

    Cut t = 400 iota signs into iota blocks: each block exceeds 6 = 0.3 sqrt(400) with probability q > 1/e, all of them
    with q^iota, which is more than 2 e^-iota for large iota, and the sum then exceeds 0.3 sqrt(t iota).
    """
    board = Blackboard("exact counterexample: t = 400 iota independent signs")
    count = sum(sp.binomial(400, heads) for heads in range(203, 401))  # sum of 400 signs at least 6
    chance = sp.Rational(count, 2**400)
    board.true("q e > 1, so (q e)^iota > 2 for large iota", bool(chance * sp.E > 1), f"q = {sp.N(chance, 6)}")
    iota = sp.Symbol("iota", positive=True)
    board.equal("6 iota in sqrt(t iota)", 6 * iota, sp.Rational(3, 10) * sp.sqrt(400 * iota * iota))
    board.true("over sqrt(t) it is unbounded", sp.limit(6 * iota / sp.sqrt(400 * iota), iota, sp.oo) == sp.oo)
    return board.proof()


def prove_polynomial() -> Proof:
    """lambda^(-1-delta) at lambda = min(eps^(2/delta), gamma^2) is at most the sum of the two powers."""
    board = Blackboard("exponents")
    eps, gamma = sp.symbols("eps gamma", positive=True)
    board.equal("eps", sp.powsimp((eps ** (2 / DELTA)) ** (-1 - DELTA)), eps ** (-2 * (1 + DELTA) / DELTA))
    board.equal("gamma", sp.powsimp((gamma**2) ** (-1 - DELTA)), gamma ** (-2 * (1 + DELTA)))
    return board.proof()


def refute_polynomial() -> Proof:
    """eta = gamma = 1, delta = 1/2, eps -> 0 (B = sigma^2/lambda grows): T = eps^-6 is unbounded."""
    board = Blackboard("exact counterexample eta = gamma = 1, delta = 1/2, eps -> 0")
    eps = sp.Symbol("eps", positive=True)
    total = (eps ** (2 / sp.Rational(1, 2))) ** (-1 - sp.Rational(1, 2))
    board.true("T -> oo at fixed eta and gamma", sp.limit(total, eps, 0, "+") == sp.oo, f"T = {total}")
    return board.proof()


def prove_root() -> Proof:
    """(c lambda^(1+delta))^(1/(1+delta)) = c^(1/(1+delta)) lambda."""
    board = Blackboard("exponents")
    root = exponents(LEVEL ** (1 / (1 + DELTA)))
    board.equal("power of lambda", sp.cancel(root[LAM]), sp.S.One)
    board.equal("power of c", root[C], 1 / (1 + DELTA))
    return board.proof()


def prove_total_steps() -> Proof:
    """lambda T / F = eta^-1 lambda^(-1-delta) up to powers of c and the logarithm."""
    board = Blackboard("exponents")
    total = LAM * STEPS / DROP
    found = exponents(total * ETA * LAM ** (1 + DELTA))
    board.equal("exponent of lambda left over", found[LAM], sp.S.Zero)
    board.equal("power of eta", sp.expand(sp.diff(sp.expand_log(sp.log(total), force=True), ETA) * ETA), -sp.S.One)
    return board.proof()


def arbitrary_terms() -> tuple[Sequence[sp.Expr], sp.Expr]:
    """Terms of Eq. 195 and the bound of Eq. 196, with X, D, T of Proposition 5 (here iota is free of c)."""
    iota, c0 = LOG, sp.Symbol("C", positive=True)
    radius, error = sp.sqrt(c0 * D_ * LAM * iota / NU), C * LAM ** sp.Rational(3, 4) * iota
    steps = 1 / (C**2 * ETA * radius * iota)
    terms = (sp.sqrt(ETA * steps) * radius**2, ETA * steps * radius * error, ETA * steps * radius**3)
    return terms, LAM ** sp.Rational(3, 4) * iota ** sp.Rational(1, 4) / C
