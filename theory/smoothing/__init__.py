"""Noise inside the gradient: what it does to a step on average, how much a step varies, where that leads."""
