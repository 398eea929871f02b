"""Pictures: what is drawn, not how it looks."""

import doctest
import subprocess
import sys

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402

from toylands.plots import bands, contours, plot_bands, plot_contours, plot_panels  # noqa: E402
from toylands.results.series import Series  # noqa: E402
from toylands.statistics.central_moments import Moments  # noqa: E402


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def make_series(records: int = 5, name: str = "loss") -> Series:
    samples = np.random.default_rng(0).gamma(1.0, size=(100, records))
    moments = Moments.from_samples(samples)
    return Series.from_moments(name, 10 * np.arange(records), moments, np.zeros(records, np.int64))


class FakeRun(dict):
    """Names to series, as far as the plots look into a result."""


@pytest.mark.parametrize("module", [bands, contours])
def test_examples_in_the_documentation(module):
    assert doctest.testmod(module).failed == 0


def test_band_is_the_mean_and_its_errors():
    series = make_series()
    ax = plot_bands(series, level=3.0, color="C3")
    (line,) = ax.lines
    np.testing.assert_array_equal(line.get_xdata(), series.steps)
    np.testing.assert_array_equal(line.get_ydata(), series.mean)
    vertices = ax.collections[0].get_paths()[0].vertices
    assert vertices[:, 1].max() == (series.mean + 3.0 * series.stderr).max()
    assert vertices[:, 1].min() == (series.mean - 3.0 * series.stderr).min()
    assert matplotlib.colors.same_color(ax.collections[0].get_facecolor()[0][:3], "C3")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("step", "loss")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["mean ± 3 standard errors"]


def test_given_axes_label_and_scales():
    _, ax = plt.subplots()
    assert plot_bands(make_series(), ax, label="Anti-PGD", log=True) is ax
    assert (ax.get_xscale(), ax.get_yscale()) == ("linear", "log")
    assert ax.get_legend().get_texts()[0].get_text() == "Anti-PGD"
    plot_bands(make_series(), ax, log="both")
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")


def test_one_record_is_a_point_with_an_error_bar():
    ax = plot_bands(make_series(1))
    assert len(ax.containers) == 1


def test_bad_arguments():
    with pytest.raises(ValueError, match="level must be a finite number >= 0, got -1"):
        plot_bands(make_series(), level=-1)
    with pytest.raises(ValueError, match="log must be False, True, 'x', 'y' or 'both', got 'z'"):
        plot_bands(make_series(), log="z")
    with pytest.raises(ValueError, match="result must have at least one observable"):
        plot_panels(FakeRun())
    run = FakeRun(a=make_series(), b=make_series())
    with pytest.raises(ValueError, match=r"observable must be one of \['a', 'b'\]"):
        plot_bands(run)
    with pytest.raises(ValueError, match="ax must hold one panel"):
        plot_panels(run, plt.subplots()[1])
    assert not plt.subplots()[1].lines


def test_panels():
    run = FakeRun(loss=make_series(), trace=make_series(name="trace"))
    panels = plot_panels(run, level=1.0)
    assert [panel.get_ylabel() for panel in panels] == ["loss", "trace"]
    assert [panel.get_xlabel() for panel in panels] == ["", "step"]
    assert plot_bands(run, observable="trace").get_ylabel() == "trace"


def test_contours_show_the_loss_and_the_paths():
    paths = {"one": np.zeros((4, 2)), "many": np.ones((4, 3, 2))}
    ax = plot_contours(lambda x, y: x**2 * y**2, (-2, 2), (-1, 3), paths=paths, labels=("u", "v"), levels=[0.1, 1.0])
    assert (ax.get_xlim(), ax.get_ylim()) == ((-2.0, 2.0), (-1.0, 3.0))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("u", "v")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["one", "many"]
    drawn = [line for line in ax.lines if len(line.get_xdata()) == 4]
    assert len(drawn) == 1 + 3


@pytest.mark.parametrize(
    "loss",
    [
        lambda x, y: 0.0,
        lambda x, y: np.zeros_like(x),
        lambda x, y: np.where(x > 0, x, 0.0),
        lambda x, y: np.where(x > 0, 1.0, 0.0),
        lambda x, y: np.log(x) + y,
        lambda x, y: np.full_like(x, np.nan),
        lambda x, y: 1e300 * x * y,
    ],
)
@pytest.mark.filterwarnings("error::UserWarning")
def test_odd_landscapes_are_drawn_all_the_same(loss):
    with np.errstate(all="ignore"):
        ax = plot_contours(loss, (-1, 1), (-1, 1), paths=np.array([[0.0, 0.0], [np.nan, 1.0], [1.0, 1.0]]))
        ax.figure.canvas.draw()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (dict(xlim=(1, 1)), r"xlim must go from low to high, got \(1, 1\)"),
        (dict(ylim=(0, np.inf)), "ylim must be a vector of 2 finite numbers"),
        (dict(loss=lambda x, y: x[0]), "loss must return an array of shape"),
        (dict(paths=np.zeros((3, 4))), r"paths must have shape \(steps, 2\) or \(steps, count, 2\), got \(3, 4\)"),
        (dict(resolution=1), "resolution must be an integer >= 2"),
        (dict(levels=0), "levels must be an integer >= 1"),
    ],
)
def test_bad_contours(changes, message):
    with pytest.raises(ValueError, match=message):
        plot_contours(**{"loss": lambda x, y: x * y, "xlim": (0, 1), "ylim": (0, 1), **changes})
    assert not plt.get_fignums()


def test_importing_the_plots_imports_no_matplotlib():
    code = "import sys, toylands.plots, toylands.testing; sys.exit(bool({'matplotlib', 'sympy'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
