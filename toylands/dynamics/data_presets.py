"""Methods that look at a few data points, or at noisy labels.

Shared keywords: ``batch_size`` (default 1), ``replacement`` ("with", "without" for a fresh subset a step, "epoch" for
shuffled passes), ``momentum`` (heavy-ball factor in [0, 1), default 0).
"""

from __future__ import annotations

from toylands.dynamics.oracles import WITH, GradientOracle, LabelFlips, LabelNoise, MiniBatch
from toylands.dynamics.rule import FRESH, Schedule, UpdateRule
from toylands.noise import InjectedNoise, rademacher


def sgd(eta: Schedule, batch_size: int = 1, replacement: str = WITH, *, momentum: float = 0.0) -> UpdateRule:
    """Mini-batch stochastic gradient descent: the mean gradient of ``batch_size`` data points (anisotropic Eq. 3).

    See the module's head for the keywords. Source: anisotropic, Section 2; antipgd, Section D.1.

    Raises
    ------
    TypeError, ValueError
        If a value is out of range; at the start of a run, if the landscape is no mean over data points.

    Examples
    --------
    >>> import toylands as tl
    >>> tl.dynamics.sgd(eta=0.01, batch_size=4).oracle.batch
    MiniBatch(size=4, replacement='with')
    """
    return UpdateRule("sgd", eta, momentum=momentum, oracle=GradientOracle(MiniBatch(batch_size, replacement)))


def anti_sgd(
    eta: Schedule,
    sigma: Schedule,
    noise: InjectedNoise = rademacher,
    batch_size: int = 1,
    replacement: str = WITH,
    first: str = FRESH,
    *,
    momentum: float = 0.0,
) -> UpdateRule:
    """Mini-batch gradients and the increments of ``sigma`` times injected noise (antipgd D.5).

    ``first`` as in `anti_pgd`; see the module's head for the other keywords.

    Examples
    --------
    >>> import toylands as tl
    >>> tl.dynamics.anti_sgd(eta=0.01, sigma=0.1).kappa
    1.0
    """
    oracle = GradientOracle(MiniBatch(batch_size, replacement))
    return UpdateRule("anti_sgd", eta, noise, sigma, kappa=1.0, first=first, momentum=momentum, oracle=oracle)


def label_noise_sgd(
    eta: Schedule,
    label_sigma: float,
    noise: InjectedNoise = rademacher,
    batch_size: int | None = 1,
    replacement: str = WITH,
    shared: bool = False,
    *,
    momentum: float = 0.0,
) -> UpdateRule:
    """SGD on targets y + ``label_sigma`` xi, xi drawn afresh at every step (labelnoise Section 2, Algorithm 1).

    Parameters
    ----------
    eta : float or sequence of float
        Step size, or one for each step.
    label_sigma : float
        Standard deviation of the label noise, at least 0.
    noise : InjectedNoise
        Law of xi; the paper's is ``tl.noise.rademacher``.
    batch_size : int or None
        Data points a step; None takes all of them.
    replacement : str
        See the module's head.
    shared : bool
        One xi for all labels of a step.
    momentum : float
        Heavy-ball factor.

    Notes
    -----
    Source: labelnoise, Section 2.

    Examples
    --------
    >>> import toylands as tl
    >>> tl.dynamics.label_noise_sgd(eta=0.01, label_sigma=0.5, batch_size=None).oracle.labels.sigma
    0.5
    """
    batch = None if batch_size is None else MiniBatch(batch_size, replacement)
    oracle = GradientOracle(batch, LabelNoise(label_sigma, noise, shared))
    return UpdateRule("label_noise_sgd", eta, momentum=momentum, oracle=oracle)


def label_flip_sgd(
    eta: Schedule,
    flip_probability: float,
    batch_size: int | None = 1,
    replacement: str = WITH,
    shared: bool = False,
    *,
    momentum: float = 0.0,
) -> UpdateRule:
    """SGD on labels +-1, each flipped with ``flip_probability``, afresh at every step (labelnoise Section 5.1).

    ``batch_size`` None takes all data; ``shared`` flips all labels of a step together. Source: labelnoise, Section 5.1.

    Examples
    --------
    >>> import toylands as tl
    >>> tl.dynamics.label_flip_sgd(eta=0.01, flip_probability=0.1).oracle.labels.probability
    0.1
    """
    batch = None if batch_size is None else MiniBatch(batch_size, replacement)
    oracle = GradientOracle(batch, LabelFlips(flip_probability, shared))
    return UpdateRule("label_flip_sgd", eta, momentum=momentum, oracle=oracle)
