#!/usr/bin/env bash
# The whole suite by two workers (TEST_WORKERS asks for more; each takes some 4 GB): compiled, then the marked part once
# more without JIT, where the kernels run as plain NumPy. Files stay whole: what they share is compiled only once.
set -euo pipefail
cd "$(dirname "$0")/.."
spread=(-n "${TEST_WORKERS:-2}" --dist loadfile)
python -m pytest "${spread[@]}" --doctest-modules tests toylands theory "$@"
NUMBA_DISABLE_JIT=1 python -m pytest "${spread[@]}" -m nojit "$@"
