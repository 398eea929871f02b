"""Formulas in plain text as HTML: Greek letters, superscripts, subscripts and relation signs where they are written."""

from __future__ import annotations

import html
import re

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eps": "ε", "eta": "η", "theta": "θ",
    "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ",
    "phi": "φ", "omega": "ω", "Delta": "Δ", "Sigma": "Σ", "Theta": "Θ", "Lambda": "Λ", "Omega": "Ω", "Phi": "Φ",
    "Gamma": "Γ", "grad": "∇",
}  # fmt: skip

_SIGNS = (("<=>", "⇔"), ("=>", "⇒"), ("->", "→"), ("<=", "≤"), (">=", "≥"), ("!=", "≠"), ("+-", "±"))
_NAME = re.compile(rf"(?<![A-Za-z])(?:{'|'.join(GREEK)}|infinity|oo)(?![A-Za-z])")
_OPERATORS = {"sum": "∑", "prod": "∏", "sqrt": "√"}
_OPERATOR = re.compile(r"(?<![A-Za-z])(?:(?:sum|prod)(?=_)|sqrt(?=\())")
_BASE = r"(?<![A-Za-z])([A-Za-zα-ωΑ-Ω∞∇∑∏]|max|min|sup|inf|lim|log)"
_SUBSCRIPT = re.compile(_BASE + r"_(?:\{([^{}]{1,30})\}|([A-Za-z0-9α-ω]{1,3})(?![A-Za-z0-9_(]))")
_POWER = re.compile(r"(?<=[\w)|\]}'>])\^(?:\{([^{}]{1,40})\}|\(([^()]{1,40})\)|(-?[A-Za-zα-ω]|-?\d+)(?![A-Za-z0-9_]))")


def plain_math(text: str) -> str:
    """Text with formulas in it as HTML; everything else is escaped and stays as it is.

    Examples
    --------
    >>> plain_math("E|w_{k+1}|^2 <= rho^(2k+2) sigma^2")
    'E|w<sub>k+1</sub>|<sup>2</sup> ≤ ρ<sup>2k+2</sup> σ<sup>2</sup>'
    >>> plain_math("<b>my_file</b>")
    '&lt;b&gt;my_file&lt;/b&gt;'
    """
    for written, sign in _SIGNS:
        text = text.replace(written, sign)
    text = _OPERATOR.sub(lambda match: _OPERATORS[match[0]], text)
    text = _NAME.sub(lambda match: GREEK.get(match[0], "∞"), text)
    text = html.escape(text, quote=True)
    text = _SUBSCRIPT.sub(lambda match: f"{match[1]}<sub>{match[2] or match[3]}</sub>", text)
    return _POWER.sub(lambda match: f"<sup>{match[1] or match[2] or match[3]}</sup>", text)
