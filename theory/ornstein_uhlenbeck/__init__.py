"""Ornstein-Uhlenbeck processes on the blackboard: covariance, escaping efficiency, expansions, the Euler scheme."""
