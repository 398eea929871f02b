"""Claims of the noise-stability-optimisation paper (Zhang, Li and Ju, TMLR 2024)."""

#: the files in the order of the paper; files not named here follow
SECTIONS = (
    "smoothing",
    "algorithm",
    "generalization",
    "pac_bayes_proof",
    "uniform_convergence",
    "matrix_sensing",
    "convergence",
    "convergence_proof",
    "lower_bound",
    "lower_bound_proof",
    "fixed_rate_proof",
    "quadratic_rates",
    "momentum",
    "tables",
)
