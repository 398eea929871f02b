"""One suite, two passes: compiled, and once more without JIT (``NUMBA_DISABLE_JIT=1 pytest -m nojit``), smaller."""

import pytest
from numba import config

NOJIT = bool(config.DISABLE_JIT)


def pytest_report_header() -> str:
    return f"kernels: {'plain NumPy (JIT off), reduced sizes' if NOJIT else 'compiled'}"


@pytest.fixture(scope="session")
def scaled():
    """``scaled(full, reduced)``: the size that this pass can afford."""
    return lambda full, reduced: reduced if NOJIT else full
