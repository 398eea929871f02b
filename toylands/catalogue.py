"""What there is: landscapes, rules and observables, a line each with their source; for listings."""

from __future__ import annotations

import inspect

from toylands import dynamics, landscapes
from toylands.landscapes import Landscape


def landscape_classes() -> list[type[Landscape]]:
    """The shipped landscapes, in alphabetical order."""
    members = (getattr(landscapes, name) for name in landscapes.__all__)
    return [m for m in members if inspect.isclass(m) and issubclass(m, Landscape) and m is not Landscape]


def list_landscapes() -> list[tuple[str, str]]:
    """(class name, one line) of every landscape."""
    return [(each.__name__, each.summary) for each in landscape_classes()]


def list_rules() -> list[tuple[str, str]]:
    """(preset, one line) of every update rule."""
    presets = [(name, getattr(dynamics, name)) for name in dynamics.__all__]
    return [
        (name, inspect.cleandoc(preset.__doc__ or "").splitlines()[0])
        for name, preset in presets
        if inspect.isfunction(preset)
    ]


def list_observables() -> list[tuple[str, str]]:
    """(landscape.observable, one line) of every observable."""
    return [
        (f"{each.__name__}.{name}", observable.doc)
        for each in landscape_classes()
        for name, observable in each.example().observables.items()
    ]
