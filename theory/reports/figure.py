"""Estimates beside predictions, as inline SVG: the numbers above, their deviations in standard errors below."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

from theory.judge.outcomes import Comparison, ExperimentOutcome
from theory.reports.digits import significant

WIDTH, LEFT, RIGHT = 480, 66, 12
UPPER, LOWER, GAP, BOTTOM, TOP = 190, 90, 26, 34, 12


@dataclass(frozen=True)
class _Scale:
    """A linear or logarithmic axis from values to pixels."""

    low: float
    high: float
    top: float
    bottom: float
    logarithmic: bool = False

    def __call__(self, value: float) -> float:
        """The pixel of a value, kept within the panel."""
        low, high = self.low, self.high
        if self.logarithmic:
            value, low, high = (math.log10(max(v, 1e-300)) for v in (value, low, high))
        share = (value - low) / (high - low)
        return self.bottom - min(max(share, 0.0), 1.0) * (self.bottom - self.top)

    def ticks(self) -> list[float]:
        """Round numbers along the axis."""
        if self.logarithmic:
            first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
            every = max(1, math.ceil((last - first + 1) / 5))
            decades = [10.0**power for power in range(first, last + 1, every)]
            return decades if len(decades) > 1 else [self.low, self.high]
        rough = (self.high - self.low) / 4
        base = 10.0 ** math.floor(math.log10(rough))
        step = next(base * factor for factor in (1, 2, 2.5, 5, 10) if base * factor >= rough)
        first = math.ceil(self.low / step - 1e-9)
        return [step * i for i in range(first, math.floor(self.high / step + 1e-9) + 1)]


def experiment_svg(experiment: ExperimentOutcome) -> str:
    """The figure of one experiment; an empty string where there is no finite number to draw.

    Above: the prediction of the derived form with the band in which an estimate is accepted, the estimates with bars
    of one standard error, and the prediction of the printed form where it differs. Below: deviations in standard
    errors with the same band.
    """
    comparisons = [c for c in experiment.comparisons if math.isfinite(c.estimate) and math.isfinite(c.expected)]
    if not comparisons:
        return ""
    scored = all(c.stderr > 0 for c in comparisons) and math.isfinite(experiment.critical)
    height = TOP + UPPER + BOTTOM + (GAP + LOWER if scored else 0)
    x = [LEFT + (WIDTH - LEFT - RIGHT) * (i + 0.5) / len(comparisons) for i in range(len(comparisons))]
    parts = _values_panel(comparisons, experiment, x)
    if scored:
        parts += _scores_panel(comparisons, experiment, x, TOP + UPPER + GAP)
    parts += _labels(comparisons, x, height - BOTTOM + 16)
    title = html.escape(f"Estimates and predictions: {experiment.name}", quote=True)
    return (
        f'<svg class="plot" role="img" aria-label="{title}" viewBox="0 0 {WIDTH} {height}"><title>{title}</title>'
        f"{''.join(parts)}</svg>"
    )


def _values_panel(comparisons: Sequence[Comparison], experiment: ExperimentOutcome, x: Sequence[float]) -> list[str]:
    widths = [experiment.critical * c.stderr if c.stderr > 0 else 0.0 for c in comparisons]
    printed = [c.printed for c in comparisons if c.printed is not None and math.isfinite(c.printed)]
    scale = _value_scale([c.estimate for c in comparisons] + [c.expected for c in comparisons] + printed, widths)
    lows = [scale.low if experiment.relation == "<=" else c.expected - w for c, w in zip(comparisons, widths)]
    highs = [scale.high if experiment.relation == ">=" else c.expected + w for c, w in zip(comparisons, widths)]
    parts = _axis(scale)
    parts.append(_band(x, [scale(v) for v in lows], [scale(v) for v in highs]))
    parts.append(_curve("derived", x, [scale(c.expected) for c in comparisons]))
    if len(printed) == len(comparisons):
        parts.append(_curve("printed", x, [scale(v) for v in printed]))
    for c, at in zip(comparisons, x):
        low, high = scale(c.estimate - c.stderr), scale(c.estimate + c.stderr)
        parts.append(f'<path class="bar" d="M{at:.1f} {low:.1f}V{high:.1f}"/>')
        parts.append(f'<circle class="estimate" cx="{at:.1f}" cy="{scale(c.estimate):.1f}" r="3.2"/>')
    return parts


def _value_scale(values: Sequence[float], widths: Sequence[float]) -> _Scale:
    low, high = min(values), max(values)
    if low > 0 and high / low > 30:
        return _Scale(low / 1.5, high * 1.5, TOP, TOP + UPPER, logarithmic=True)
    margin = max(0.08 * (high - low), 1.2 * max(widths, default=0.0), 1e-3 * max(abs(low), abs(high)), 1e-300)
    return _Scale(low - margin, high + margin, TOP, TOP + UPPER)


def _scores_panel(
    comparisons: Sequence[Comparison], experiment: ExperimentOutcome, x: Sequence[float], top: float
) -> list[str]:
    critical = experiment.critical
    reach = 1.25 * max(critical, *(min(abs(c.score), 3 * critical) for c in comparisons))
    scale = _Scale(-reach, reach, top, top + LOWER)
    low = -reach if experiment.relation == "<=" else -critical
    high = reach if experiment.relation == ">=" else critical
    ends = [float(LEFT), float(WIDTH - RIGHT)]
    parts = _axis(scale, [-critical, 0.0, critical])
    parts.append(_band(ends, [scale(low)] * 2, [scale(high)] * 2))
    parts.append(f'<path class="derived" d="M{LEFT} {scale(0):.1f}H{WIDTH - RIGHT}"/>')
    for c, at in zip(comparisons, x):
        kind = "wrong" if c.rejected else "estimate"
        parts.append(f'<circle class="{kind}" cx="{at:.1f}" cy="{scale(c.score):.1f}" r="3.2"/>')
    middle = top + LOWER / 2
    parts.append(f'<text class="name" transform="translate(13 {middle:.0f}) rotate(-90)">stderr</text>')
    return parts


def _axis(scale: _Scale, ticks: Sequence[float] | None = None) -> list[str]:
    parts = [f'<path class="axis" d="M{LEFT} {scale.top}V{scale.bottom}H{WIDTH - RIGHT}"/>']
    for tick in scale.ticks() if ticks is None else ticks:
        y = scale(tick)
        text = significant(0.0 if abs(tick) < 1e-12 * (scale.high - scale.low) else tick, 4 if ticks is None else 2)
        parts.append(f'<path class="axis" d="M{LEFT - 4} {y:.1f}H{LEFT}"/>')
        parts.append(f'<text class="tick" x="{LEFT - 7}" y="{y + 4:.1f}">{text}</text>')
    return parts


def _band(x: Sequence[float], low: Sequence[float], high: Sequence[float]) -> str:
    if len(x) == 1:
        x, low, high = [x[0] - 30, x[0] + 30], [low[0]] * 2, [high[0]] * 2
    corners = [*zip(x, low), *reversed(list(zip(x, high)))]
    return f'<path class="band" d="M{"L".join(f"{a:.1f} {b:.1f}" for a, b in corners)}Z"/>'


def _curve(kind: str, x: Sequence[float], y: Sequence[float]) -> str:
    if len(x) == 1:
        x, y = [x[0] - 30, x[0] + 30], [y[0]] * 2
    return f'<path class="{kind}" d="M{"L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x, y))}"/>'


def _labels(comparisons: Sequence[Comparison], x: Sequence[float], y: float) -> list[str]:
    """Labels under the axis, as many as fit."""
    longest = max(len(c.label) for c in comparisons)
    room = (WIDTH - LEFT - RIGHT) / len(comparisons)
    every = max(1, math.ceil(longest * 7.5 / room))
    return [
        f'<text class="label" x="{at:.1f}" y="{y:.0f}">{html.escape(c.label)}</text>'
        for i, (c, at) in enumerate(zip(comparisons, x))
        if i % every == 0
    ]
