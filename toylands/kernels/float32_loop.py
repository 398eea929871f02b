"""The update loop that draws float32 normals, four coordinates at a time."""

from __future__ import annotations

from typing import Any

from toylands.float32_normals import next_four
from toylands.simd import WIDENING, fma, lanes_function, splat


def build_float32_loop(kernels: Any, one: Any) -> Any:
    """As the Gaussian loop of `toylands.kernels.stepping`; ``one`` updates a coordinate with its normal.

    The normals arrive over `WIDENING`; sigma_k and kappa sigma_k, which they are multiplied with, make up for it.
    """
    slope_of, diagonal = kernels.slope, kernels.diagonal

    @lanes_function
    def loop(n: Any, bulk: Any, shared: Any, p: Any, eta: Any, beta: Any, now: Any, keep: Any, s: Any) -> Any:
        s0, s1, s2, s3 = s.stream[0], s.stream[1], s.stream[2], s.stream[3]
        now, keep = now * WIDENING, keep * WIDENING
        a = b = splat(0.0)
        contraction = splat(1.0)
        alike = n  # coordinates that need no slope of their own
        if diagonal:
            contraction = fma(slope_of(0, shared, p), -eta, contraction)
            alike = bulk
        whole = alike - alike % 4
        for j in range(0, whole, 4):
            z0, z1, z2, z3, s0, s1, s2, s3 = next_four(s0, s1, s2, s3)
            x0 = one(j, z0, now, keep, contraction, eta, beta, s)
            x1 = one(j + 1, z1, now, keep, contraction, eta, beta, s)
            x2 = one(j + 2, z2, now, keep, contraction, eta, beta, s)
            x3 = one(j + 3, z3, now, keep, contraction, eta, beta, s)
            if diagonal:
                a = fma(x2, x2, fma(x0, x0, a))
                b = fma(x3, x3, fma(x1, x1, b))
        for first in range(whole, n, 4):
            z0, z1, z2, z3, s0, s1, s2, s3 = next_four(s0, s1, s2, s3)
            for j in range(first, min(first + 4, n)):
                if diagonal:
                    contraction = fma(slope_of(j, shared, p), -eta, splat(1.0))
                x0 = one(j, z0, now, keep, contraction, eta, beta, s)
                if j < bulk:
                    a = fma(x0, x0, a)
                z0, z1, z2 = z1, z2, z3
        s.stream[0] = s0
        s.stream[1] = s1
        s.stream[2] = s2
        s.stream[3] = s3
        return a + b

    return loop
