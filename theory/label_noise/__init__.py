"""Label-noise SGD: regulariser, linearised process, contraction bounds, classification, momentum."""
