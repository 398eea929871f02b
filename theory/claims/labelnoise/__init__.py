"""Claims of the label-noise paper (Damian, Ma, Lee, NeurIPS 2021)."""

#: the files in the order of the paper; files not named here follow
SECTIONS = (
    "sec2_regularizer",
    "sec3_coupling",
    "sec5_extensions",
    "sec6_discussion",
    "app_a_smoothness",
    "app_b_hessian",
    "app_b_process",
    "app_b_coupling",
    "app_b_descent",
    "app_c_kernel",
    "app_e_classification",
    "app_f_arbitrary_noise",
    "app_f_cycling",
    "app_g_contraction",
    "app_h_momentum",
    "app_h_contraction",
)
