"""Statistics of ensembles: moments that merge in a fixed tree, exit times, confidence sequences."""
