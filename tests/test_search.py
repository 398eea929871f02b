"""Domains, rigorous signs and the search for counterexamples: what is true survives, what is false is found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp
from fake_ledger import claim, derived, form

from theory.claims.claim import Claim, Derivation, Effort, Form, Point, Verdict
from theory.claims.domain import Domain
from theory.judge import intervals, sampling
from theory.judge.outcomes import Entry
from theory.judge.search import FEWEST_POINTS, exactly, refutation, search
from theory.verify import verify

x, a, b, n = sp.symbols("x a b n")
REALS, POSITIVE, UNIT = sp.S.Reals, sp.Interval.open(0, sp.oo), sp.Interval.open(0, 1)


def bound(left: object, right: object, relation: str, domain: Domain | None, **changes: object) -> Claim:
    """An inequality for which nothing but a search of its domain speaks."""
    printed = Form(f"left {relation} right", "", left, right, relation)  # type: ignore[arg-type]
    parts: dict[str, object] = {
        "printed": printed, "experiments": (), "example": {}, "symbols": {}, "domain": domain, **changes
    }  # fmt: skip
    return claim("bound", Verdict.SUPPORTED, lambda: Derivation(printed, None), **parts)


def judged(subject: Claim) -> Entry:
    """The entry of one claim."""
    (entry,) = verify(claims=[subject], effort=Effort.QUICK).entries
    return entry


def partial_sum(point: Point) -> sp.Expr:
    """1 + x + ... + x^n, summed term by term."""
    return sum((point["x"] ** k for k in range(int(point["n"]) + 1)), sp.S.Zero)


TRUE_BOUNDS = {
    "Bernoulli": (1 + n * x, (1 + x) ** n, "<=", Domain({"x": sp.Interval(-1, 5), "n": sp.Range(1, 40)})),
    "equality inside": (2 * a * b, a**2 + b**2, "<=", Domain({"a": REALS, "b": REALS})),
    "strict": (sp.tanh(x), x, "<", Domain({"x": POSITIVE})),
    "a condition": (a * b, sp.Rational(1, 4), "<=", Domain({"a": UNIT, "b": UNIT}, (a + b <= 1,))),
    "a function": (partial_sum, 1 / (1 - x), "<=", Domain({"x": UNIT, "n": sp.Range(0, 12)})),
    "few values": (x**2, sp.Integer(9), "<=", Domain({"x": sp.FiniteSet(-3, 1, sp.sqrt(2))})),
}

FALSE_BOUNDS = {
    "a corner": (1 + n * x, (1 + x) ** n, "<=", Domain({"x": sp.Interval(-3, 5), "n": sp.Range(1, 40)})),
    "equality against <": (2 * a * b, a**2 + b**2, "<", Domain({"a": REALS, "b": REALS})),
    "only beyond 1.79": (sp.exp(x), 1 + x + x**2, "<=", Domain({"x": sp.Interval(-1, sp.Rational(9, 5))})),
    "a ten-thousandth": (
        a * b, sp.Rational(24999, 100000), "<=", Domain({"a": UNIT, "b": UNIT}, (a + b <= 1,)),
    ),
    "a function": (partial_sum, 1 / (1 - x), "<=", Domain({"x": sp.Interval.open(-1, 1), "n": sp.Range(0, 12)})),
    "a condition in Python": (
        a + b, sp.Rational(3, 2), "<=", Domain({"a": UNIT, "b": UNIT}, (lambda p: p["a"] ** 2 + p["b"] ** 2 < 2,)),
    ),
    "a narrow dip": (
        sp.Integer(0), (x - sp.pi) ** 2 - sp.Rational(1, 10**8), "<=", Domain({"x": sp.Interval(-500, 500)}),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TRUE_BOUNDS)
def test_a_true_inequality_is_supported_and_says_the_effort(name: str) -> None:
    entry = judged(bound(*TRUE_BOUNDS[name]))
    assert entry.verdict == Verdict.SUPPORTED, entry.finding
    (outcome,) = entry.searches
    assert outcome.decided >= FEWEST_POINTS
    assert f"{outcome.random} random points" in entry.finding
    assert "smallest relative margin" in entry.finding


@pytest.mark.parametrize("name", FALSE_BOUNDS)
def test_a_false_inequality_is_caught_at_an_exact_point(name: str) -> None:
    left, right, relation, domain = FALSE_BOUNDS[name]
    entry = judged(bound(left, right, relation, domain))
    assert entry.verdict == Verdict.CONTRADICTED, entry.finding
    found = entry.searches[0].counterexample
    assert found is not None
    point = {name: sp.sympify(value) for name, value in found.items()}
    assert point in domain
    assert exactly(Form("", "", left, right, relation), point)[0] is False  # type: ignore[arg-type]


def test_without_a_domain_an_inequality_needs_other_evidence() -> None:
    assert judged(bound(2 * a * b, a**2 + b**2, "<=", None)).verdict == Verdict.INCONCLUSIVE
    with pytest.raises(ValueError, match="needs a domain"):
        search(bound(a, b, "<=", None), Form("", "", a, b, "<="))


def test_a_search_that_decides_too_few_points_supports_nothing() -> None:
    nowhere = Domain({"a": UNIT, "b": UNIT}, (a + b > 2,))
    entry = judged(bound(a, 2 * b + 2, "<=", nowhere))
    assert entry.verdict == Verdict.INCONCLUSIVE
    assert "too few points" in entry.finding


def test_a_failure_that_cannot_be_decided_is_never_supported() -> None:
    """zeta has no interval arithmetic here: its excess over 1 is seen but not shown."""
    subject = bound(sp.zeta(x), sp.Integer(1), "<=", Domain({"x": sp.Interval(3, 4)}))
    outcome = search(subject, subject.printed)
    assert outcome.open
    assert outcome.counterexample is None
    assert "could not be decided exactly" in outcome.shown
    assert judged(subject).verdict not in (Verdict.SUPPORTED, Verdict.PROVED)


def test_a_proved_inequality_is_searched_too() -> None:
    wrong = form(2 * x, left=x, relation="<=")
    subject = claim(
        "p", Verdict.PROVED, lambda: derived(form=wrong), printed=wrong, experiments=(), example={},
        domain=Domain({"x": sp.Interval(-1, 1)}),
    )  # fmt: skip
    assert judged(subject).verdict == Verdict.CONTRADICTED
    right = judged(replace(subject, domain=Domain({"x": sp.Interval(0, 1)})))
    assert right.verdict == Verdict.PROVED
    assert "no counterexample to the printed form" in right.finding


def test_the_search_is_the_same_every_time() -> None:
    subject = bound(*TRUE_BOUNDS["a condition"])
    first, second = (search(subject, subject.printed) for _ in range(2))
    assert first == second
    other = replace(subject, id="fake/other")
    assert search(other, other.printed).where != first.where


# ---------------------------------------------------------------- stored counterexamples


def test_a_stored_counterexample_refutes_and_is_decided_again() -> None:
    domain = Domain({"x": REALS})
    printed = Form("x <= x^2", "", x, x**2, "<=")
    subject = claim(
        "stored", Verdict.REFUTED, lambda: Derivation(None, None), printed=printed, experiments=(), example={},
        domain=domain, fails_at={"x": sp.Rational(1, 2)},
    )  # fmt: skip
    entry = judged(subject)
    assert entry.agrees, entry.finding
    assert "1/2 <= 1/4" in entry.derivation.counterexample.steps[-1].shown  # type: ignore[union-attr]
    for wrong in ({"x": sp.Integer(2)}, {"x": sp.I}):
        assert judged(replace(subject, fails_at=wrong)).verdict == Verdict.INCONCLUSIVE
    narrow = replace(subject, domain=Domain({"x": sp.Interval(1, 2)}))
    assert judged(narrow).verdict == Verdict.INCONCLUSIVE  # the stored point is not in the domain


def test_a_stored_counterexample_beside_a_derived_one_is_checked() -> None:
    printed = form(rho_squared := sp.Symbol("rho") ** 2, left=sp.Symbol("rho"), relation="<=")
    board = refutation(printed, {"rho": sp.Rational(1, 2)})
    mended = form(sp.Max(1, rho_squared), left=sp.Symbol("rho"), relation="<=")
    proof = derived().proof
    subject = claim(
        "both", Verdict.CORRECTED, lambda: Derivation(mended, proof, board), printed=printed, experiments=(),
        example={"rho": sp.Rational(1, 2)}, domain=Domain({"rho": sp.Interval(0, 3)}),
        fails_at={"rho": sp.Rational(1, 3)},
    )  # fmt: skip
    entry = judged(subject)
    assert entry.agrees, entry.finding
    assert any("stored counterexample" in check.what and check.holds for check in entry.checks)
    broken = judged(replace(subject, fails_at={"rho": sp.Integer(2)}))
    assert broken.verdict == Verdict.CONTRADICTED


def test_a_stored_counterexample_to_a_form_in_words_refutes_nothing() -> None:
    assert not refutation(Form("in words"), {}).complete
    assert not refutation(Form("", "", x, 1 / x, "<="), {"x": sp.S.Zero}).complete


# ---------------------------------------------------------------- domains and points


def test_domains_say_what_is_wrong() -> None:
    domain = Domain({"a": UNIT, "n": sp.Range(0, sp.oo)}, (a * n < 3,))
    assert domain.violations({"a": sp.Rational(1, 2), "n": sp.Integer(3)}) == ()
    assert domain.violations({"a": sp.S.One, "n": sp.Rational(1, 2)}) == (
        "a must lie in (0, 1), got 1", "n must lie in integers >= 0, got 1/2",
    )  # fmt: skip
    assert domain.violations({"a": sp.Rational(1, 2), "n": sp.Integer(6)}) == ("a*n < 3 must hold",)
    assert domain.violations({"a": sp.Rational(1, 2)}) == ("no value is given for n",)
    assert domain.describe() == "a in (0, 1), n in integers >= 0, a*n < 3"
    with pytest.raises(TypeError, match="a: a set must be"):
        Domain({"a": (0, 1)})  # type: ignore[dict-item]
    with pytest.raises(ValueError, match="must not be empty"):
        Domain({"a": sp.Range(2, 1)})
    with pytest.raises(ValueError, match="speaks of b"):
        Domain({"a": UNIT}, (a < b,))
    with pytest.raises(ValueError, match="at least one"):
        Domain({})


@pytest.mark.parametrize(
    "chosen",
    [
        UNIT, sp.Interval(2, 3), POSITIVE, sp.Interval(-sp.oo, 4), REALS, sp.Range(1, 9), sp.Range(3, sp.oo),
        sp.Range(0, 20, 5), sp.S.Naturals0, sp.S.Integers, sp.FiniteSet(sp.Rational(1, 3), 2),
    ],
    ids=str,
)  # fmt: skip
def test_points_lie_in_their_sets_and_spread(chosen: sp.Set) -> None:
    domain = Domain({"x": chosen})
    generator = np.random.default_rng(0)
    drawn = sampling.draw(domain, 400, generator)["x"]
    start = {"x": float(drawn[0])}
    moved = sampling.move(domain, start, 0.3, 200, generator)["x"]
    for value in (*drawn[:60], *moved[:60]):
        exact = sampling.exact_points(domain, {"x": float(value)})
        assert all(point in domain for point in exact)
    inner = [v for v in drawn if sp.Rational(float(v)) in chosen or isinstance(chosen, sp.FiniteSet)]
    assert len(inner) > 300
    assert len(set(drawn)) >= min(400 // 2, 2 if isinstance(chosen, sp.FiniteSet) else 4)
    if chosen in (REALS, sp.S.Integers):
        assert drawn.min() < -10 < 10 < drawn.max()


def test_a_domain_gives_the_points_at_which_forms_are_compared() -> None:
    """x^2 and |x| agree at the example and its neighbours x in {0, 1}; the domain knows better."""
    printed = Form("x^2", right=lambda point: point["x"] ** 2)
    other = Form("|x|", right=lambda point: abs(point["x"]))
    subject = claim(
        "s", Verdict.PROVED, lambda: derived(form=other), printed=printed, experiments=(), example={"x": sp.S.One}
    )
    assert judged(subject).verdict == Verdict.PROVED
    assert judged(replace(subject, domain=Domain({"x": REALS}))).verdict == Verdict.CONTRADICTED


# ---------------------------------------------------------------- rigorous signs


def test_signs_are_rigorous_or_open() -> None:
    tiny = sp.Rational(1, 10**100)
    assert intervals.sign(sp.sqrt(2) * (1 + tiny) - sp.sqrt(2)) == 1
    assert intervals.sign(sp.exp(-1000)) == 1
    assert intervals.sign(sp.log(2) - sp.Rational(6931, 10000)) == 1
    assert intervals.sign(sp.gamma(sp.Rational(1, 3)) - sp.Rational(268, 100)) == -1
    assert intervals.sign(sp.sinh(1) - sp.cosh(1)) == -1
    assert intervals.sign(sp.Max(sp.sqrt(2), sp.Rational(7, 5)) - sp.Min(sp.pi, 4)) == -1
    assert intervals.sign(sp.Abs(sp.sin(4)) - sp.Rational(3, 4)) == 1
    assert intervals.sign(sp.Pow(2, sp.Rational(1, 3)) - sp.Pow(3, sp.Rational(-1, 2))) == 1
    equal = sp.sqrt(sp.sqrt(3) + 2) - (sp.sqrt(6) + sp.sqrt(2)) / 2
    assert intervals.sign(equal) is None
    for undecidable in (sp.I, sp.nan, sp.zoo, sp.Symbol("x"), sp.Float(0.5), sp.zeta(3), sp.sqrt(sp.sin(4))):
        assert intervals.sign(undecidable) is None
    assert intervals.holds(sp.oo, ">", sp.Integer(1)) is True
    assert intervals.holds(sp.Integer(1), ">=", -sp.oo) is True
    assert intervals.holds(sp.oo, "<=", sp.oo) is None
    assert intervals.holds(sp.eye(2), "==", sp.eye(2)) is None
