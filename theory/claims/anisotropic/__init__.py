"""Claims of the anisotropic-noise paper (Zhu et al., ICML 2019)."""

#: the files in the order of the paper; files not named here follow
SECTIONS = (
    "eq05_minibatch",
    "eq10_definition",
    "eq11_identity",
    "eq13_efficiency",
    "eq12_process",
    "eq36_derivation",
    "eq13_short_time",
    "eq13_euler",
    "eq13_discrete",
    "eq14_trace_constraint",
    "proposition1_benefits",
    "proposition2_fisher",
    "proposition3_alignment",
    "toy_examples",
)
