"""A landscape from one SymPy expression."""

from __future__ import annotations

import keyword
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from toylands import validation
from toylands.described import digest
from toylands.landscapes.base import Landscape, LandscapeKernels, Measured, make_observables
from toylands.landscapes.further import distance_to_points
from toylands.observables import Observable, python_body
from toylands.simd import LaneView

if TYPE_CHECKING:
    import sympy as sp

    from toylands.landscapes.derived import Derived

_DOCS = {
    "loss": "L(w)",
    "gradient_norm": "length of the gradient of L",
    "hessian_trace": "trace of the Hessian of L",
}


@dataclass(frozen=True, eq=False)
class SymbolicLandscape(Landscape):
    """A loss given by a SymPy expression; made by `from_sympy`, which says what the fields mean.

    Examples
    --------
    >>> import toylands as tl
    >>> well = tl.landscapes.SymbolicLandscape.example()
    >>> well.gradient([1.0, 0.5]).tolist()
    [0.5, 1.0]
    """

    expression: Any
    variables: tuple[Any, ...]
    given: dict[Any, float]
    data: dict[Any, np.ndarray]
    label: Any
    labels: str | None
    name: str
    extra: dict[str, Any]
    minimum: np.ndarray | None
    kernels: LandscapeKernels = field(init=False)
    summary = "any loss given as a SymPy expression, or the mean of one over data (your own)"
    loss = Measured("L(w).")
    gradient_norm = Measured("Length of the gradient.")
    hessian_trace = Measured("Tr of the Hessian.")

    def __post_init__(self) -> None:
        from toylands.landscapes.derived import Form, Parameters, columns, derive, parameters, variables

        standing = dict(zip(self.variables, variables(len(self.variables))))
        standing |= dict(zip(self.given, parameters(len(self.given))))
        standing |= dict(zip(self.data, columns(len(self.data))))
        form = Form(
            self.expression.xreplace(standing),
            len(self.variables),
            len(self.given),
            len(self.data),
            None if self.label is None else list(self.data).index(self.label),
            self.labels,
            tuple((name, e.xreplace(standing)) for name, e in self.extra.items()),
        )
        derived = derive(form)
        table = np.ascontiguousarray(np.stack(list(self.data.values()), axis=1)) if self.data else np.zeros((1, 1))
        values = _with_constants(derived, np.array(list(self.given.values()), dtype=np.float64), self.given)
        set_ = object.__setattr__
        set_(self, "kernels", derived.kernels)
        set_(self, "_derived", derived)
        set_(self, "_parameters", Parameters(values, table, len(table) if self.data else 1, derived.structure))
        if self.minimum is not None:
            self._check_minimum(self.minimum)

    def __getattr__(self, name: str) -> Observable:
        """An observable of the user's own, by name."""
        if name in self.__dict__.get("extra", ()):
            return self.observables[name]
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def _check_minimum(self, minimum: np.ndarray) -> None:
        slope = float(np.abs(self.gradient(minimum)).max())
        if not slope <= 1e-8 * (1.0 + float(np.abs(self.hessian(minimum)).max())):
            raise ValueError(f"minimum = {minimum.tolist()} is none: the gradient there is {slope:g} in one coordinate")

    @classmethod
    def example(cls) -> SymbolicLandscape:
        """A valley with curvature a x^2 across: L = a x^2 y^2 / 2, a = 2."""
        import sympy as sp

        x, y, a = sp.symbols("x y a", real=True)
        return from_sympy(a * x**2 * y**2 / 2, [x, y], {a: 2.0})

    @property
    def size(self) -> int:
        """Number of variables."""
        return len(self.variables)

    @property
    def observables(self) -> dict[str, Observable]:
        """loss, gradient_norm, hessian_trace, and the user's own."""
        derived: Derived = self._derived  # type: ignore[assignment]
        docs = {**_DOCS, **{name: str(e) for name, e in self.extra.items()}}
        return make_observables(self.parameters, {name: (k, docs[name]) for name, k in derived.observables.items()})

    def describe(self) -> dict[str, Any]:
        """Name, expression, parameters, and a digest of the data."""
        described: dict[str, Any] = {
            "name": self.name,
            "loss": str(self.expression),
            "variables": [str(s) for s in self.variables],
            "parameters": {str(s): value for s, value in self.given.items()},
        }
        if self.data:
            columns = [str(s) for s in self.data]
            described["data"] = {"columns": columns, "sha256": digest(self.parameters.data), "label": str(self.label)}
        if self.extra:
            described["observables"] = {name: str(e) for name, e in self.extra.items()}
        return described

    def _at(self, kernel: Any, w: Any, rows: int) -> np.ndarray:
        point = validation.vector("w", w, length=self.size)
        out = np.zeros((rows, 1))
        python_body(kernel)(LaneView(point[:, None]), LaneView(out), self.parameters)
        return out[:, 0]

    def hessian(self, w: Any) -> np.ndarray:
        """Hessian at one point, shape (size, size)."""
        n = self.size
        full = np.zeros((n, n))
        rows, columns = np.tril_indices(n)
        full[rows, columns] = full[columns, rows] = self._at(self.kernels.hessian, w, len(rows))
        return full

    def trace_gradient(self, w: Any) -> np.ndarray:
        """The third derivatives contracted, sum_j d_i d_j d_j L for each i: the gradient of the Hessian's trace."""
        derived: Derived = self._derived  # type: ignore[assignment]
        return self._at(derived.trace_gradient, w, self.size)

    def _distance(self) -> Observable | None:
        doc = "distance to the minimum that was given"
        return None if self.minimum is None else distance_to_points(self.minimum, self.parameters, doc)

    def suggested(self) -> dict[str, Any]:
        """The minimum as a starting point, if it was given; nothing is known beyond."""
        return {} if self.minimum is None else {"start": self.minimum}

    def symbolic(self) -> tuple[Any, tuple[Any, ...]]:
        """The loss with its numbers put in (the mean over the data, if there are any), and its variables."""
        import sympy as sp

        loss = self.expression.xreplace({s: sp.Float(value) for s, value in self.given.items()})
        if self.data:
            rows = (dict(zip(self.data, map(sp.Float, row))) for row in self.parameters.data)
            loss = sp.Add(*(loss.xreplace(row) for row in rows)) / self.parameters.samples
        return loss, self.variables


def _with_constants(derived: Derived, values: np.ndarray, given: Mapping[Any, float]) -> np.ndarray:
    with np.errstate(all="ignore"):
        computed = np.array(python_body(derived.constants)(values), dtype=np.float64)
    if not np.isfinite(computed).all():
        told = ", ".join(f"{s} = {value:g}" for s, value in given.items())
        raise ValueError(f"parameters make a part of the loss or of its derivatives infinite or not real: {told}")
    together = np.concatenate([values, computed, [0.0]])  # never empty
    together.flags.writeable = False
    return together


def from_sympy(
    expr: sp.Expr,
    variables: Sequence[sp.Symbol],
    parameters: Mapping[sp.Symbol, float] | None = None,
    *,
    data: Mapping[sp.Symbol, Any] | None = None,
    label: sp.Symbol | None = None,
    labels: str = "additive",
    observables: Mapping[str, sp.Expr] | None = None,
    minimum: Any = None,
    name: str = "SymbolicLandscape",
) -> SymbolicLandscape:
    """A landscape from one SymPy expression: gradient, Hessian and kernels follow from it.

    Parameter values travel as an array: hundreds of values, one compilation. Where the loss has a kink, derivatives are
    those on either side of it, and their mean on it.

    Parameters
    ----------
    expr : sympy.Expr
        The loss L(w); with ``data``, the loss of one sample, of which L is the mean. Built from numbers, symbols, sums,
        products, powers with a number as exponent, exp, log, sin, cos, tanh, sqrt, Abs, sign, Min, Max, Heaviside and
        Piecewise. All symbols are taken as real. Text is not read.
    variables : sequence of sympy.Symbol
        The coordinates, in order.
    parameters : mapping of sympy.Symbol to float, optional
        Values of the other symbols.
    data : mapping of sympy.Symbol to array_like of shape (samples,), optional
        One number a sample for each symbol: then mini-batches and label noise apply.
    label : sympy.Symbol, optional
        Which of the data symbols is the target that label noise changes.
    labels : {"additive", "sign"}
        Whether label noise is added to the target or multiplied onto it.
    observables : mapping of str to sympy.Expr, optional
        More to measure, by name, beside ``loss``, ``gradient_norm`` and ``hessian_trace`` (means over the data).
    minimum : array_like of shape (size,), optional
        A known minimum; it is checked to be stationary.
    name : str
        How results call the landscape.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind, a symbol has no role or two, or the expression has a part without a fast
        form; the message names it.

    Notes
    -----
    Source of the trace's role: antipgd, Eq. 6. `theory.effective_loss` derives modified losses from the same
    expression.

    Examples
    --------
    >>> import sympy as sp
    >>> import toylands as tl
    >>> x, y, a = sp.symbols("x y a")
    >>> ring = tl.landscapes.from_sympy((x**2 + y**2 - a) ** 2 / 4, [x, y], {a: 1.0}, observables={"angle": y / x})
    >>> ring.hessian_trace([1.0, 0.0]), ring.trace_gradient([1.0, 0.0]).tolist()
    (2.0, [8.0, 0.0])
    >>> run = tl.simulate(ring, tl.dynamics.anti_pgd(0.1, 0.1), start=[1.0, 0.0], steps=200, trajectories=64)
    >>> bool(run["loss"].mean[-1] < 0.05)
    True
    """
    symbols = _roles(variables, parameters, data)
    table = _columns(data)
    _check("expr", expr, symbols)
    extra = dict(observables or {})
    for key, e in extra.items():
        _check_name(key)
        _check(f"observables[{key!r}]", e, symbols)
    if label is not None and label not in table:
        raise ValueError(f"label = {label!r} must be one of the symbols of data, {list(table)}")
    if not isinstance(name, str) or not name:
        raise TypeError(f"name must be a non-empty string, got {name!r}")
    return SymbolicLandscape(
        expr,
        tuple(variables),
        {s: validation.finite_float(f"parameters[{s}]", value) for s, value in (parameters or {}).items()},
        table,
        label,
        None if label is None else validation.choice("labels", labels, ("additive", "sign")),
        name,
        extra,
        None if minimum is None else validation.vector("minimum", minimum, length=len(variables)),
    )


def _roles(*groups: Any) -> set[Any]:
    """All symbols, each with one role."""
    import sympy as sp

    seen: set[Any] = set()
    for argument, group in zip(("variables", "parameters", "data"), groups):
        if group is None:
            continue
        wanted = Sequence if argument == "variables" else Mapping
        if isinstance(group, str) or not isinstance(group, (wanted, sp.Tuple)):
            kind = "a list of SymPy symbols" if argument == "variables" else "a dict from SymPy symbols to values"
            raise TypeError(f"{argument} must be {kind}, got {group!r}")
        for symbol in group:
            if not isinstance(symbol, sp.Symbol):
                raise TypeError(f"{argument} must name SymPy symbols, got {symbol!r} of type {type(symbol).__name__}")
            if symbol in seen:
                raise ValueError(f"{argument} has the symbol {symbol}, which is there already")
            seen.add(symbol)
        if argument == "variables" and not seen:
            raise ValueError("variables must name at least one symbol")
    return seen


def _columns(data: Mapping[Any, Any] | None) -> dict[Any, np.ndarray]:
    table: dict[Any, np.ndarray] = {}
    for symbol, column in (data or {}).items():
        first = next(iter(table.values()), None)
        table[symbol] = validation.vector(f"data[{symbol}]", column, length=None if first is None else len(first))
    return table


def _check(argument: str, expr: Any, symbols: set[Any]) -> None:
    import sympy as sp

    from toylands.landscapes.generated import refuse_foreign

    if not isinstance(expr, sp.Expr):
        hint = "; text is not read: build it from sympy.symbols" if isinstance(expr, str) else ""
        raise TypeError(f"{argument} must be a SymPy expression, got {expr!r} of type {type(expr).__name__}{hint}")
    free = sorted(str(s) for s in expr.free_symbols - symbols)
    if free:
        raise ValueError(
            f"{argument} has the symbol{'s' if len(free) > 1 else ''} {', '.join(free)}, neither a variable nor a "
            "parameter nor data (symbols with different assumptions differ)"
        )
    refuse_foreign(argument, expr)


def _check_name(name: Any) -> None:
    if not isinstance(name, str) or not name.isidentifier() or keyword.iskeyword(name):
        raise ValueError(f"observables must have names that Python could use, got {name!r}")
    if hasattr(SymbolicLandscape, name) or name in SymbolicLandscape.__dataclass_fields__:
        raise ValueError(f"observables cannot use the name {name!r}, which a landscape has already")
