"""Speed of the engine beside what people write today and beside C: ``python -m benchmarks``.

A workload is one file with one function a contestant (`benchmarks.recurrence`, `benchmarks.valley`); the table of
workloads is in `benchmarks.suite`. All contestants of a workload first show that they compute the same thing.

``python -m benchmarks.scaling`` sweeps threads, trajectories, dimension and recording; ``python -m benchmarks.readme
speed.json`` prints the README's tables from what ``python -m benchmarks --json speed.json`` wrote.
"""
