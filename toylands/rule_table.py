"""What the rule presets are composed of: a row a preset, a column a part, as a Markdown table.

    python -m toylands.rule_table      # the table of the README, whose test compares the two

Everything is read off the rules that the presets build and off their signatures and docstrings: a new preset joins by
itself.
"""

from __future__ import annotations

import inspect
import math
import re
import sys
from typing import Any

import numpy as np

from toylands import dynamics
from toylands.combinations import required_arguments, rule_names
from toylands.dynamics.covariances import DIAGONAL, DYNAMIC, GRADIENT, HESSIAN, LEADING, StateCovariance
from toylands.dynamics.oracles import oracle_shape
from toylands.dynamics.rule import UpdateRule

COLUMNS = ("preset", "gradient", "injected noise", "its covariance", "correlation in time", "momentum", "source")
NONE = "–"
_SIZE = 2
#: values that tell apart what a noise's scale is made of
_TELLING = {"eta": 0.01, "sigma": 0.3, "time_step": 0.04}
_DISPLACED = {
    "one-point": "at w + U, mean of k draws",
    "two-point": "at w + U and w - U, mean of k draws",
    "sam": "at distance rho uphill",
    "asam": "at distance rho uphill in the coordinates' own scale",
    "random-sam": "at distance rho uphill of w + U; U Gaussian",
}
_SHAPES = {
    DYNAMIC: "identity",
    DIAGONAL: "diagonal of the gradients' covariance",
    GRADIENT: "gradients' covariance",
    LEADING: "leading eigenpairs of the gradients' covariance",
    HESSIAN: "leading eigenpairs of the Hessian",
}


def table() -> str:
    """The table in Markdown.

    Examples
    --------
    >>> next(line for line in table().splitlines() if line.startswith("| `pgd`"))
    '| `pgd` | whole | Rademacher or another law, times sigma | identity | kappa = 0 | heavy ball | antipgd Eq. 1 |'
    """
    rows = [COLUMNS, ("---",) * len(COLUMNS), *(row(name) for name in rule_names())]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def row(name: str) -> tuple[str, ...]:
    """One preset's cells, in the order of `COLUMNS`.

    Examples
    --------
    >>> row("euler_maruyama")[2:5]
    ('Gaussian, times sqrt(time_step)', 'given', 'kappa = 0')
    """
    preset = getattr(dynamics, name)
    parameters = inspect.signature(preset).parameters
    asked = required_arguments(name, _SIZE)
    asked |= {key: value for key, value in _TELLING.items() if key in asked}
    rule: UpdateRule = preset(**asked)
    noisy = rule.noise is not None
    return (
        f"`{name}`",
        _gradient(rule, parameters),
        _injected(rule, parameters, asked) if noisy else NONE,
        _covariance(rule, parameters) if noisy else NONE,
        _correlation(rule, parameters) if noisy else NONE,
        "heavy ball" if "momentum" in parameters else NONE,
        _source(preset),
    )


def _law(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _gradient(rule: UpdateRule, parameters: Any) -> str:
    shape = oracle_shape(rule.oracle)
    if shape is None:
        return "whole"
    words = []
    if "batch_size" in parameters:
        whole_too = "None" in str(parameters["batch_size"].annotation)
        words.append("whole or of a mini-batch" if whole_too else "of a mini-batch")
    if shape.labels is not None:
        flips = shape.labels == "flip"
        words.append("labels flipped" if flips else f"targets with {_law(shape.labels)} or other noise")
    if shape.displaced is not None:
        words.append(_DISPLACED[shape.displaced])
        if "noise" in parameters:
            clipped = ", clipped where bounds are given" if "bounds" in parameters else ""
            words.append(f"U {_law(shape.law)} or of another law{clipped}")
    return "; ".join(words)


def _injected(rule: UpdateRule, parameters: Any, asked: dict[str, Any]) -> str:
    assert rule.noise is not None
    eta, sigma, time_step = (asked.get(key, math.nan) for key in _TELLING)
    scales = {"sigma": sigma, "eta": eta, "eta sigma": eta * sigma, "sqrt(time_step)": math.sqrt(time_step), "1": 1.0}
    scale = next(words for words, value in scales.items() if math.isclose(float(np.max(rule.sigma)), value))
    law = _law(rule.noise.name) + (" or another law" if "noise" in parameters else "")
    return law if scale == "1" else f"{law}, times {scale}"


def _covariance(rule: UpdateRule, parameters: Any) -> str:
    if rule.exact_time_step is not None:
        return "that of the exact transition"
    if not isinstance(rule.covariance, StateCovariance):
        return "identity" if rule.covariance is None else "given"
    words = _SHAPES[rule.covariance.kind]
    if rule.covariance.kind == HESSIAN and "rank" not in parameters:
        words = "first eigenvector of the Hessian"
    if rule.covariance.kind == GRADIENT and "rank" in parameters:
        words += ", or its leading eigenpairs"
    return f"{words}; trace given or matched to a mini-batch's"


def _correlation(rule: UpdateRule, parameters: Any) -> str:
    return "any kappa, or a schedule" if "kappa" in parameters else f"kappa = {float(np.max(rule.kappa)):g}"


def _source(preset: Any) -> str:
    """What the first line of the docstring has in its last parentheses."""
    first = inspect.cleandoc(preset.__doc__ or "").splitlines()[0]
    return re.findall(r"\(((?:[^()]|\([^()]*\))*)\)", first)[-1]


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")
