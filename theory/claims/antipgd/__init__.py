"""Claims of the Anti-PGD paper (Orvieto et al., ICML 2022)."""

#: the files in the order of the paper; files not named here follow
SECTIONS = (
    "modified_loss",
    "regularized_convergence",
    "conditional_variance",
    "expected_sharpness",
    "linear_recurrences_constants",
    "linear_recurrences_anticorrelated",
    "linear_recurrences_moments",
    "linear_recurrences_constant_rho",
    "linear_recurrences_remark",
    "linear_recurrences_family",
    "linear_recurrences_edges",
    "linear_recurrences_momentum",
    "linear_recurrences_random",
    "linear_recurrences_random_steps",
    "linear_recurrences_iid",
    "widening_valley_landscape",
    "widening_valley_pgd_proof",
    "widening_valley_anti_proof",
    "widening_valley_theorem",
    "widening_valley_exits",
    "widening_valley_zero",
    "regression_losses",
)
