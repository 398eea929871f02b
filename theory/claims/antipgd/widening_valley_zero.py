"""Anti-PGD paper, heading of Theorem 3.1's second part, slides, Appendix C: what goes to zero on the valley?"""

from __future__ import annotations

from theory.claims.antipgd._linear import entry
from theory.claims.antipgd._valley import constant, mean_experiment
from theory.claims.claim import Claim, Form
from theory.smoothing.expansion import prove_noise_stays, refute_goes_to_zero
from theory.valley.only_v import prove_shrinks, refute_any_noise

DIM, SIGMA2, AT = 8, 1 / 32, (500, 2000)

PRINTED = Form("Anti-PGD goes to zero: |u_n|^2 -> 0", r"\|u_n\|^2\to0")
FORM = Form("E|u_n|^2 >= d sigma^2 for every n >= 1: u_n = z_n + xi_n with xi_n independent of z_n",
            r"\mathbb E\|u_n\|^2\ge d\sigma^2\quad(n\ge1)")  # fmt: skip


def _claim(number: str, place: str) -> Claim:
    seen = mean_experiment(
        "Anti-PGD, alpha = 1/2, d = 8, sigma^2 = 1/32: E|u_n|^2", "sq_norm_u", AT, constant(DIM * SIGMA2, len(AT)),
        {"2 d sigma^2, the upper bound of Eq. 71": constant(2 * DIM * SIGMA2, len(AT)),
         "the start |u_0|^2": constant(1.0, len(AT))},
        relation=">=", method="anti", alpha=0.5, dim=DIM, sigma2=SIGMA2, trajectories=8192,
    )  # fmt: skip
    return entry(
        number, place, "Anti-PGD on the widening valley goes to zero.", PRINTED, prove_noise_stays,
        "With noise that does not fade u_n keeps the last perturbation, which has not been counteracted yet: |u_n|^2 "
        "gets small with sigma, not with n.", form=FORM, refute=refute_goes_to_zero, experiments=(seen,),
    )  # fmt: skip


ONLY_V = entry(
    "C/only-v", "Appendix C, empirical observation", "Perturbing v alone, by any noise, leads to a wide minimum.",
    Form("any noise on v alone: |u_k| -> 0", r"\varepsilon^u=0\Rightarrow\|u_k\|\to0"), prove_shrinks,
    "Noise that throws v beyond sqrt(2/eta) makes u grow instead, and the two drive each other apart. Below that, u "
    "can "
    "only shrink.", refute=refute_any_noise,
    form=Form("|u_k| <= |u_0| exp(-sum_j min(eta v_j^2, 2 - eta v_j^2)) while all eta v_j^2 < 2",
              r"\|u_k\|\le\|u_0\|\exp\Big(-\sum_j\min\{\eta v_j^2,\,2-\eta v_j^2\}\Big)"),
)  # fmt: skip

CLAIMS: tuple[Claim, ...] = (
    ONLY_V,
    _claim("3.1/goes-to-zero", "Theorem 3.1, heading of part 2"),
    _claim("slides/goes-to-zero", "slides, Why does it work? (2)"),
)
