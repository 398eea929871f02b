"""One suite, two passes: compiled, and once more without JIT (``NUMBA_DISABLE_JIT=1 pytest -m nojit``), smaller."""

import signal

import pytest
from numba import config

NOJIT = bool(config.DISABLE_JIT)


def pytest_report_header() -> str:
    return f"kernels: {'plain NumPy (JIT off), reduced sizes' if NOJIT else 'compiled'}"


@pytest.fixture(scope="session")
def scaled():
    """``scaled(full, reduced)``: the size that this pass can afford."""
    return lambda full, reduced: reduced if NOJIT else full


@pytest.fixture
def ctrl_c_heard():
    """Ctrl-C interrupts, also where the suite runs in a shell's background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
