"""The rules of the matrix, each told to the engine and naively; which of them apply where; which cases are compiled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matrix_landscapes import LANDSCAPES

from toylands import dynamics
from toylands.dynamics import GradientOracle, LabelFlips, LabelNoise, MiniBatch, Perturbation, SharpnessAware
from toylands.dynamics import StateCovariance as Covariance
from toylands.dynamics.covariances import covariance_shape
from toylands.dynamics.oracles import oracle_shape
from toylands.dynamics.rule import UpdateRule, resolve
from toylands.landscapes.quadratic_bowl import matrix_factor
from toylands.noise import binomial, gaussian, laplace, rademacher, uniform

STEPS = 50
S = 0.05  # scale of injected noise, displacements and ways uphill
BOTH = (rademacher, gaussian)


@dataclass
class Case:
    """A rule, and how the naive reference is told the same: its step, its oracle, its covariance."""

    rule: UpdateRule
    step: dict[str, Any] = field(default_factory=dict)
    oracle: dict[str, Any] | None = None
    covariance: dict[str, Any] | None = None


Rules = dict[str, Callable[[float, int], Case]]  # name -> (step size, coordinates) -> case


def injected(law, kappa=0.0, first="fresh", **more):
    """What the naive reference is told of injected noise."""
    return {"kind": law.name, "sigma": S, "kappa": kappa, "stationary": first == "stationary", **more}


def displaced(kind, law="gaussian", count=1, scale=S, **more):
    return {"displaced": kind, "law": law, "count": count, "scale": scale, **more}


def composed(eta, noise=None, oracle=None, covariance=None, *, kappa=0.0, stationary=False, momentum=0.0):
    """A rule that no preset builds, and what `naive.simulate` is told of its noise."""
    first = "stationary" if stationary else "fresh"
    sigma = 0.0 if noise is None else S
    rule = UpdateRule("composed", eta, noise, sigma, kappa, momentum, first, covariance=covariance, oracle=oracle)
    return rule, {"momentum": momentum} if noise is None else injected(noise, kappa, first, momentum=momentum)


# --- injected noise --------------------------------------------------------------------------------------------------


def constant(n, scale=1.0):
    """A covariance, not diagonal; and its root, which is the engine's choice: `test_rules` checks it."""
    matrix = scale * (np.eye(n) + 0.3 * np.ones((n, n)))
    return matrix, matrix_factor(matrix)


def scheduled(eta, n, law):
    """Step size, scale and correlation change from step to step."""
    etas, sigmas, kappas = eta * np.linspace(1, 0.2, STEPS), S * np.linspace(0, 1, STEPS), np.linspace(-1, 1, STEPS)
    rule = UpdateRule("scheduled", etas, law, sigmas, kappas)
    return Case(rule, {"eta": etas, "kind": law.name, "sigma": sigmas, "kappa": kappas})


def noisy(preset, law, kappa=0.0, first=None, **more):
    """A preset with injected noise of either law."""
    asked = ({"first": first} if first else {}) | more
    if preset is dynamics.correlated_pgd:
        asked["kappa"] = kappa
    return lambda eta, n: Case(preset(eta, S, noise=law, **asked), injected(law, kappa, first or "fresh", **more))


PLAIN: Rules = {
    "gd": lambda eta, n: Case(dynamics.gd(eta, momentum=0.5), {"momentum": 0.5}),
    "gld": lambda eta, n: Case(
        dynamics.gld(eta, constant(n)[0]), {"kind": "gaussian", "sigma": eta, "factor": constant(n)[1]}
    ),
    "euler_maruyama": lambda eta, n: Case(
        dynamics.euler_maruyama(eta, constant(n, S**2)[0]),
        {"kind": "gaussian", "sigma": np.sqrt(eta), "factor": constant(n, S**2)[1]},
    ),
    "uniform, anticorrelated": lambda eta, n: Case(*composed(eta, uniform, kappa=1.0, stationary=True)),
    "laplace, kappa 0.3": lambda eta, n: Case(*composed(eta, laplace, kappa=0.3, stationary=True, momentum=0.2)),
    "binomial, kappa -0.7": lambda eta, n: Case(*composed(eta, binomial(10), kappa=-0.7)),
}
for _law in BOTH:
    PLAIN |= {
        f"pgd, {_law.name}": noisy(dynamics.pgd, _law),
        f"pgd, {_law.name}, momentum": noisy(dynamics.pgd, _law, momentum=0.4),
        f"anti_pgd, {_law.name}": noisy(dynamics.anti_pgd, _law, 1.0, "stationary"),
        f"correlated_pgd, {_law.name}": noisy(dynamics.correlated_pgd, _law, 0.3, "stationary"),
        f"{_law.name}, scheduled": lambda eta, n, law=_law: scheduled(eta, n, law),
    }

# --- batches and labels ----------------------------------------------------------------------------------------------

BATCHES: Rules = {
    "sgd": lambda eta, n: Case(dynamics.sgd(eta, 3), {}, {"batch": 3}),
    "sgd, more than all": lambda eta, n: Case(dynamics.sgd(eta, 11, momentum=0.4), {"momentum": 0.4}, {"batch": 11}),
    "sgd without replacement": lambda eta, n: Case(
        dynamics.sgd(eta, 4, "without"), {}, {"batch": 4, "replacement": "without"}
    ),
    "sgd, subsets of seven": lambda eta, n: Case(
        dynamics.sgd(eta, 7, "without"), {}, {"batch": 7, "replacement": "without"}
    ),
    "sgd in epochs": lambda eta, n: Case(
        dynamics.sgd(eta, 2, "epoch", momentum=0.3), {"momentum": 0.3}, {"batch": 2, "replacement": "epoch"}
    ),
    "anti_sgd": lambda eta, n: Case(
        dynamics.anti_sgd(eta, S, batch_size=2, first="stationary"),
        injected(rademacher, 1.0, "stationary"),
        {"batch": 2},
    ),
    "anti_sgd, gaussian": lambda eta, n: Case(
        dynamics.anti_sgd(eta, S, gaussian, 2, "without"),
        injected(gaussian, 1.0),
        {"batch": 2, "replacement": "without"},
    ),
}


def noisy_labels(law, batch, shared, **more):
    told = {"batch": batch, "label": law.name, "label_scale": 0.5, "shared": shared}
    return lambda eta, n: Case(
        dynamics.label_noise_sgd(eta, 0.5, law, batch, shared=shared, **more), dict(more), dict(told)
    )


def flipped_labels(batch, shared):
    told = {"batch": batch, "label": "flip", "label_scale": 0.3, "shared": shared}
    return lambda eta, n: Case(dynamics.label_flip_sgd(eta, 0.3, batch, shared=shared), {}, dict(told))


LABELS: Rules = {
    "label noise": noisy_labels(rademacher, None, False),
    "label noise, shared": noisy_labels(rademacher, None, True),
    "label noise, gaussian": noisy_labels(gaussian, None, False, momentum=0.3),
    "label noise, gaussian, shared": noisy_labels(gaussian, None, True),
    "label noise, batches": noisy_labels(rademacher, 3, False),
    "label noise, batches, shared": noisy_labels(gaussian, 3, True),
    "label noise, batches, gaussian": noisy_labels(gaussian, 3, False),
    "label noise, laplace": noisy_labels(laplace, 2, False),
    "label flips": flipped_labels(None, False),
    "label flips, shared": flipped_labels(None, True),
    "label flips, batches": flipped_labels(3, False),
    "label flips, batches, shared": flipped_labels(3, True),
}

# --- displaced points ------------------------------------------------------------------------------------------------

DISPLACED: Rules = {
    "wp_sgd": lambda eta, n: Case(dynamics.wp_sgd(eta, S), {}, displaced("one-point")),
    "wp_sgd, 3 of rademacher": lambda eta, n: Case(
        dynamics.wp_sgd(eta, S, rademacher, 3), {}, displaced("one-point", "rademacher", 3)
    ),
    "nso": lambda eta, n: Case(dynamics.nso(eta, S, momentum=0.3), {"momentum": 0.3}, displaced("two-point")),
    **{
        f"nso, 2 of {law.name}": lambda eta, n, law=law: Case(
            dynamics.nso(eta, S, law, 2), {}, displaced("two-point", law.name, 2)
        )
        for law in (rademacher, gaussian, uniform, laplace, binomial(7))
    },
    "nso, clipped": lambda eta, n: Case(
        dynamics.nso(eta, S, perturbations=2, bounds=S), {}, displaced("two-point", count=2, bounds=S)
    ),
    "sam": lambda eta, n: Case(dynamics.sam(eta, S), {}, displaced("sam")),
    "sam, momentum": lambda eta, n: Case(dynamics.sam(eta, S, momentum=0.4), {"momentum": 0.4}, displaced("sam")),
    "asam": lambda eta, n: Case(dynamics.asam(eta, S), {}, displaced("asam")),
    "random_sam": lambda eta, n: Case(dynamics.random_sam(eta, S, 0.1), {}, displaced("random-sam", spread=0.1)),
    "nso of batches": lambda eta, n: Case(dynamics.nso(eta, S, batch_size=2), {}, displaced("two-point", batch=2)),
    "sam of batches": lambda eta, n: Case(dynamics.sam(eta, S, 3), {}, displaced("sam", batch=3)),
    "random_sam of batches": lambda eta, n: Case(
        dynamics.random_sam(eta, S, 0.1, 3), {}, displaced("random-sam", batch=3, spread=0.1)
    ),
}

# --- noise shaped by the landscape -----------------------------------------------------------------------------------


def shaped(preset, kind, *, rank=None, trace=None, batch=1, refresh=1, momentum=0.0):
    """A preset with a covariance that changes with the state."""
    asked = {} if rank is None or preset is dynamics.gld_eigvec else {"rank": rank}
    told = {"kind": kind, "rank": rank, "trace": trace, "batch": batch, "refresh": refresh}

    def build(eta, n):
        rule = preset(eta, **asked, trace=trace, batch_size=batch, refresh=refresh, momentum=momentum)
        return Case(rule, {"kind": "gaussian", "sigma": eta, "momentum": momentum}, None, dict(told))

    return build


SHAPED: Rules = {
    "gld_const": lambda eta, n: Case(dynamics.gld_const(eta, 0.5), {"kind": "gaussian", "sigma": 0.5 * eta}),
    "gld_dynamic": shaped(dynamics.gld_dynamic, "dynamic", batch=3),
    "gld_dynamic, trace": shaped(dynamics.gld_dynamic, "dynamic", trace=0.04),
    "gld_diag": shaped(dynamics.gld_diag, "diagonal", batch=2, refresh=3),
    "gld_diag, trace": shaped(dynamics.gld_diag, "diagonal", trace=0.04, momentum=0.3),
    "gld_leading": shaped(dynamics.gld_leading, "gradient", batch=2),
    "gld_leading, trace": shaped(dynamics.gld_leading, "gradient", trace=0.04, refresh=7),
    "gld_leading of 1": shaped(dynamics.gld_leading, "leading", rank=1, batch=2),
    "gld_leading of 2, trace": shaped(dynamics.gld_leading, "leading", rank=2, trace=0.04, refresh=3),
    "gld_hessian": shaped(dynamics.gld_hessian, "hessian", rank=2, batch=2, momentum=0.2),
    "gld_hessian, trace": shaped(dynamics.gld_hessian, "hessian", rank=2, trace=0.04),
    "gld_eigvec": shaped(dynamics.gld_eigvec, "hessian", rank=1, batch=2, refresh=2),
    "gld_eigvec, trace": shaped(dynamics.gld_eigvec, "hessian", rank=1, trace=0.04),
}

# --- everything together ---------------------------------------------------------------------------------------------

DRAWN = GradientOracle(None, None, Perturbation(S, laplace, two_point=True))
TOGETHER: Rules = {
    "label noise, displaced": lambda eta, n: Case(
        *composed(
            eta,
            rademacher,
            GradientOracle(MiniBatch(2, "epoch"), LabelNoise(0.5, gaussian), Perturbation(S, uniform)),
            Covariance("leading", 1, trace=0.04, refresh=2),
            kappa=1.0,
        ),
        displaced("one-point", "uniform", batch=2, replacement="epoch", label="gaussian", label_scale=0.5),
        {"kind": "leading", "rank": 1, "trace": 0.04, "refresh": 2},
    ),
    "label noise, uphill": lambda eta, n: Case(
        *composed(
            eta,
            uniform,
            GradientOracle(MiniBatch(2), LabelNoise(0.5, laplace, shared=True), SharpnessAware(S)),
            Covariance("diagonal", batch_size=4, refresh=2),
            kappa=0.6,
            momentum=0.2,
        ),
        displaced("sam", batch=2, label="laplace", label_scale=0.5, shared=True),
        {"kind": "diagonal", "batch": 4, "refresh": 2},
    ),
    "flips, displaced": lambda eta, n: Case(
        *composed(
            eta,
            laplace,
            GradientOracle(MiniBatch(3, "epoch"), LabelFlips(0.2), Perturbation(S, binomial(7), 2)),
            Covariance("dynamic", trace=0.04),
            kappa=1.0,
        ),
        displaced("one-point", "binomial7", 2, batch=3, replacement="epoch", label="flip", label_scale=0.2),
        {"kind": "dynamic", "trace": 0.04},
    ),
    "flips, uphill": lambda eta, n: Case(
        *composed(
            eta,
            gaussian,
            GradientOracle(None, LabelFlips(0.2, shared=True), SharpnessAware(S, adaptive=True)),
            Covariance("hessian", 2, batch_size=2),
            kappa=0.5,
        ),
        displaced("asam", label="flip", label_scale=0.2, shared=True),
        {"kind": "hessian", "rank": 2, "batch": 2},
    ),
    "subsets, uphill": lambda eta, n: Case(
        *composed(
            eta,
            binomial(10),
            GradientOracle(MiniBatch(2, "without"), None, SharpnessAware(S, spread=0.1)),
            Covariance("leading", 1, batch_size=4, refresh=3),
            kappa=-0.5,
        ),
        displaced("random-sam", batch=2, replacement="without", spread=0.1),
        {"kind": "leading", "rank": 1, "batch": 4, "refresh": 3},
    ),
    "batches and shaped signs": lambda eta, n: Case(
        *composed(
            eta,
            rademacher,
            GradientOracle(MiniBatch(2)),
            Covariance("gradient", batch_size=4, refresh=2),
            kappa=0.6,
            momentum=0.2,
        ),
        {"batch": 2},
        {"kind": "gradient", "batch": 4, "refresh": 2},
    ),
    "two points and the Hessian": lambda eta, n: Case(
        *composed(eta, uniform, DRAWN, Covariance("hessian", 2, trace=0.04, refresh=3), kappa=0.5),
        displaced("two-point", "laplace"),
        {"kind": "hessian", "rank": 2, "trace": 0.04, "refresh": 3},
    ),
    "two points and a law": lambda eta, n: Case(
        *composed(eta, laplace, DRAWN, kappa=1.0, stationary=True, momentum=0.3), displaced("two-point", "laplace")
    ),
}
RULES: Rules = PLAIN | BATCHES | LABELS | DISPLACED | SHAPED | TOGETHER


def applies(landscape, rule):
    """Whether the engine takes the rule there: batches want data points, labels want labels, and so on."""
    try:
        resolve(rule, landscape, STEPS)
    except ValueError:
        return False
    return True


# all data points' gradients are parallel there: the second eigenvalue of their covariance is what rounding leaves
ILL_CONDITIONED = {("factorization", "gld_leading of 2, trace")}
SHOWN = {name: build(0, [0]) for name, build in LANDSCAPES.items()}
CASES = [
    (name, rule_name)
    for rule_name, rule in RULES.items()
    for name, (landscape, *_, eta) in SHOWN.items()
    if applies(landscape, rule(eta, landscape.size).rule) and (name, rule_name) not in ILL_CONDITIONED
]

# --- what is compiled ------------------------------------------------------------------------------------------------


def traits(landscape_name, rule_name):
    """The code that a case tries (a landscape's under an oracle, and each part of the rule), and what compiling costs.

    A part on top of others costs more than a kernel of its own, for each is compiled into all the others.
    """
    landscape, *_, eta = SHOWN[landscape_name]
    rule, cost = RULES[rule_name](eta, landscape.size).rule, 8 if rule_name in TOGETHER else 2
    found = set()
    if rule.oracle is not None:
        shape = oracle_shape(rule.oracle)
        found.add(("oracle", landscape_name))
        if shape.batch is not None:
            found.add(("batch", shape.batch))
        if shape.labels is not None:
            found |= {("labels", shape.labels), ("shared", shape.shared)}
        if shape.displaced is not None:
            found.add(("displaced", shape.displaced))
            cost += 2 + landscape.size
    if isinstance(rule.covariance, Covariance):
        kind, matched = covariance_shape(rule.covariance)
        found |= {("covariance", kind), ("matched", matched)}
        cost += landscape.size
    return found, cost


def covering():
    """Cases that together have every trait: the one with most new ones for its cost first, landscapes taking turns."""
    tried = {case: traits(*case) for case in CASES}
    missing, chosen = set().union(*(found for found, _ in tried.values())), []
    while missing:
        turns = Counter(landscape for landscape, _ in chosen)
        best = max(CASES, key=lambda case: (len(tried[case][0] & missing) / tried[case][1], -turns[case[0]]))
        chosen.append(best)
        missing -= tried[best][0]
    return chosen
