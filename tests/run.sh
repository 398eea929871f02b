#!/usr/bin/env bash
# The whole suite: compiled, then the marked part once more without JIT, where the kernels run as plain NumPy.
set -euo pipefail
cd "$(dirname "$0")/.."
python -m pytest --doctest-modules tests toylands theory "$@"
NUMBA_DISABLE_JIT=1 python -m pytest -m nojit "$@"
