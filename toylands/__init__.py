"""toylands: a laboratory for the theory of noisy gradient descent."""
from toylands._version import __version__
__all__ = ["__version__"]
