"""Label-noise paper, Appendix A and B: what Assumption 1 and the constant ell give, and what they do not."""

from __future__ import annotations

from theory.claims.claim import Claim
from theory.claims.labelnoise._entries import entry, words
from theory.label_noise import smoothness as sm

CLAIMS: tuple[Claim, ...] = (
    entry(
        "AppendixA/smoothness",
        "Appendix A, on Assumption 1, and Appendix B, 'because grad R is Lipschitz'",
        "With Lipschitz Hessians of the f_i the gradient of L has a second order Taylor expansion, and R a Lipschitz "
        "gradient.",
        words(
            "f_i, grad f_i, grad^2 f_i Lipschitz => grad L = second order polynomial + O(|x|^3), grad R Lipschitz",
            r"\nabla^2f_i\ \text{Lipschitz}\implies\nabla L=\text{quadratic}+O(\|x\|^3),\ \nabla R\ "
            r"\text{Lipschitz}",
        ),
        sm.prove_taylor,
        "L has residuals times f_i: where one is not 0 the third derivatives of the f_i enter, and need not exist "
        "(f - y = 1 + |theta|^3/6). With Lipschitz third derivatives both hold; the other remainders of the paper "
        "only use that the residuals are O(sqrt(L)).",
        form=words(
            "third derivatives of the f_i Lipschitz as well => both",
            r"\nabla^3f_i\ \text{Lipschitz}\implies\nabla L=\text{quadratic}+O(\|x\|^3),\ \nabla R\ "
            r"\text{Lipschitz}",
        ),
        refute=sm.refute_taylor,
    ),
    entry(
        "Eq84",
        "Appendix B, proof of Lemma 6, Eq. 84, and of Proposition 8, Eq. 101, 'by the standard descent lemma'",
        "The descent lemma holds with ell = ell_f^2.",
        words(
            "L(theta') <= L(theta) - eta <grad(L + lambda R), grad L> + (eta^2 ell/2) |grad(L + lambda R)|^2, "
            "ell = ell_f^2",
            r"L(\theta')\le L(\theta)-\eta\nabla\tilde L^T\nabla L+\tfrac{\eta^2\ell}2\|\nabla\tilde L\|^2",
        ),
        sm.prove_descent_constant,
        "ell bounds G only; E adds up to rho_f sqrt(2 L) to the Hessian, and f - y = s + sin(theta) exceeds the bound "
        "at losses as small as one likes (Eq. 82 has the same slip). On the trajectory L is small, so that nu changes "
        "by O(sqrt(L)) and the argument stands; Proposition 10 has that much to spare.",
        form=words(
            "the same with ell + rho_f sqrt(2 M) for ell, M the largest L on the step",
            r"\ell\to\ell+\rho_f\sqrt{2\max L}",
        ),
        refute=sm.refute_descent_constant,
    ),
)
