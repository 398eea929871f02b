"""The rule by which the judge reaches a verdict. It never looks at the recorded one."""

from __future__ import annotations

from collections.abc import Sequence

from theory.claims.claim import Derivation, Verdict
from theory.judge.outcomes import Check, ExperimentOutcome, SearchOutcome
from theory.proof import Proof

Finding = tuple[Verdict, str]

SEARCHES = ("search", "numerical")
"""A proof whose method begins with one of these words is a search: it supports a claim, but proves none."""


def reach(
    derivation: Derivation,
    checks: Sequence[Check],
    experiments: Sequence[ExperimentOutcome],
    searches: Sequence[SearchOutcome] = (),
) -> Finding:
    """The verdict that the evidence supports, and a sentence that says why.

    Parameters
    ----------
    derivation : Derivation
        What the blackboard found.
    checks : sequence of Check
        Exact checks of the forms, see :func:`theory.judge.agreement.check_forms`.
    experiments : sequence of ExperimentOutcome
        Every experiment of the claim, judged.
    searches : sequence of SearchOutcome, default ()
        Searches of the claim's domain; what they found is among the checks.

    Returns
    -------
    (Verdict, str)
        Anything that disagrees gives ``contradicted``; else anything that decides too little gives ``inconclusive``;
        else ``proved``, ``supported``, ``corrected``, ``refuted`` or ``not checkable``.
    """
    against = _contradiction(derivation, checks, experiments)
    if against is not None:
        return Verdict.CONTRADICTED, against
    if _nothing_to_judge(derivation, experiments):
        return Verdict.NOT_CHECKABLE, derivation.note
    missing = _shortcoming(derivation, checks, experiments, searches)
    if missing is not None:
        return Verdict.INCONCLUSIVE, missing
    return _conclusion(derivation, experiments, searches)


def _contradiction(
    derivation: Derivation, checks: Sequence[Check], experiments: Sequence[ExperimentOutcome]
) -> str | None:
    for experiment in experiments:
        worst = max((c for c in experiment.comparisons if c.rejected), key=lambda c: abs(c.score), default=None)
        if worst is not None:
            return (
                f"experiment '{experiment.name}' rejects the derived form at {worst.label}: "
                f"{worst.estimate:.6g} +- {worst.stderr:.2g} against {worst.expected:.6g} ({worst.score:+.1f} stderr)"
            )
        if derivation.counterexample is None and experiment.printed_rejected:
            return f"experiment '{experiment.name}' rejects the printed form, which the derivation says holds"
    for check in checks:
        if check.holds is False and check.matters:
            return f"{check.what} fails: {check.shown}"
    return None


def _nothing_to_judge(derivation: Derivation, experiments: Sequence[ExperimentOutcome]) -> bool:
    """A claim that gives only a reason why it cannot be checked."""
    tried = (derivation.form, derivation.proof, derivation.counterexample)
    return all(part is None for part in tried) and not experiments and bool(derivation.note)


def _shortcoming(
    derivation: Derivation,
    checks: Sequence[Check],
    experiments: Sequence[ExperimentOutcome],
    searches: Sequence[SearchOutcome],
) -> str | None:
    for name, proof in (("proof", derivation.proof), ("counterexample", derivation.counterexample)):
        if proof is not None and not proof.complete:
            return f"the {name} is incomplete: {_first_failed(proof)}"
    for check in checks:
        if check.holds is None and check.matters:
            return f"{check.what}: {check.shown}"
    for experiment in experiments:
        weak = _weakness(experiment, derivation.counterexample is not None)
        if weak is not None:
            return f"experiment '{experiment.name}': {weak}"
    return _missing_part(derivation, experiments, searches)


def _first_failed(proof: Proof) -> str:
    if not proof.steps:
        return "it has no steps"
    step = proof.failed[0]
    return f"'{step.what}' does not hold ({step.shown})" if step.shown else f"'{step.what}' does not hold"


def _weakness(experiment: ExperimentOutcome, false_as_printed: bool) -> str | None:
    if experiment.problem is not None:
        return experiment.problem
    if not experiment.mutants:
        return "no mutant, so nothing shows that it could fail"
    surviving = [f"'{m.name}' ({m.score:+.1f} stderr)" for m in experiment.mutants if not m.rejected]
    if surviving:
        return f"too poor to reject the mutant {', '.join(surviving)}; needs {experiment.critical:.1f} stderr"
    if false_as_printed and experiment.printed_rejected is False:
        return f"too poor to reject the printed form ({experiment.printed_score:+.1f} stderr)"
    return None


def _missing_part(
    derivation: Derivation, experiments: Sequence[ExperimentOutcome], searches: Sequence[SearchOutcome]
) -> str | None:
    form, proof = derivation.form, derivation.proof
    if derivation.counterexample is not None:
        if form is not None and proof is None:
            return "the printed form fails, but the correction has no proof"
        return None
    if proof is not None and form is None:
        return "there is a proof, but no form that it proves"
    if proof is None and not experiments and not (searches and form is not None):
        return "neither a proof nor an experiment nor a search speaks for the claim"
    return None


def _conclusion(
    derivation: Derivation, experiments: Sequence[ExperimentOutcome], searches: Sequence[SearchOutcome]
) -> Finding:
    proof, counterexample = derivation.proof, derivation.counterexample
    tested = _searched(searches) + _tested(experiments)
    if counterexample is not None:
        shown = f"the printed form fails ({counterexample.method}, {_steps(counterexample)})"
        if derivation.form is None:
            return Verdict.REFUTED, f"{shown}; no small correction is known{tested}"
        if proof is not None and _is_search(proof):
            return Verdict.INCONCLUSIVE, f"{shown}, but the correction is only supported by a search"
        assert proof is not None
        return Verdict.CORRECTED, f"{shown}; the correction is proved ({proof.method}, {_steps(proof)}){tested}"
    if proof is None:
        return Verdict.SUPPORTED, f"no proof{tested}"
    if _is_search(proof):
        return Verdict.SUPPORTED, f"{proof.method}, {_steps(proof)}{tested}"
    return Verdict.PROVED, f"{proof.method}, {_steps(proof)}{tested}"


def _is_search(proof: Proof) -> bool:
    return proof.method.lower().startswith(SEARCHES)


def _steps(proof: Proof) -> str:
    return "1 step" if len(proof.steps) == 1 else f"{len(proof.steps)} steps"


def _searched(searches: Sequence[SearchOutcome]) -> str:
    return "".join(f"; no counterexample to the {s.form}: {s.effort}" for s in searches if s.counterexample is None)


def _tested(experiments: Sequence[ExperimentOutcome]) -> str:
    if not experiments:
        return ""
    numbers = sum(len(e.comparisons) for e in experiments)
    agree = f"{len(experiments)} experiment{'s agree' if len(experiments) > 1 else ' agrees'}"
    return f"; {agree} ({numbers} number{'s' if numbers > 1 else ''})"
