"""One claim whole, as lines of plain text: what ``toylands claim`` prints."""

from __future__ import annotations

import textwrap

import sympy as sp

from theory.claims.claim import Claim, Derivation, Form
from theory.judge.outcomes import Values
from theory.proof import Proof

WIDTH = 110


def claim_lines(claim: Claim, derivation: Derivation | None, values: Values | None, problem: str = "") -> list[str]:
    """Everything about one claim.

    Parameters
    ----------
    claim : Claim
        The entry.
    derivation : Derivation or None
        What its ``derive`` returned, None if it raised.
    values : Values or None
        The forms at a point, see :func:`theory.verify.evaluate`.
    problem : str, default ""
        What went wrong with the derivation.
    """
    lines = [f"{claim.id}  ({claim.paper}, {claim.place})", *_wrapped(claim.statement)]
    lines += _field("our statement" if claim.new else "printed", _text(claim.printed))
    if problem:
        lines += _field("derived", problem)
    if derivation is not None:
        lines += _field("derived", _text(derivation.form))
    lines += _field("recorded", str(claim.recorded)) + _field("reason", claim.reason)
    if derivation is not None:
        lines += _field("note", derivation.note if derivation.note != claim.reason else "")
    lines += [f"  {name}: {meaning}" for name, meaning in claim.symbols.items()]
    if values is not None:
        lines += _values(values, "our statement" if claim.new else "printed")
    if derivation is not None:
        lines += _proof("why the printed form fails", derivation.counterexample) + _proof("proof", derivation.proof)
    for experiment in claim.experiments:
        lines += _field("experiment", f"{experiment.name} (mutants: {', '.join(experiment.mutants) or 'none'})")
    return lines


def _text(form: Form | None) -> str:
    return "no form" if form is None else form.text


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=indent) if text else []


def _field(name: str, text: str) -> list[str]:
    if not text:
        return []
    return textwrap.wrap(
        text, WIDTH, initial_indent=f"{name + ':':<12} ", subsequent_indent=" " * 13, break_on_hyphens=False
    )


def _values(values: Values, printed: str) -> list[str]:
    point = ", ".join(f"{name} = {value}" for name, value in values.point.items())
    lines = [f"at {point}:" if point else "values:"]
    lines += [f"  outside the domain: {line}" for line in values.outside]
    for title, which, sides in ((printed, "printed", values.printed), ("derived", "derived", values.derived)):
        lines += [f"  {title} {name:<5} = {_number(value)}" for name, value in sides.items()]
        if len(sides) == 2:
            lines.append(f"  {title}: left {values.relations[which]} right {_verdict(values.holds.get(which))}")
    lines += [f"  {problem}" for problem in values.problems]
    return lines if len(lines) > 1 else []


def _verdict(holds: bool | None) -> str:
    return "cannot be decided here" if holds is None else "holds here" if holds else "FAILS here"


def _number(value: object) -> str:
    """An exact value, with a decimal beside it where that says more."""
    text = str(value)
    if not isinstance(value, sp.Expr) or value.is_Integer or not value.is_number or not value.is_finite:
        return text
    decimal = f"{float(value):.12g}" if value.is_real else str(sp.N(value, 12))
    return f"about {decimal}" if len(text) > 400 else f"{text}  (about {decimal})"


def _proof(title: str, proof: Proof | None) -> list[str]:
    if proof is None:
        return []
    lines = [f"{title} ({proof.method}{'' if proof.complete else ', INCOMPLETE'}):"]
    for number, step in enumerate(proof.steps, 1):
        mark = "" if step.holds else "DOES NOT HOLD: "
        lines += textwrap.wrap(
            f"{mark}{step.what}" + (f": {step.shown}" if step.shown else ""),
            WIDTH,
            initial_indent=f"  {number}. ",
            subsequent_indent="     ",
            break_on_hyphens=False,
        )
    return lines
