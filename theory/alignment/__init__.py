"""Noise covariance against curvature: which covariances align, how well, and where the paper's examples stand."""
