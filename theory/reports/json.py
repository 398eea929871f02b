"""A report as one JSON object."""

from __future__ import annotations

import json
import math
from typing import Any

import sympy as sp

from theory.claims.claim import Claim, Derivation, Form
from theory.claims.coverage import Coverage
from theory.judge.outcomes import Check, Comparison, Entry, ExperimentOutcome, Report, SearchOutcome, Values
from theory.proof import Proof

Json = dict[str, Any]


def to_json(report: Report) -> str:
    """The report as JSON text; numbers that are not finite become null."""
    return json.dumps(_finite(report_object(report)), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value


def report_object(report: Report) -> Json:
    """The report as nested dictionaries and lists; ``claims`` holds one dictionary per claim."""
    return {
        "version": report.version,
        "seed": report.seed,
        "effort": report.effort.name.lower(),
        "partial": report.partial,
        "selected": report.selected,
        "seconds": round(report.seconds, 3),
        "false_alarm_rate": report.rate,
        "comparisons": report.comparisons,
        "kill_rate": report.kill_rate,
        "mutants": len(report.mutants),
        "mutants_rejected": sum(m.rejected for _, _, m in report.mutants),
        "counts": report.counts,
        "derivations_from_disk": len(report.kept),
        "coverage": [_coverage(coverage) for coverage in report.coverage],
        "as_recorded": not report.differing,
        "exit_code": report.exit_code,
        "claims": [entry_object(entry) for entry in report.entries],
    }


def _coverage(coverage: Coverage) -> Json:
    return {
        "paper": coverage.paper,
        "items": coverage.total,
        "by_entries": coverage.judged,
        "with_a_reason": coverage.reasoned,
        "percent": coverage.percent,
        "entries": coverage.entries,
        "complete": coverage.complete,
        "problems": list(coverage.problems()),
        "index": [{"item": i.name, "entries": list(i.ids), "reason": i.reason or None} for i in coverage.items],
    }


def entry_object(entry: Entry) -> Json:
    """One claim: what is printed, what was derived and how, every check with its numbers, the verdict."""
    claim, derivation = entry.claim, entry.derivation
    form = derivation.form if derivation is not None else None
    return {
        "id": claim.id,
        "paper": claim.paper,
        "place": claim.place,
        "statement": claim.statement,
        "printed": claim.printed.text,
        "derived": form.text if form is not None else None,
        "proof": _proof(derivation.proof) if derivation is not None else None,
        "checks": [_check(check) for check in entry.checks] + [_monte_carlo(e) for e in entry.experiments],
        "verdict": str(entry.verdict),
        "reason": entry.reason,
        "recorded": str(claim.recorded),
        "as_recorded": entry.agrees,
        "finding": entry.finding,
        "note": derivation.note if derivation is not None else "",
        "new": claim.new,
        "method": entry.method,
        "counterexample": _proof(derivation.counterexample) if derivation is not None else None,
        "printed_form": _form(claim.printed),
        "derived_form": _form(form),
        "symbols": dict(claim.symbols),
        "domain": claim.domain.describe() if claim.domain is not None else None,
        "searches": [_search(outcome) for outcome in entry.searches],
        "example": _values(entry.values),
        "experiments": [_experiment(experiment) for experiment in entry.experiments],
        "traceback": entry.trace or None,
        "derivation_from_disk": entry.kept is not None,
        "seconds": round(entry.seconds, 3),
    }


def _form(form: Form | None) -> Json | None:
    return None if form is None else {"text": form.text, "latex": form.latex, "relation": form.relation}


def _proof(proof: Proof | None) -> Json | None:
    if proof is None:
        return None
    steps = [{"what": step.what, "holds": step.holds, "shown": step.shown} for step in proof.steps]
    return {"method": proof.method, "complete": proof.complete, "steps": steps}


def _search(outcome: SearchOutcome) -> Json:
    return {
        "form": outcome.form,
        "random_points": outcome.random,
        "refining_points": outcome.refined,
        "without_a_value": outcome.undecided,
        "seed": outcome.seed,
        "smallest_relative_margin": outcome.margin,
        "at": dict(outcome.where),
        "counterexample": outcome.counterexample,
        "shown": outcome.shown,
    }


def _check(check: Check) -> Json:
    return {"kind": "exact", "what": check.what, "holds": check.holds, "shown": check.shown, "matters": check.matters}


def _monte_carlo(experiment: ExperimentOutcome) -> Json:
    """An experiment as a check; its numbers are under ``experiments``."""
    worst = experiment.worst
    return {
        "kind": "Monte Carlo",
        "what": experiment.name,
        "holds": experiment.agrees if experiment.problem is None else None,
        "shown": experiment.problem
        or f"{len(experiment.comparisons)} numbers, largest score {worst.score if worst else math.nan:+.2f}",
        "matters": True,
    }


def _values(values: Values | None) -> Json | None:
    if values is None:
        return None
    parts = {"at": values.point, "printed": values.printed, "derived": values.derived}
    texts: Json = {name: {key: str(value) for key, value in part.items()} for name, part in parts.items()}
    return {**texts, "holds": dict(values.holds), "outside": list(values.outside), "problems": list(values.problems)}


def values_object(claim: Claim, derivation: Derivation | None, values: Values | None, problem: str = "") -> Json:
    """One claim at a point: both forms, the exact value of every side as text, and as a number where it is real."""
    form = derivation.form if derivation is not None else None
    found = _values(values)
    if found is not None and values is not None:
        sides = {"printed": values.printed, "derived": values.derived}
        found["numbers"] = {name: {k: _number(v) for k, v in part.items()} for name, part in sides.items()}
    return {
        "id": claim.id,
        "statement": claim.statement,
        "recorded": str(claim.recorded),
        "printed_form": _form(claim.printed),
        "derived_form": _form(form),
        "symbols": dict(claim.symbols),
        "domain": claim.domain.describe() if claim.domain is not None else None,
        "values": found,
        "problem": problem or None,
    }


def _number(value: object) -> float | list[Any] | None:
    """A real number as a float, a matrix as nested lists; None for anything else."""
    if isinstance(value, sp.MatrixBase):
        return [[_number(v) for v in row] for row in value.tolist()]
    if not isinstance(value, sp.Expr) or not value.is_number or value.is_real is False:
        return None
    number = complex(sp.N(value, 17))
    return number.real if number.imag == 0 and math.isfinite(number.real) else None


def _experiment(experiment: ExperimentOutcome) -> Json:
    return {
        "name": experiment.name,
        "relation": experiment.relation,
        "seed": experiment.seed,
        "trajectories": experiment.trajectories,
        "diverged": experiment.diverged,
        "critical_score": experiment.critical,
        "agrees": experiment.agrees,
        "problem": experiment.problem,
        "traceback": experiment.trace or None,
        "printed_rejected": experiment.printed_rejected,
        "printed_score": experiment.printed_score,
        "comparisons": [_comparison(comparison) for comparison in experiment.comparisons],
        "mutants": [
            {"name": m.name, "score": m.score, "label": m.label, "rejected": m.rejected} for m in experiment.mutants
        ],
        "seconds": round(experiment.seconds, 3),
    }


def _comparison(comparison: Comparison) -> Json:
    return {
        "label": comparison.label,
        "estimate": comparison.estimate,
        "stderr": comparison.stderr,
        "expected": comparison.expected,
        "score": comparison.score,
        "detectable": comparison.detectable,
        "relative_detectable": comparison.relative_detectable,
        "rejected": comparison.rejected,
        "printed": comparison.printed,
        "printed_score": comparison.printed_score,
    }
