"""Claims of the anisotropic-noise paper (Zhu et al., ICML 2019)."""
