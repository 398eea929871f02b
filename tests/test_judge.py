"""The judge calls every kind of claim right; above all, no false printed form is ever called proved or supported."""

from __future__ import annotations

import multiprocessing
import os
import signal
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp
from fake_ledger import (
    FALSE,
    GOOD,
    RHO,
    TRUE,
    claim,
    corrected,
    counterexample,
    derived,
    experiment,
    form,
    induction,
    k,
    nan_estimates,
    predict,
    raising,
    recursion,
    rho,
    simulate,
)

from theory.claims import registry
from theory.claims.claim import Claim, Derivation, Effort, Estimates, Form, Verdict
from theory.judge import measurement, statistics
from theory.judge.agreement import example_point, relation_holds, same_expression, side_value
from theory.judge.outcomes import Entry
from theory.judge.points import exact_number, parse_point
from theory.proof import Blackboard
from theory.verify import evaluate, known_symbols, verify

HOLDS = (Verdict.PROVED, Verdict.SUPPORTED)


def judged(subject: Claim, seed: int = 3, effort: Effort = Effort.QUICK) -> Entry:
    """The entry of one claim, judged alone."""
    (entry,) = verify(claims=[subject], seed=seed, effort=effort).entries
    return entry


# ---------------------------------------------------------------- verdicts


@pytest.mark.parametrize("subject", GOOD, ids=lambda c: c.id)
def test_each_kind_of_claim_reaches_its_verdict(subject: Claim) -> None:
    entry = judged(subject)
    assert entry.verdict == subject.recorded, entry.finding
    assert entry.agrees


def test_the_verdict_does_not_look_at_the_recorded_one() -> None:
    for subject in GOOD:
        for recorded in Verdict:
            if recorded not in registry.NEVER_RECORDED:
                assert judged(replace(subject, recorded=recorded)).verdict == subject.recorded


def _wrong_factor(point: dict[str, sp.Expr]) -> sp.Expr:
    return 2 * recursion(point)


FALSE_AS_PRINTED = {
    "derived form differs": claim("a", Verdict.PROVED, derived, printed=form(FALSE)),
    "differs, and no experiment": claim("b", Verdict.PROVED, derived, printed=form(FALSE), experiments=()),
    "derivation repeats the printed form, experiment disagrees": claim(
        "c",
        Verdict.PROVED,
        lambda: derived(form=form(FALSE)),
        printed=form(FALSE),
        experiments=(experiment(expected=predict(FALSE), mutants={"factor 2": predict(2 * TRUE)}),),
    ),
    "incomplete proof": claim(
        "d", Verdict.PROVED, lambda: derived(form=form(FALSE), proof=induction(FALSE)), printed=form(FALSE),
        experiments=(),
    ),
    "left side computed independently": claim(
        "e",
        Verdict.PROVED,
        lambda: derived(form=form(FALSE, left=recursion)),
        printed=form(FALSE, left=recursion),
        experiments=(),
    ),
    "callable right sides": claim(
        "f", Verdict.PROVED, lambda: derived(form=form(recursion)), printed=form(_wrong_factor), experiments=()
    ),
    "a callable against an expression": claim(
        "g", Verdict.PROVED, lambda: derived(form=form(recursion)), printed=form(FALSE), experiments=()
    ),
    "equal at the example only": claim(
        "h", Verdict.PROVED, derived, printed=form(sp.Rational(21, 16) + 0 * k), experiments=()
    ),
    "experiment rejects the printed form": claim(
        "i", Verdict.SUPPORTED, lambda: Derivation(None, None), printed=Form("in words"),
        experiments=(experiment(printed=predict(FALSE)),),
    ),
    "inequality false at the example": claim(
        "j", Verdict.PROVED, lambda: derived(form=form(FALSE, recursion, relation="<=")),
        printed=form(FALSE, recursion, relation="<="), experiments=(),
    ),
    "derived equality above the printed bound": claim(
        "l", Verdict.PROVED, derived, printed=form(FALSE, relation="<="), experiments=(),
    ),
    "other bound derived": claim(
        "m", Verdict.PROVED, lambda: derived(form=form(TRUE, relation="<=")), printed=form(TRUE / 2, relation="<="),
        experiments=(),
    ),
    "other left side derived": claim(
        "n", Verdict.PROVED, lambda: derived(form=form(TRUE, left=rho**2)), printed=form(TRUE, left=rho),
        experiments=(), example={},
    ),
    "no formula derived": claim(
        "o", Verdict.PROVED, lambda: derived(form=Form("E w_k^2 = something")), printed=form(FALSE), experiments=()
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FALSE_AS_PRINTED)
def test_no_false_printed_form_is_called_proved_or_supported(name: str) -> None:
    entry = judged(FALSE_AS_PRINTED[name])
    assert entry.verdict not in HOLDS, entry.finding
    assert not entry.agrees


def test_a_false_form_found_by_a_search_over_the_domain() -> None:
    """n <= 1000 - n holds at the example n = 3, and fails for most n of the domain."""
    n = sp.Symbol("n", integer=True, positive=True)
    printed = form(1000 - n, left=n, relation="<=")

    def sampled(generator: object) -> dict[str, sp.Expr]:
        return {"n": sp.Integer(generator.randint(1, 10_000))}  # type: ignore[attr-defined]

    subject = claim(
        "search", Verdict.PROVED, lambda: derived(form=printed), printed=printed, experiments=(), example={"n": 3}
    )
    assert judged(subject).verdict == Verdict.PROVED
    found = judged(replace(subject, sample=sampled))
    assert found.verdict == Verdict.CONTRADICTED
    assert "n = " in found.finding


def test_a_search_supports_but_does_not_prove() -> None:
    board = Blackboard("search over 100 points")
    board.note("no counterexample", True)
    assert judged(claim("s", Verdict.SUPPORTED, lambda: derived(proof=board.proof()))).agrees


UNDECIDED = {
    "surviving mutant": claim(
        "a", Verdict.PROVED, derived, experiments=(experiment(mutants={"1% off": predict(1.001 * TRUE)}),)
    ),
    "no mutant": claim("b", Verdict.PROVED, derived, experiments=(experiment(mutants={}),)),
    "mutant without numbers": claim(
        "c", Verdict.PROVED, derived, experiments=(experiment(mutants={"nan": lambda: np.full(3, np.nan)}),)
    ),
    "mutant that is infinite": claim(
        "d", Verdict.PROVED, derived, experiments=(experiment(mutants={"inf": lambda: np.full(3, np.inf)}),)
    ),
    "nan estimate": claim("e", Verdict.PROVED, derived, experiments=(experiment(simulate=nan_estimates),)),
    "nan prediction": claim(
        "f", Verdict.PROVED, derived, experiments=(experiment(expected=lambda: np.full(3, np.nan)),)
    ),
    "diverged": claim(
        "g", Verdict.PROVED, derived, experiments=(experiment(simulate=lambda e, s: simulate(e, s, diverged=1)),)
    ),
    "raising derivation": claim("h", Verdict.PROVED, raising),
    "derivation returns nothing": claim("i", Verdict.PROVED, lambda: None),
    "raising simulation": claim("j", Verdict.PROVED, derived, experiments=(experiment(simulate=lambda e, s: 1 / 0),)),
    "wrong number of predictions": claim(
        "k", Verdict.PROVED, derived, experiments=(experiment(expected=lambda: np.ones(2)),)
    ),
    "unknown relation": claim("l", Verdict.PROVED, derived, experiments=(experiment(relation="~"),)),
    "incomplete proof": claim("m", Verdict.PROVED, lambda: derived(proof=induction(FALSE))),
    "empty proof": claim("n", Verdict.PROVED, lambda: derived(proof=Blackboard("nothing").proof())),
    "neither proof nor experiment": claim("o", Verdict.SUPPORTED, lambda: derived(proof=None), experiments=()),
    "proof of nothing": claim("p", Verdict.PROVED, lambda: derived(form=None)),
    "counterexample that does not run": claim(
        "q", Verdict.CORRECTED, lambda: derived(counterexample=counterexample(TRUE)), printed=form(FALSE)
    ),
    "correction without proof": claim(
        "r", Verdict.CORRECTED, lambda: derived(proof=None, counterexample=counterexample()), printed=form(FALSE)
    ),
    "correction that corrects nothing": claim(
        "s", Verdict.CORRECTED, lambda: derived(counterexample=counterexample()), printed=form(TRUE)
    ),
    "printed form too close": claim(
        "t", Verdict.CORRECTED, corrected, printed=form(FALSE),
        experiments=(experiment(printed=predict(1.001 * TRUE)),),
    ),
    "weaker relation derived": claim(
        "u", Verdict.PROVED, lambda: derived(form=form(TRUE, relation="<=")), printed=form(TRUE, relation="<")
    ),
    "no point to compare callables at": claim(
        "v", Verdict.PROVED, lambda: derived(form=form(recursion)), printed=form(recursion, text="other"), example={}
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UNDECIDED)
def test_what_decides_too_little_is_inconclusive(name: str) -> None:
    entry = judged(UNDECIDED[name])
    assert entry.verdict == Verdict.INCONCLUSIVE, entry.finding
    assert entry.finding


def test_a_wrong_correction_is_contradicted() -> None:
    wrong = derived(form=form(2 * TRUE, left=recursion), counterexample=counterexample())
    assert judged(claim("w", Verdict.CORRECTED, lambda: wrong, printed=form(FALSE))).verdict == Verdict.CONTRADICTED
    off = (experiment(expected=predict(2 * TRUE), printed=predict(FALSE)),)
    subject = claim("x", Verdict.CORRECTED, corrected, printed=form(FALSE), experiments=off)
    assert judged(subject).verdict == Verdict.CONTRADICTED


def test_one_claims_error_hides_no_other() -> None:
    report = verify(claims=[UNDECIDED["raising derivation"], *GOOD], effort=Effort.QUICK)
    assert [e.agrees for e in report.entries] == [False] + [True] * len(GOOD)
    assert "ZeroDivisionError" in report.entries[0].trace
    assert report.exit_code == 1


def test_allowed_divergence_passes() -> None:
    chosen = experiment(simulate=lambda e, s: simulate(e, s, diverged=5), allow_divergence=True)
    assert judged(claim("d", Verdict.PROVED, derived, experiments=(chosen,))).agrees


def test_inequalities_are_judged_on_one_side() -> None:
    above = experiment(relation="<=", expected=predict(TRUE + 1), mutants={"half": predict(TRUE / 2)})
    assert judged(claim("a", Verdict.PROVED, derived, experiments=(above,))).agrees
    below = experiment(relation=">=", expected=predict(TRUE + 1), mutants={"twice": predict(2 * TRUE)})
    assert judged(claim("b", Verdict.PROVED, derived, experiments=(below,))).verdict == Verdict.CONTRADICTED


def test_deterministic_numbers_are_compared_to_ten_digits() -> None:
    def exact(factor: float):  # type: ignore[no-untyped-def]
        values = np.array([RHO, RHO**2]) * factor
        return lambda effort, seed: Estimates(values, np.zeros(2), ("1", "2"), 256)

    wanted = {"expected": lambda: np.array([RHO, RHO**2]), "mutants": {"off": lambda: np.array([RHO, RHO**3])}}
    near = experiment(simulate=exact(1 + 1e-12), **wanted)
    assert judged(claim("a", Verdict.PROVED, derived, experiments=(near,))).agrees
    far = experiment(simulate=exact(1 + 1e-9), **wanted)
    assert judged(claim("b", Verdict.PROVED, derived, experiments=(far,))).verdict == Verdict.CONTRADICTED


# ---------------------------------------------------------------- seeds, efforts, interruption


def test_selection_changes_no_seed() -> None:
    whole = verify(claims=GOOD, effort=Effort.QUICK, seed=5)
    alone = verify(claims=[GOOD[2]], effort=Effort.QUICK, seed=5)
    ours = [c.estimate for c in whole.entries[2].experiments[0].comparisons]
    assert ours == [c.estimate for c in alone.entries[0].experiments[0].comparisons]
    other = verify(claims=[GOOD[2]], effort=Effort.QUICK, seed=6)
    assert ours != [c.estimate for c in other.entries[0].experiments[0].comparisons]
    assert len({e.seed for entry in whole.entries for e in entry.experiments}) == 3


def test_progress_is_told_of_every_claim() -> None:
    calls: list[tuple[str | None, int, int]] = []
    verify(claims=GOOD, effort=Effort.QUICK, progress=lambda c, done, total: calls.append((c and c.id, done, total)))
    assert calls[0] == (GOOD[0].id, 0, 5)
    assert calls[-1] == (None, 5, 5)


def test_other_processes_change_nothing() -> None:
    """Formulas that cannot be sent, an error, and a process that dies on the way."""
    parent = os.getpid()

    def deadly() -> Derivation:
        if os.getpid() != parent:
            os._exit(1)
        return derived()

    def at_point(point: dict[str, sp.Expr]) -> sp.Expr:
        return TRUE.subs({rho: point["rho"], k: point["k"]})

    unsendable = claim("function", Verdict.PROVED, lambda: derived(form=form(at_point)))
    subjects = [*GOOD, unsendable, UNDECIDED["raising derivation"], claim("deadly", Verdict.PROVED, deadly)]
    alone = verify(claims=subjects, effort=Effort.QUICK, workers=0)
    assert [str(e.verdict) for e in alone.entries[-3:]] == ["proved", "inconclusive", "proved"]
    for workers in (1, 2):
        beside = verify(claims=subjects, effort=Effort.QUICK, workers=workers)
        assert [e.finding for e in beside.entries] == [e.finding for e in alone.entries]
        assert [e.checks for e in beside.entries] == [e.checks for e in alone.entries]
        assert [e.values for e in beside.entries] == [e.values for e in alone.entries]
        assert [e.experiments[0].comparisons for e in beside.entries if e.experiments] == [
            e.experiments[0].comparisons for e in alone.entries if e.experiments
        ]
    assert not multiprocessing.active_children()


@pytest.mark.usefixtures("ctrl_c_heard")
@pytest.mark.parametrize("swallowed", [False, True])
def test_ctrl_c_keeps_what_is_finished(swallowed: bool) -> None:
    """Also where the engine answers Ctrl-C itself with the trajectories that it has so far."""

    def interrupted(effort: Effort, seed: int) -> Estimates:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            for _ in range(10_000):
                pass
        except KeyboardInterrupt:
            if not swallowed:
                raise
        return simulate(effort, seed)

    subject = claim("stop", Verdict.PROVED, derived, experiments=(experiment(simulate=interrupted),))
    handler = signal.getsignal(signal.SIGINT)
    report = verify(claims=[GOOD[0], subject, GOOD[1]], effort=Effort.QUICK)
    assert report.partial
    assert report.exit_code == 130
    assert [e.claim.id for e in report.entries] == [GOOD[0].id]
    assert signal.getsignal(signal.SIGINT) is handler


def test_bad_arguments_are_named() -> None:
    with pytest.raises(ValueError, match="seed must be an integer >= 0, got -1"):
        verify(claims=GOOD, seed=-1)
    with pytest.raises(TypeError, match="seed"):
        verify(claims=GOOD, seed=1.5)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="effort"):
        verify(claims=GOOD, effort="quick")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="unique"):
        verify(claims=[GOOD[0], GOOD[0]])
    with pytest.raises(registry.UnknownClaimError, match="no/such"):
        verify(["no/such"])


# ---------------------------------------------------------------- statistics


def test_no_false_alarm_in_many_true_comparisons() -> None:
    """200 runs of 100 true comparisons each: at a rate of 1e-4 a run, a single false alarm has probability 2%."""
    generator = np.random.default_rng(11)
    for _ in range(200):
        samples = generator.standard_normal((256, 100))
        scores = samples.mean(0) / (samples.std(0, ddof=1) / 16)
        assert not statistics.holm(statistics.p_values(scores, "==", 256)).any()


def test_family_wise_error_is_what_is_asked_for() -> None:
    """At a rate of 20% a run, about 18% of the runs of independent comparisons have a false alarm, never over 20%."""
    generator = np.random.default_rng(12)
    scores = generator.standard_t(63, size=(4000, 50))
    alarms = np.mean([statistics.holm(statistics.p_values(s, "==", 64), 0.2).any() for s in scores])
    assert 0.15 < alarms < 0.20 + 3 * np.sqrt(0.2 * 0.8 / 4000)


@pytest.mark.parametrize("relation", ["==", "<=", ">="])
def test_the_stated_deviation_is_caught(relation: str) -> None:
    """An expectation that is off by exactly the detectable deviation is rejected in about 99% of the experiments."""
    runs, family, n = 4000, 300, 5000
    critical = statistics.critical_score(family, relation, n)
    stderr = 0.1
    shift = float(statistics.detectable_deviation(stderr, critical)) * (-1 if relation == ">=" else 1)
    estimates = 1.0 + shift + stderr * np.random.default_rng(13).standard_normal(runs)
    scores = statistics.standard_scores(estimates, np.full(runs, stderr), np.ones(runs))
    caught = statistics.rejects(scores, relation, critical).mean()
    assert abs(caught - statistics.CATCH_PROBABILITY) < 0.008


def test_holm_against_the_textbook() -> None:
    p = np.array([0.01, 0.04, 0.03, 0.005])
    assert statistics.holm(p, 0.05).tolist() == [True, False, False, True]
    assert statistics.holm([0.0, 1.0], 1e-4).tolist() == [True, False]
    assert statistics.holm(np.zeros(0)).size == 0
    assert statistics.holm([0.02, 0.02, 0.02], 0.05).tolist() == [False] * 3
    with pytest.raises(ValueError, match="rate"):
        statistics.holm(p, 0)
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        statistics.holm([np.nan])


def test_a_deviation_of_the_stated_size_is_caught_by_the_whole_judge() -> None:
    entry = judged(GOOD[0])
    wanted = [c.expected + 2 * c.detectable for c in entry.experiments[0].comparisons]
    off = replace(GOOD[0], experiments=(experiment(expected=lambda: np.array(wanted)),))
    assert judged(off).verdict == Verdict.CONTRADICTED
    closer = [c.expected + 0.2 * c.detectable for c in entry.experiments[0].comparisons]
    near = replace(GOOD[0], experiments=(experiment(expected=lambda: np.array(closer)),))
    assert judged(near, seed=3).verdict == Verdict.PROVED  # too small to be seen, and said to be so


def test_many_true_claims_are_all_accepted() -> None:
    subjects = [replace(GOOD[0], id=f"fake/{i}", derive=lambda: Derivation(form(), induction())) for i in range(40)]
    report = verify(claims=subjects, effort=Effort.QUICK, seed=1)
    assert report.counts == {"proved": 40}
    assert report.comparisons == 120
    assert report.kill_rate == 1.0


def test_scores_near_zero_and_without_error() -> None:
    scores = statistics.standard_scores([1e-17, 1.0, np.nan, 2.0], [0, 0, 1, 0], [0, 1.0, 1.0, 1.0])
    assert scores[0] == 0
    assert scores[1] == 0
    assert np.isnan(scores[2])
    assert scores[3] == np.inf
    assert statistics.standard_scores([1e-3], [0.0], [0.0])[0] == np.inf


def test_an_empty_run_is_judged() -> None:
    assert measurement.judge([]) == []


# ---------------------------------------------------------------- exact comparison


def test_relations_between_exact_numbers() -> None:
    third = sp.Rational(1, 3)
    assert relation_holds(third, "<=", third)
    assert not relation_holds(third + sp.Rational(1, 10**60), "<=", third)
    assert relation_holds(sp.exp(sp.log(2)), "==", sp.Integer(2))
    assert relation_holds(sp.sqrt(2) + sp.sqrt(3), "==", sp.sqrt(5 + 2 * sp.sqrt(6)))
    assert relation_holds(sp.oo, ">", sp.Integer(3))
    assert relation_holds(sp.nan, "==", sp.nan) is None
    assert relation_holds(sp.I, "<", sp.Integer(1)) is None
    assert relation_holds(sp.Float(0.1) + sp.Float(0.2), "==", sp.Rational(3, 10))
    assert relation_holds(sp.Matrix([1, 2]), "==", sp.Matrix([1, 3])) is False


def test_symbols_of_one_name_are_one_symbol() -> None:
    assert same_expression(sp.sqrt(sp.Symbol("x") ** 2), sp.Symbol("x", positive=True))
    assert not same_expression(sp.Symbol("x"), sp.Symbol("y"))
    assert not same_expression(rho**k, rho ** (k + 1))


def test_numbers_are_read_strictly() -> None:
    assert exact_number("0.1") == sp.Rational(1, 10)
    assert exact_number("+3/6") == sp.Rational(1, 2)
    assert exact_number("-1.5e-3") == sp.Rational(-3, 2000)
    assert exact_number(".5") == sp.Rational(1, 2)
    for bad in (
        "",
        "x",
        "1/0",
        "1e9999",
        "1e500",
        "__import__('os')",
        "1/2/3",
        "٣",
        "1 2",
        "nan",
        "e5",
        ".",
        "9" * 300,
    ):
        with pytest.raises(ValueError, match="number must"):
            exact_number(bad)
    assert parse_point(["rho=1/2", "k=2"]) == {"rho": sp.Rational(1, 2), "k": 2}
    for bad in ("rho", "=2", "1a=2", "rho=x"):
        with pytest.raises(ValueError):
            parse_point([bad])
    with pytest.raises(ValueError, match="twice"):
        parse_point(["k=1", "k=2"])


def test_a_claim_is_evaluated_exactly() -> None:
    values = evaluate(GOOD[2], {"rho": "1/3"})
    assert values.point == {"rho": sp.Rational(1, 3), "k": 3}
    assert values.derived == {"right": sp.Rational(91, 81)}
    assert values.printed == {"left": sp.Rational(91, 81), "right": sp.Rational(13, 12)}
    assert known_symbols(GOOD[2]) == {"rho", "k"}
    with pytest.raises(ValueError, match=r"no symbol sigma; its symbols are: k, rho"):
        evaluate(GOOD[2], {"sigma": 1})
    with pytest.raises(ValueError, match="number must"):
        evaluate(GOOD[2], {"rho": "__import__('os')"})


# ---------------------------------------------------------------- registry


def test_every_ledger_module_defines_well_formed_claims() -> None:
    claims = registry.ledger()
    assert not [c.id for c in claims if c.id.endswith(".py")], "a module of the ledger cannot be imported"
    registry.check_claims(claims)
    for subject in claims:
        assert subject.id.startswith(subject.paper + "/")
        assert all(e.mutants for e in subject.experiments), subject.id


def test_every_printed_formula_of_the_ledger_has_a_value_at_its_example() -> None:
    for subject in registry.ledger():
        point = example_point(subject)
        for name in ("left", "right"):
            side = getattr(subject.printed, name)
            if side is not None:
                assert not isinstance(side_value(subject.printed, name, point), Exception), (subject.id, name)


def test_patterns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "ledger", lambda: GOOD)
    assert [c.id for c in registry.select(["fake/re*", "fake/true"])] == ["fake/true", "fake/refuted"]
    assert registry.select() == GOOD
    assert registry.select(["fake"]) == GOOD
    with pytest.raises(registry.UnknownClaimError, match="fake/corrected"):
        registry.select(["fake/corected"])


def test_malformed_claims_are_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    for change, message in (
        ({"recorded": Verdict.INCONCLUSIVE}, "recorded"),
        ({"id": "a b"}, "id"),
        ({"statement": ""}, "statement"),
        ({"experiments": (experiment(), experiment())}, "different names"),
    ):
        with pytest.raises(ValueError, match=message):
            registry.check_claims([replace(GOOD[0], **change)])
    for text, message in (
        ("x = 1", "CLAIMS"),
        ("CLAIMS = [1]", "CLAIMS"),
        ("CLAIMS = 1 / 0", "ZeroDivisionError"),
        ("(", "SyntaxError"),
    ):
        file = tmp_path / "mine.py"
        file.write_text(text)
        with pytest.raises(registry.ClaimFileError, match=message):
            registry.select([str(file)])
    with pytest.raises(registry.ClaimFileError, match="no such file"):
        registry.select([str(tmp_path / "none.py")])
