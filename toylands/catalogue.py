"""What there is: landscapes, rules and observables, a line each with their source; for listings."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

from toylands import dynamics, landscapes
from toylands.landscapes import Landscape


def landscape_classes() -> list[type[Landscape]]:
    """The shipped landscapes, in alphabetical order."""
    members = (getattr(landscapes, name) for name in landscapes.__all__)
    return [m for m in members if inspect.isclass(m) and issubclass(m, Landscape) and m is not Landscape]


def list_landscapes(found: Mapping[str, Landscape] | None = None) -> list[tuple[str, str]]:
    """(name, one line) of every landscape: the shipped ones, or those given by name."""
    return [(name, each.summary) for name, each in (_examples() if found is None else found).items()]


def list_rules() -> list[tuple[str, str]]:
    """(preset, one line) of every update rule."""
    presets = [(name, getattr(dynamics, name)) for name in dynamics.__all__]
    return [
        (name, inspect.cleandoc(preset.__doc__ or "").splitlines()[0])
        for name, preset in presets
        if inspect.isfunction(preset)
    ]


def list_observables(found: Mapping[str, Landscape] | None = None) -> list[tuple[str, str]]:
    """(landscape.observable, one line) of every observable of the shipped landscapes, or of those given by name."""
    return [
        (f"{landscape}.{name}", observable.doc)
        for landscape, each in (_examples() if found is None else found).items()
        for name, observable in each.measurable.items()
    ]


def _examples() -> dict[str, Landscape]:
    return {each.__name__: each.example() for each in landscape_classes()}
