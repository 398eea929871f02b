"""The picture of the README: PGD and Anti-PGD on the floor of the widening valley.

    python benchmarks/readme_figure.py [--out benchmarks/figures/valley.png]
"""

from __future__ import annotations

import argparse

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

import toylands as tl
from toylands.plots import plot_bands

ALPHA, RADIUS, DIM = 0.5, 1.0, 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default="benchmarks/figures/valley.png")
    options = parser.parse_args()
    valley = tl.landscapes.WideningValley(DIM)
    eta, sigma = ALPHA / (2 * RADIUS**2), 0.02
    figure, axes = plt.subplots(figsize=(7.2, 3.4), layout="constrained")
    for name, rule in (("PGD", tl.dynamics.pgd(eta, sigma)), ("Anti-PGD", tl.dynamics.anti_pgd(eta, sigma))):
        run = tl.simulate(
            valley,
            rule,
            start=valley.on_floor(RADIUS),
            steps=8000,
            trajectories=6400,
            record=tl.record(valley.hessian_trace, every=40),
            seed=7,
        )
        plot_bands(run, ax=axes, label=name, log=True)
    axes.set_ylabel("trace of the Hessian")
    axes.set_title(f"From one sharp minimum (d = {DIM}, 6400 trajectories, mean ± 2 standard errors)", fontsize=10)
    axes.legend(frameon=False)
    figure.savefig(options.out, dpi=110)
    print(f"wrote {options.out}")


if __name__ == "__main__":
    main()
