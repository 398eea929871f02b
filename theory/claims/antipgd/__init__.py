"""Claims of the Anti-PGD paper (Orvieto et al., ICML 2022)."""
