#!/usr/bin/env bash
# The whole suite, a worker a core: compiled, then the marked part once more without JIT, where the kernels run as plain
# NumPy. Files stay whole, so that a worker compiles what a file needs only once.
set -euo pipefail
cd "$(dirname "$0")/.."
spread=(-n auto --dist loadfile)
python -m pytest "${spread[@]}" --doctest-modules tests toylands theory "$@"
NUMBA_DISABLE_JIT=1 python -m pytest "${spread[@]}" -m nojit "$@"
