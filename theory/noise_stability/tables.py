"""The printed numbers of Tables 1-3 as exact fractions, and the arithmetic that the text does with them.

Every printed number stands for an interval of half a unit of its last digit. Source: nso, Tables 1-3, Sections 2,
2.2, 3.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import sympy as sp

from theory.proof import Blackboard, Proof

Row = tuple[sp.Rational, ...]


def _row(text: str) -> Row:
    return tuple(sp.Rational(entry) for entry in text.split())


SGD_TEST, SGD_SPREAD = _row("59.8 76.0 61.7"), _row("0.7 0.4 0.8")
SGD_TRAIN = _row("100 100 100")
PERTURBED_TEST = {
    "Gaussian": (_row("60.4 76.3 62.3"), _row("0.1 0.0 0.5")),
    "Laplace": (_row("60.3 76.4 62.0"), _row("0.3 0.3 0.1")),
    "Uniform": (_row("60.3 76.6 62.3"), _row("0.5 0.1 0.0")),
}
BINOMIAL_TEST, BINOMIAL_TRAIN = _row("11.3 10.7 57.1"), _row("19.6 18.2 58.1")

TRACES = {
    "MLP": (
        _row("0.020 0.021 0.022 0.023 0.024 0.025 0.026 0.027 0.028 0.029 0.030"),
        _row("0.0122 0.0124 0.0137 0.0142 0.0152 0.0175 0.0182 0.0209 0.0215 0.0244 0.0258"),
        _row("0.0096 0.0106 0.0117 0.0128 0.0139 0.0151 0.0163 0.0176 0.0189 0.0203 0.0218"),
    ),
    "BERT": (
        _row("0.0070 0.0071 0.0072 0.0073 0.0074 0.0075 0.0076 0.0077 0.0078 0.0079 0.0080"),
        _row("0.0083 0.0088 0.0093 0.0098 0.0104 0.0110 0.0117 0.0124 0.0131 0.0139 0.0147"),
        _row("0.0095 0.0098 0.0101 0.0103 0.0106 0.0109 0.0112 0.0115 0.0118 0.0121 0.0124"),
    ),
    "GCN": (
        _row("0.040 0.041 0.042 0.043 0.044 0.045 0.046 0.047 0.048 0.049 0.050"),
        _row("0.0297 0.0266 0.0363 0.0243 0.0287 0.0298 0.0414 0.0313 0.0455 0.0449 0.0482"),
        _row("0.0278 0.0292 0.0306 0.0321 0.0336 0.0351 0.0367 0.0383 0.0400 0.0417 0.0434"),
    ),
}
"""sigma, measured gap, sigma^2/2 tr H: Table 2."""

ACCURACY = {
    "SGD": _row("95.5 82.3 59.8 75.5 76.0 61.7"), "LS": _row("96.7 83.8 58.5 76.0 75.9 63.6"),
    "SAM": _row("96.6 83.5 61.5 76.3 76.6 64.4"), "ASAM": _row("96.7 83.8 62.0 76.7 76.7 64.8"),
    "RSAM": _row("96.4 83.7 60.5 75.8 76.1 65.4"), "BSAM": _row("96.4 83.5 60.5 76.3 75.7 64.9"),
    "NSO": _row("97.1 84.3 62.3 77.4 77.4 66.6"),
}  # fmt: skip
TRACE = {
    "SGD": _row("4.7 14.4 6.2 4.1 4.1 30.4"), "LS": _row("2.9 11.3 6.3 3.8 4.2 19.2"),
    "SAM": _row("2.8 10.2 5.0 3.8 3.8 16.4"), "ASAM": _row("2.8 10.5 5.0 3.8 3.1 14.7"),
    "RSAM": _row("2.7 10.3 5.5 3.5 4.1 19.9"), "BSAM": _row("3.0 10.3 5.6 3.9 3.5 18.2"),
    "NSO": _row("2.2 5.9 4.2 3.3 3.0 11.6"),
}  # fmt: skip
LARGEST = {
    "SGD": _row("1.5 4.9 1.2 1.1 1.2 9.0"), "LS": _row("1.4 3.5 1.3 1.0 0.9 4.9"),
    "SAM": _row("1.4 2.8 0.9 1.0 1.0 4.2"), "ASAM": _row("1.4 2.8 0.6 0.8 0.7 4.2"),
    "RSAM": _row("1.4 3.0 0.9 0.8 1.0 5.0"), "BSAM": _row("1.4 3.0 1.0 0.9 1.0 4.3"),
    "NSO": _row("1.1 2.2 0.5 0.6 0.7 3.9"),
}  # fmt: skip


def mean(values: Sequence[sp.Expr]) -> sp.Expr:
    """The exact mean."""
    return sum(values, sp.S.Zero) / len(values)


def best(table: dict[str, Row], highest: bool) -> list[sp.Rational]:
    """The best baseline of every data set.

    Examples
    --------
    >>> best(TRACE, highest=False)[0]
    27/10
    """
    columns = zip(*(row for name, row in table.items() if name != "NSO"))
    return [max(column) if highest else min(column) for column in columns]


def gains() -> list[sp.Expr]:
    """Accuracy of NSO less that of the best baseline, in percentage points."""
    return [ours - theirs for ours, theirs in zip(ACCURACY["NSO"], best(ACCURACY, highest=True))]


def relative_gains() -> list[sp.Expr]:
    """The same in per cent of the best baseline."""
    return [100 * gain / theirs for gain, theirs in zip(gains(), best(ACCURACY, highest=True))]


def mean_reduction(table: dict[str, Row], slack: sp.Expr = sp.S.Zero) -> sp.Expr:
    """Mean reduction against the best baseline, in per cent; ``slack`` shifts the two numbers in opposite
    directions.
    """
    pairs = zip(table["NSO"], best(table, highest=False))
    return 100 * mean([1 - (ours + slack) / (theirs - slack) for ours, theirs in pairs])


def mean_squared_residual(name: str, slack: sp.Expr = sp.S.Zero) -> sp.Expr:
    """Mean of ((gap - approximation)/approximation)^2 in per cent; ``slack`` of either sign widens or narrows it."""
    _, gaps, approximations = TRACES[name]
    return 100 * mean([(max(abs(g - a) + slack, 0) / (a - slack / 2)) ** 2 for g, a in zip(gaps, approximations)])


def prove_rows_differ_little() -> Proof:
    """|WP-SGD - SGD| less the two standard deviations is at most 0.5 points; the bare differences reach 0.6."""
    board = Blackboard("arithmetic on Table 1")
    bare = []
    for name, (test, spread) in PERTURBED_TEST.items():
        for a, b, s, r in zip(test, SGD_TEST, spread, SGD_SPREAD):
            bare.append(abs(a - b))
            board.true(f"{name}: {float(a)} against {float(b)}", abs(a - b) - s - r <= sp.Rational(1, 2))
    board.equal("largest bare difference", max(bare), sp.Rational(3, 5))
    return board.proof()


def prove_binomial() -> Proof:
    """Every accuracy with Binomial noise is below SGD's."""
    board = Blackboard("arithmetic on Table 1")
    for a, b in itertools.chain(zip(BINOMIAL_TEST, SGD_TEST), zip(BINOMIAL_TRAIN, SGD_TRAIN)):
        board.true(f"{float(a)} < {float(b)}", a < b)
    return board.proof()


def _fitting_traces(name: str, slack: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Least and largest trace that explains all rows of one network within ``slack``; none if the first is larger."""
    sigmas, _, column = TRACES[name]
    low = max(2 * (a - slack) / s**2 for s, a in zip(sigmas, column))
    return low, min(2 * (a + slack) / s**2 for s, a in zip(sigmas, column))


def prove_column() -> Proof:
    """One trace explains the third column to half a unit (BERT, GCN), to 0.00007 (MLP)."""
    board = Blackboard("intersection of intervals, Table 2")
    for name, slack in (("BERT", "0.00005"), ("GCN", "0.00005"), ("MLP", "0.00007")):
        low, high = _fitting_traces(name, sp.Rational(slack))
        board.true(f"{name}: to {slack}", low <= high, f"tr H in [{float(low):.5g}, {float(high):.5g}]")
    return board.proof()


def refute_column() -> Proof:
    """MLP: the rows at sigma = 0.020 and 0.030 want different traces."""
    board = Blackboard("intersection of intervals, Table 2, MLP")
    low, high = _fitting_traces("MLP", sp.Rational(1, 20000))
    board.true("no trace fits all rows", low > high, f"at least {float(low):.5g} and at most {float(high):.5g}")
    return board.proof()


def refute_within_three() -> Proof:
    """GCN at sigma = 0.043: the gap is 0.0243, the approximation 0.0321."""
    board = Blackboard("arithmetic on Table 2")
    for name in TRACES:
        worst = max(abs(g - a) / g for g, a in zip(*TRACES[name][1:]))
        board.true(f"{name}: largest relative error > 3%", worst > sp.Rational(3, 100), f"{float(worst):.1%}")
    return board.proof()


def prove_within_three() -> Proof:
    """The mean squared relative residuals are within 3%."""
    board = Blackboard("arithmetic on Table 2")
    for name in TRACES:
        value = mean_squared_residual(name)
        board.true(f"{name} <= 3%", value <= 3, f"{float(value):.3f}%")
    return board.proof()


def prove_rss() -> Proof:
    """1.03% (BERT) and 2.16% (GCN) lie within what the rounding of the table allows."""
    board = Blackboard(
        "numerical: intervals from the rounding of Table 2, with a definition that the paper leaves open"
    )
    slack = sp.Rational(1, 10000)
    for name, printed in (("BERT", sp.Rational("1.03")), ("GCN", sp.Rational("2.16"))):
        low, high = mean_squared_residual(name, -slack), mean_squared_residual(name, slack)
        half = sp.Rational(1, 200)
        board.true(f"{name}: {float(printed)}%", bool(low <= printed + half) and bool(printed - half <= high),
                   f"from the printed entries {float(mean_squared_residual(name)):.3f}%, at most {float(low):.3f} to "
                   f"{float(high):.3f}%")  # fmt: skip
        board.true(f"{name}: the printed entries themselves give it to 0.02", abs(mean_squared_residual(name) - printed)
                   <= sp.Rational(1, 50))  # fmt: skip
    return board.proof()


def prove_relative_gains() -> Proof:
    """1.8% is the largest relative gain, 0.9% the mean."""
    board = Blackboard("arithmetic on Table 3")
    half = sp.Rational(1, 20)
    for what, value, printed in (("largest", max(relative_gains()), sp.Rational(9, 5)),
                                 ("mean", mean(relative_gains()), sp.Rational(9, 10))):  # fmt: skip
        board.true(f"{what} rounds to {float(printed)}", abs(value - printed) <= half, f"{float(value):.4f}%")
    return board.proof()


def refute_gains_in_points() -> Proof:
    """1.2 and 0.63 points."""
    board = Blackboard("arithmetic on Table 3")
    board.differ("largest gain in points", max(gains()), sp.Rational(9, 5))
    board.differ("mean gain in points", mean(gains()), sp.Rational(9, 10))
    half = sp.Rational(1, 20)
    board.true(
        "rounding of the entries (0.1 a difference) does not help", max(gains()) + 2 * half < sp.Rational(9, 5) - half
    )
    board.true("nor with the mean", mean(gains()) + 2 * half < sp.Rational(9, 10) - half)
    return board.proof()


def prove_gains_in_points() -> Proof:
    """The exact values."""
    board = Blackboard("arithmetic on Table 3")
    board.equal("largest", max(gains()), sp.Rational(6, 5))
    board.equal("mean", mean(gains()), sp.Rational(19, 30))
    return board.proof()


def _reduction(name: str, table: dict[str, Row], printed: str) -> Proof:
    board = Blackboard("numerical: intervals from the rounding of Table 3")
    value, slack, number = mean_reduction(table), sp.Rational(1, 20), sp.Rational(printed)
    low, high = mean_reduction(table, slack), mean_reduction(table, -slack)
    board.true(f"{name}: rounding of the entries allows {printed}%", bool(low <= number) and bool(number <= high),
               f"{float(low):.2f}% to {float(high):.2f}%, {float(value):.2f}% from the printed entries")  # fmt: skip
    doubled = 2 * number
    board.true("and rejects twice as much", bool(doubled > high), f"{float(doubled)}%")
    return board.proof()


def prove_trace_reduction() -> Proof:
    """17.7% for the trace lies within what the rounding of the table allows."""
    return _reduction("trace", TRACE, "17.7")


def prove_largest_reduction() -> Proof:
    """12.8% for the largest eigenvalue lies within what the rounding of the table allows."""
    return _reduction("lambda_1", LARGEST, "12.8")


def refute_strictly_better() -> Proof:
    """lambda_1 on Indoor: ASAM has 0.7 too."""
    board = Blackboard("comparison of Table 3, cell by cell")
    board.true("NSO is not below ASAM there", LARGEST["NSO"][4] >= LARGEST["ASAM"][4])
    return board.proof()


def prove_at_least_as_good() -> Proof:
    """At least as good everywhere, strictly except there."""
    board = Blackboard("comparison of Table 3, cell by cell")
    ties = []
    for name, table, highest in (("accuracy", ACCURACY, True), ("trace", TRACE, False), ("lambda_1", LARGEST, False)):
        for index, (ours, theirs) in enumerate(zip(table["NSO"], best(table, highest))):
            board.true(f"{name}, data set {index + 1}", (ours >= theirs) if highest else (ours <= theirs))
            ties += [(name, index)] if ours == theirs else []
    board.note("a single tie", ties == [("lambda_1", 4)], str(ties))
    return board.proof()


def prove_same_sgd_row() -> Proof:
    """SGD's test accuracies of Table 1 are those of Table 3."""
    board = Blackboard("comparison of Tables 1 and 3")
    for a, index in zip(SGD_TEST, (2, 4, 5)):
        board.equal(f"data set {index + 1}", a, ACCURACY["SGD"][index])
    return board.proof()
