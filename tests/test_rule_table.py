"""The README's table of rule presets is the one that the code gives."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

from toylands import combinations, dynamics, noise, rule_table

README = Path(__file__).parents[1] / "README.md"


def test_the_readme_has_the_table_as_it_is():
    written = README.read_text(encoding="utf-8").split("<!-- rules -->\n")[1].split("\n<!-- end of rules -->")[0]
    assert written == rule_table.table(), "python -m toylands.rule_table prints the table that belongs there"


def test_every_preset_has_a_row_with_a_source():
    rows = {name: rule_table.row(name) for name in combinations.rule_names()}
    papers = ("antipgd", "anisotropic", "nso", "labelnoise", "our own")
    for name, cells in rows.items():
        assert len(cells) == len(rule_table.COLUMNS)
        assert all(cells)
        assert not any("|" in cell for cell in cells), name
        assert cells[-1].startswith(papers), name
    assert rows["gld_eigvec"][-1] == "anisotropic Table 1, GLD 1st eigvec(H)"


def composed(eta: float, sigma: float) -> dynamics.UpdateRule:
    """Another composition (antipgd Eq. 3)."""
    return dynamics.UpdateRule("composed", eta, noise.laplace, eta * sigma, -0.5)


def test_cells_are_read_off_the_rule(monkeypatch):
    monkeypatch.setattr(dynamics, "composed", composed, raising=False)
    assert rule_table.row("composed") == (
        "`composed`", "whole", "Laplace, times eta sigma", "identity", "kappa = -0.5", rule_table.NONE, "antipgd Eq. 3",
    )  # fmt: skip


@pytest.mark.parametrize("module", [rule_table, combinations])
def test_examples_in_the_documentation(module):
    assert doctest.testmod(module).failed == 0
