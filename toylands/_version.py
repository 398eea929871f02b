"""The version, in one place: the package metadata and saved results both read it."""

__version__ = "0.1.0"
