"""Formulas as inline SVG, drawn by matplotlib's own mathtext (no LaTeX installation, no scripts in the page)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from typing import Any

_UNITS = 100.0
"""Units per em in which matplotlib lays formulas out."""

_EM = 1.25
"""Size of a formula, in ems of the text around it."""

_WIDEST = 24.0
"""Ems beyond which a line is broken before a relation or a sign, where it has one outside all braces."""

_BREAKS = re.compile(
    r"(?P<open>\\left(?![a-zA-Z])|[{(\[])|(?P<close>\\right(?![a-zA-Z])|[})\]])|(?P<escaped>\\[{}])"
    r"|(?P<relation>\\(?:leq|geq|neq|approx|to|Rightarrow|Leftrightarrow)(?![a-zA-Z])|[=<>])|(?P<sign>(?<=[^^_({\[,\s])\s*[+-])"
)

_REPLACEMENTS = (
    (r"\\[td]frac(?![a-zA-Z])", r"\\frac"),
    (r"\\frac *(\d) *(\d)", r"\\frac{\1}{\2}"),
    (r"\\[lr]Vert(?![a-zA-Z])", r"\\|"),
    (r"\\(?:[lr]vert|mid)(?![a-zA-Z])", "|"),
    (r"\\(le|ge|ne)(?![a-zA-Z])", r"\\\1q"),
    (r"\\[bB]igg?[lrm]?(?![a-zA-Z])", ""),
    (r"\\implies(?![a-zA-Z])", r"\\Rightarrow"),
    (r"\\iff(?![a-zA-Z])", r"\\Leftrightarrow"),
    (r"\\(?:text|textrm|mbox)\{", r"\\mathrm{"),
    (r"\\(?:textbf|boldsymbol|bm)\{", r"\\mathbf{"),
    (r"\\mathbb *\{?([A-Z])\b\}?", r"\\mathrm{\\mathbb{\1}}"),
    (r"\\math(?:ds|bb)\{1\}", r"\\mathbf{1}"),
    (r"\\(?:begin|end)\{(?:aligned|align\*?|gathered|split|equation\*?)\}", ""),
    (r"\\(?:limits|nolimits|displaystyle|textstyle|nonumber)(?![a-zA-Z])", ""),
    (r"\\colon(?![a-zA-Z])", ":"),
)
"""Commands that mathtext does not know, and what it knows instead."""


def _lines(latex: str) -> list[str]:
    """The formula in mathtext's dialect, one string a line."""
    for pattern, replacement in _REPLACEMENTS:
        latex = re.sub(pattern, replacement, latex)
    latex = re.sub(r"\\mathrm\{([^{}]*)\}", lambda m: "\\mathrm{" + m[1].replace(" ", r"\ ") + "}", latex)
    lines = re.split(r"\\\\(?:\[[^\]]*\])?", latex.replace(r"\&", "\0").replace("&", " ").replace("\0", r"\&"))
    return [line.strip() for line in lines if line.strip()]


def _pieces(line: str) -> list[str]:
    """The line, cut before every relation and sign that stands outside all braces."""
    cuts, depth = [0], 0
    for match in _BREAKS.finditer(line):
        if match["open"] or match["close"]:
            depth = depth + 1 if match["open"] else max(depth - 1, 0)
        elif depth == 0 and not match["escaped"] and match.start() > 0:
            cuts.append(match.start())
    return [line[a:b] for a, b in zip(cuts, [*cuts[1:], len(line)])]


class MathRenderer:
    """Draws the formulas of one page; every glyph is stored once, in :meth:`definitions`.

    Examples
    --------
    >>> renderer = MathRenderer()
    >>> renderer.svg(r"\\\\frac{1}{2}", "1/2")[:4]
    '<svg'
    >>> renderer.svg(r"\\\\nosuchcommand{", "?") is None
    True
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._paths: list[str] = []
        self._drawn: dict[str, tuple[str, float, float] | None] = {}

    def svg(self, latex: str, label: str) -> str | None:
        """The formula as an ``<svg>`` element, or None if mathtext cannot draw it.

        Parameters
        ----------
        latex : str
            Without dollar signs; ``\\\\`` breaks a line.
        label : str
            The formula in plain text, for screen readers and as a tooltip.
        """
        drawn = []
        for whole in _lines(latex):
            line = self._line(whole)
            if line is None:
                return None
            wide = line[1] / _UNITS * _EM > _WIDEST
            drawn += self._broken(whole) if wide else [(*line, 0.0)]
        if not drawn:
            return None
        parts, top, width = [], 0.0, 0.0
        for body, line_width, height, indent in drawn:
            parts.append(f'<g transform="translate({indent:.0f} {top:.0f})">{body}</g>')
            top, width = top + height, max(width, line_width + indent)
        size = f'width="{width / _UNITS * _EM:.2f}em" height="{top / _UNITS * _EM:.2f}em"'
        name = html.escape(label, quote=True)
        return (
            f'<svg class="formula" role="img" aria-label="{name}" {size} viewBox="0 0 {width:.0f} {top:.0f}">'
            f"<title>{name}</title>{''.join(parts)}</svg>"
        )

    def definitions(self) -> str:
        """A hidden ``<svg>`` with the glyphs that the formulas refer to."""
        paths = "".join(f'<path id="g{number}" d="{path}"/>' for number, path in enumerate(self._paths))
        return f'<svg width="0" height="0" aria-hidden="true" style="position:absolute"><defs>{paths}</defs></svg>'

    def _broken(self, whole: str) -> list[tuple[str, float, float, float]]:
        """The pieces of a wide line, as many on a line as there is room for; further lines are indented."""
        rows: list[str] = []
        for piece in _pieces(whole):
            joined = self._line(rows[-1] + piece) if rows else None
            room = _WIDEST - (2 if len(rows) > 1 else 0)
            if joined is not None and joined[1] / _UNITS * _EM <= room:
                rows[-1] += piece
            else:
                rows.append(piece)
        drawn = [self._line(row) for row in rows]
        known = [line for line in drawn if line is not None]
        if len(known) < len(rows):  # a piece that does not stand alone
            line = self._line(whole)
            return [] if line is None else [(*line, 0.0)]
        return [(*line, 2 * _UNITS / _EM if i else 0.0) for i, line in enumerate(known)]

    def _line(self, line: str) -> tuple[str, float, float] | None:
        """Body, width and height of one line."""
        if line not in self._drawn:
            try:
                self._drawn[line] = self._draw(line)
            except (ValueError, RuntimeError, KeyError):
                self._drawn[line] = None
        return self._drawn[line]

    def _draw(self, line: str) -> tuple[str, float, float]:
        from matplotlib.font_manager import FontProperties
        from matplotlib.textpath import text_to_path

        font = FontProperties(size=_UNITS, math_fontfamily="stix")
        text = f"${line}$"
        width, height, descent = text_to_path.get_text_width_height_descent(text, font, ismath=True)
        placed, glyphs, rectangles = text_to_path.get_glyphs_mathtext(font, text)
        margin = 0.12 * _UNITS
        parts = [f'<g transform="translate({margin:.0f} {height - descent + margin:.1f}) scale(1 -1)">']
        for glyph, x, y, scale in placed:
            number = self._glyph(glyph, glyphs[glyph])
            parts.append(f'<use href="#g{number}" transform="translate({x:.1f} {y:.1f}) scale({scale:.3g})"/>')
        parts += [f'<path d="{_path(*rectangle)}"/>' for rectangle in rectangles]
        return "".join([*parts, "</g>"]), width + 2 * margin, height + 2 * margin

    def _glyph(self, name: str, outline: tuple[Any, Any]) -> int:
        if name not in self._numbers:
            self._numbers[name] = len(self._paths)
            self._paths.append(_path(*outline))
        return self._numbers[name]


def _path(vertices: Iterable[Sequence[float]], codes: Iterable[int]) -> str:
    """The ``d`` attribute of a path in matplotlib's codes."""
    letters = {1: "M", 2: "L", 3: "Q", 4: "C", 79: "Z"}
    lengths = {"M": 1, "L": 1, "Q": 2, "C": 3, "Z": 1}
    parts: list[str] = []
    pending = 0
    for (x, y), code in zip(vertices, codes):
        letter = letters.get(int(code), "")
        if letter == "Z":
            parts.append("Z")
            continue
        if pending == 0:
            parts.append(letter)
            pending = lengths.get(letter, 1)
        parts.append(f"{x:.1f} {y:.1f} ".replace(".0 ", " "))
        pending -= 1
    return "".join(parts)
