"""Noise stability: smoothing by noise, PAC-Bayes bounds, matrix sensing, rates of two-point noisy gradient descent."""
