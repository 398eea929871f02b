"""From one expression to all the lanes functions of a landscape: gradient, Hessian, observables, samples."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import sympy as sp

from toylands.landscapes.base import LandscapeKernels, unrolled
from toylands.landscapes.generated import Constants, Writer, function_of


class Parameters(NamedTuple):
    """What the kernels of a derived landscape receive."""

    values: np.ndarray  # the parameters in the order given, then what was computed from them alone
    data: np.ndarray  # (samples, columns)
    samples: int
    structure: int  # which expressions the values belong to


class Form(NamedTuple):
    """Expressions in symbols of this module: what landscapes of one structure have in common. Hashable."""

    loss: sp.Expr  # of one sample, if there are data
    size: int
    parameters: int
    columns: int
    label: int | None  # which column is the target
    labels: str | None
    observables: tuple[tuple[str, sp.Expr], ...]


class Derived(NamedTuple):
    """The lanes functions of a form."""

    kernels: LandscapeKernels
    observables: dict[str, Any]
    trace_gradient: Any
    constants: Any
    structure: int


def _symbols(stem: str, count: int) -> tuple[sp.Symbol, ...]:
    return tuple(sp.Symbol(f"{stem}{i}", real=True) for i in range(count))


def variables(count: int) -> tuple[sp.Symbol, ...]:
    """The symbols that stand for coordinates."""
    return _symbols("w", count)


def parameters(count: int) -> tuple[sp.Symbol, ...]:
    """The symbols that stand for parameters."""
    return _symbols("p", count)


def columns(count: int) -> tuple[sp.Symbol, ...]:
    """The symbols that stand for the numbers of a data point."""
    return _symbols("d", count)


class _Printer:
    """Prints functions of one form; remembers which constants they share."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.constants = Constants(parameters(form.parameters))

    def _names(self, used: set[sp.Basic], index: str) -> tuple[dict[sp.Symbol, str], list[str], list[str]]:
        """Names of the symbols in use, and the lines that read them: once, and for each data point."""
        names: dict[sp.Symbol, str] = {}
        once, each = ["    w0 = w[0]"], []
        for j, s in enumerate(variables(self.form.size)):
            names[s] = f"w{j}"
            if s in used and j > 0:
                once.append(f"    w{j} = w[{j}]")
        given = [*parameters(self.form.parameters), *self.constants.table.values()]
        for i, s in enumerate(given):
            names[s] = f"p{i}"
            if s in used:
                once.append(f"    p{i} = alike(p.values[{i}], w0)")
        for c, s in enumerate(columns(self.form.columns)):
            names[s] = f"d{c}"
            if s in used:
                each.append(f"    d{c} = alike(take(p.data, {index}, {c}), w0)")
        return names, once, each

    def _body(self, expressions: Sequence[sp.Expr], index: str) -> tuple[Writer, list[str], list[str], list[str]]:
        reduced = [self.constants.take_out(sp.sympify(e)) for e in expressions]
        used = set().union(*(e.free_symbols for e in reduced)) if reduced else set()
        names, once, each = self._names(used, index)
        writer = Writer(names, [f"d{c}" for c in range(self.form.columns)])
        return writer, writer.values(reduced), once, each

    def means(self, head: str, expressions: Sequence[sp.Expr], tail: str | None = None) -> str:
        """Source of a function of the means of expressions over the data (of the expressions, without data).

        They go to ``out[0]``, ``out[1]``, ...; or, if ``tail`` is given, that line is the end, where ``{values}`` are
        their names.
        """
        writer, results, once, each = self._body(expressions, "i")
        lines = [head, *once, *writer.before]
        names = [f"alike({r}, w0)" for r in results]
        averaged = [i for i, r in enumerate(results) if r in writer.varying]
        if averaged:
            lines += [f"    sum{i} = alike(0.0, w0)" for i in averaged]
            lines.append("    for i in range(p.samples):")
            lines += ["    " + line for line in each] + writer.inside
            lines += [f"        sum{i} = sum{i} + {results[i]}" for i in averaged]
            lines.append("    share = 1.0 / p.samples")
            for i in averaged:
                names[i] = f"sum{i} * share"
        if tail is None:
            lines += [f"    out[{i}] = {name}" for i, name in enumerate(names)]
        else:
            lines.append("    " + tail.format(values=", ".join(names)))
        return "\n".join([*lines, ""])

    def sample_gradient(self, gradient: Sequence[sp.Expr]) -> str:
        """Source of ``sample_gradient(w, i, label, scale, out, p)``."""
        writer, results, once, each = self._body(gradient, "i")
        if self.form.label is not None:
            target = f"d{self.form.label}"
            each.append(f"    {target} = {target} {'+' if self.form.labels == 'additive' else '*'} label")
        lines = ["def sample_gradient(w, i, label, scale, out, p):", *once, *each, *writer.before]
        lines += [line[4:] for line in writer.inside]
        lines += [f"    out[{j}] = fma(alike({r}, w0), scale, out[{j}])" for j, r in enumerate(results) if r != "0.0"]
        return "\n".join([*lines, ""])


_SAMPLES = "def samples(p):\n    return p.samples\n"


def _norm(size: int) -> str:
    """Lines that return the length of a vector of ``size`` values."""
    squares = [f"total = fma(g[{j}], g[{j}], total)" for j in range(1, size)]
    return "\n    ".join(["g = ({values},)", "total = g[0] * g[0]", *squares, "return sqrt(total)"])


@functools.lru_cache(maxsize=256)
def derive(form: Form) -> Derived:
    """All functions of a form; equal forms, and forms that print equal sources, share function objects."""
    w, printer = variables(form.size), _Printer(form)
    gradient = [sp.diff(form.loss, x) for x in w]
    hessian = [sp.diff(gradient[i], w[j]) for i in range(form.size) for j in range(i + 1)]
    trace = sp.Add(*(hessian[i * (i + 1) // 2 + i] for i in range(form.size)))
    sources = {
        "gradient": printer.means("def gradient(w, out, p, step, stream):", gradient),
        "hessian": printer.means("def hessian(w, out, p):", hessian),
        "trace_gradient": printer.means("def trace_gradient(w, out, p):", [sp.diff(trace, x) for x in w]),
        "gradient_norm": printer.means("def gradient_norm(w, p):", gradient, _norm(form.size)),
    }
    measured = {"loss": form.loss, "hessian_trace": trace, **dict(form.observables)}
    for name, e in measured.items():
        sources[name] = printer.means("def observable(w, p):", [e], "return {values}")
    if form.columns:
        sources["samples"] = _SAMPLES
        sources["sample_gradient"] = printer.sample_gradient(gradient)
    sources["constants"] = printer.constants.source()
    functions = {name: function_of(text, "observable" if name in measured else name) for name, text in sources.items()}
    constants, digest = functions.pop("constants"), hashlib.sha256("".join(sources.values()).encode())
    kernels = {name: functions.pop(name) for name in ("gradient", "hessian")}
    if form.columns:
        kernels |= {name: functions.pop(name) for name in ("samples", "sample_gradient")}
    return Derived(
        LandscapeKernels(**kernels, labels=form.labels, size=unrolled(form.size)),
        {name: functions[name] for name in ("loss", "gradient_norm", "hessian_trace", *dict(form.observables))},
        functions["trace_gradient"],
        constants,
        int(digest.hexdigest()[:15], 16),
    )
