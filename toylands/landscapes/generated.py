"""Lanes functions from SymPy expressions.

An expression is walked node by node; only the kinds of node named in `ALLOWED` are printed, into plain source text in
which every value is a local variable, and that text is compiled. Text never comes from anywhere else. Equal texts give
the same function object, so landscapes of one structure share one compiled kernel, whatever their parameters' values;
and since the text decides what a function does, kernels made of such functions can be kept on disk.

Subtrees that depend on parameters alone are not computed by the kernel: they are evaluated once for each landscape and
handed over as numbers.
"""

from __future__ import annotations

import functools
import hashlib
import linecache
import math
from collections.abc import Iterable, Sequence
from typing import Any

import sympy as sp
from sympy.functions.elementary.piecewise import ExprCondPair
from sympy.logic.boolalg import BooleanFalse, BooleanTrue

from toylands.simd import absolute, fma, lanes_function, maximum, minimum, select, sqrt, take
from toylands.simd.across_lanes import alike
from toylands.simd.transcendental import cos, exp, log, sign, sin, tanh

_CALLS: dict[Any, str] = {
    sp.exp: "exp", sp.log: "log", sp.sin: "sin", sp.cos: "cos", sp.tanh: "tanh", sp.Abs: "absolute", sp.sign: "sign",
}  # fmt: skip
_FOLDS: dict[Any, str] = {sp.Max: "maximum", sp.Min: "minimum"}
_COMPARISONS: dict[Any, str] = {sp.Lt: "<", sp.Le: "<=", sp.Gt: ">", sp.Ge: ">=", sp.Eq: "=="}
_STRUCTURE = (sp.Symbol, sp.Add, sp.Mul, sp.Pow, sp.Heaviside, sp.Piecewise, ExprCondPair)
_LOGIC = (sp.And, sp.Or, sp.Not, sp.Ne, BooleanTrue, BooleanFalse)
ALLOWED = "numbers, symbols, +, *, powers with a number as exponent, exp, log, sin, cos, tanh, sqrt, Abs, sign, Min, \
Max, Heaviside, Piecewise, and comparisons joined by And, Or and Not"


_NAMESPACE = {
    "__name__": __name__, "absolute": absolute, "alike": alike, "cos": cos, "exp": exp, "fma": fma, "log": log,
    "maximum": maximum, "minimum": minimum, "nan": math.nan, "select": select, "sign": sign, "sin": sin, "sqrt": sqrt,
    "take": take, "tanh": tanh,
}  # fmt: skip


@functools.cache
def function_of(source: str, name: str) -> Any:
    """The function ``name`` that ``source`` (from this module) defines, as a lanes function."""
    digest = hashlib.sha256(source.encode()).hexdigest()
    filename = f"<landscape {digest[:12]}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(True), filename)
    space = dict(_NAMESPACE)
    exec(compile(source, filename, "exec"), space)  # noqa: S102 - printed from whitelisted SymPy nodes only
    function = space[name]
    function.generated_from = digest  # what `toylands.kernels.cache` knows it by
    return lanes_function(function)


def refuse_foreign(name: str, expression: sp.Basic) -> None:
    """Raise TypeError at the first node that has no form as a lanes function, ValueError at one that is not real."""
    for node in sp.preorder_traversal(expression):
        if isinstance(node, (*_STRUCTURE, *_LOGIC, *_CALLS, *_FOLDS, *_COMPARISONS)):
            if isinstance(node, sp.Pow) and not node.exp.is_number and node.base is not sp.E:
                raise TypeError(f"{name} contains {node}: an exponent must be a number; write exp(e*log(b)) for b**e")
            continue
        if isinstance(node, sp.Expr) and node.is_number and not node.is_Function:
            if not (node.is_real and node.is_finite):
                raise ValueError(f"{name} contains {node}, which is not a finite real number")
            continue
        raise TypeError(f"{name} contains {node} ({type(node).__name__}), which has no fast form; allowed: {ALLOWED}")


class Constants:
    """Subtrees of parameters alone, each replaced by a symbol of its own."""

    def __init__(self, parameters: Sequence[sp.Symbol]) -> None:
        self.parameters = tuple(parameters)
        self.table: dict[sp.Expr, sp.Symbol] = {}

    def take_out(self, e: sp.Basic) -> sp.Basic:
        """``e`` with its largest subtrees of parameters alone replaced."""
        if not e.free_symbols or isinstance(e, sp.Symbol):
            return e
        known = set(self.parameters)
        if isinstance(e, sp.Expr) and e.free_symbols <= known:
            return self._symbol(e)
        if isinstance(e, (sp.Add, sp.Mul)):
            fixed = [a for a in e.args if a.free_symbols and a.free_symbols <= known]
            if fixed:
                fixed += [a for a in e.args if not a.free_symbols]
                rest = [self.take_out(a) for a in e.args if a not in fixed]
                return e.func(self._symbol(e.func(*fixed)), *rest)
        return e.func(*(self.take_out(a) for a in e.args))

    def _symbol(self, e: sp.Expr) -> sp.Symbol:
        if e in self.parameters:
            return e
        return self.table.setdefault(e, sp.Symbol(f"constant{len(self.table)}", real=True))

    def source(self) -> str:
        """``constants(p) -> list``: what follows the parameters in ``Parameters.values``."""
        writer = Writer({s: f"p[{i}]" for i, s in enumerate(self.parameters)})
        names = writer.values(list(self.table))
        return "\n".join(["def constants(p):", *writer.before, f"    return [{', '.join(names)}]", ""])


class Writer:
    """Turns expressions into lines of source: ``before`` what is the same for all data points, ``inside`` the rest."""

    def __init__(self, names: dict[sp.Symbol, str], varying: Iterable[str] = ()) -> None:
        self.before: list[str] = []
        self.inside: list[str] = []
        self.varying = set(varying)
        self._known: dict[sp.Basic, str] = dict(names)
        self._count = 0

    def values(self, expressions: Sequence[sp.Expr]) -> list[str]:
        """One operand (a variable or a number) for each expression; what they have in common is computed once."""
        symbols = (sp.Symbol(f"shared{i}") for i in range(10**9))
        shared, reduced = sp.cse(expressions, symbols=symbols, order="canonical")
        for symbol, e in shared:
            self._known[symbol] = self._value(e)
        return [self._value(e) for e in reduced]

    def _new(self, text: str, *operands: str) -> str:
        name = f"x{self._count}"
        self._count += 1
        varies = not self.varying.isdisjoint(operands)
        if varies:
            self.varying.add(name)
        (self.inside if varies else self.before).append(f"    {'    ' if varies else ''}{name} = {text}")
        return name

    def _value(self, e: sp.Basic) -> str:
        if e not in self._known:
            self._known[e] = self._write(e)
        return self._known[e]

    def _write(self, e: sp.Basic) -> str:
        if isinstance(e, sp.Expr) and not e.free_symbols:
            return _number(e)
        if isinstance(e, sp.Add):
            return self._sum(e)
        if isinstance(e, sp.Mul):
            return self._product(e)
        if isinstance(e, sp.Pow):
            return self._power(e.base, e.exp)
        if isinstance(e, sp.Piecewise):
            return self._piecewise(e)
        if isinstance(e, sp.Heaviside):
            x = self._value(e.args[0])
            at_zero = self._new(f"select({x} >= 0.0, {_number(e.args[1])}, 0.0)", x)
            return self._new(f"select({x} > 0.0, 1.0, {at_zero})", x, at_zero)
        if isinstance(e, sp.DiracDelta):
            return "0.0"  # a kink: derivatives are those on either side of it
        if type(e) in _CALLS:
            x = self._value(e.args[0])
            return self._new(f"{_CALLS[type(e)]}({x})", x)
        if type(e) in _FOLDS:
            return self._fold(_FOLDS[type(e)] + "({}, {})", e)
        return self._condition(e)

    def _condition(self, e: sp.Basic) -> str:
        if type(e) in _COMPARISONS:
            a, b = self._value(e.args[0]), self._value(e.args[1])
            return self._new(f"{a} {_COMPARISONS[type(e)]} {b}", a, b)
        if isinstance(e, sp.Ne):
            return self._value(sp.Not(sp.Eq(*e.args), evaluate=False))
        if isinstance(e, sp.And):
            return self._fold("{} & {}", e)
        if isinstance(e, sp.Or):
            return self._fold("{} | {}", e)
        if isinstance(e, sp.Not):
            x = self._value(e.args[0])
            return self._new(f"~{x}", x)
        raise TypeError(f"a derivative contains {e} ({type(e).__name__}), which has no fast form; allowed: {ALLOWED}")

    def _fold(self, form: str, e: sp.Basic) -> str:
        total, *rest = (self._value(a) for a in sorted(e.args, key=sp.default_sort_key))
        for x in rest:
            total = self._new(form.format(total, x), total, x)
        return total

    def _sum(self, e: sp.Add) -> str:
        total = ""
        for term in sorted(e.args, key=sp.default_sort_key):
            if not total:
                total = self._value(term)
            elif isinstance(term, sp.Mul) and term not in self._known:
                *head, last = _factors(term)
                a, b = self._value(sp.Mul(*head, evaluate=False) if len(head) > 1 else head[0]), self._value(last)
                total = self._new(f"fma({a}, {b}, {total})", a, b, total)
            else:
                x = self._value(term)
                total = self._new(f"{total} + {x}", total, x)
        return total

    def _product(self, e: sp.Mul) -> str:
        above, below = "", ""
        for factor in _factors(e):
            if isinstance(factor, sp.Pow) and factor.exp.is_negative:
                below = self._times(below, self._power(factor.base, -factor.exp))
            else:
                above = self._times(above, self._value(factor))
        return self._new(f"{above or '1.0'} / {below}", above, below) if below else above

    def _times(self, a: str, b: str) -> str:
        return self._new(f"{a} * {b}", a, b) if a else b

    def _power(self, base: sp.Expr, exponent: sp.Expr) -> str:
        """Whole and half exponents by products and a root, others through the logarithm."""
        key = sp.Pow(base, exponent, evaluate=False)
        if key in self._known:
            return self._known[key]
        x = self._value(base)
        if exponent.is_negative:
            y = self._power(base, -exponent)
            result = self._new(f"1.0 / {y}", y)
        elif float(exponent) == 1.0:
            result = x
        elif float(exponent) == 0.5:
            result = self._new(f"sqrt({x})", x)
        elif float(2 * exponent).is_integer() and exponent < 65:
            whole = int(float(exponent))
            if float(exponent).is_integer():
                half = self._power(base, sp.Integer(whole // 2))
                result = self._new(f"{half} * {half}", half)
                result = self._times(result, x) if whole % 2 else result
            else:
                result = self._times(self._power(base, sp.Integer(whole)), self._power(base, sp.Rational(1, 2)))
        else:
            result = self._new(f"log({x})", x)
            result = self._new(f"{_number(exponent)} * {result}", result)
            result = self._new(f"exp({result})", result)
        self._known[key] = result
        return result

    def _piecewise(self, e: sp.Piecewise) -> str:
        result = "nan"
        for value, condition in reversed(e.args):
            x = self._value(value)
            if condition == sp.true:
                result = x
            else:
                where = self._value(condition)
                result = self._new(f"select({where}, {x}, {result})", where, x, result)
        return result


def _number(e: sp.Expr) -> str:
    value = float(e)
    if not math.isfinite(value):
        raise ValueError(f"{e} is not a finite real number")
    return repr(value)


def _factors(e: sp.Mul) -> list[sp.Expr]:
    """Factors in a fixed order, a number first, divisors before others: the last one is an operand of fma."""
    return sorted(e.args, key=lambda a: (not a.is_number, not (a.is_Pow and a.exp.is_negative), sp.default_sort_key(a)))
