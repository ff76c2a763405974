"""The figures of docs/calibration.md from the tables in results/.

python experiments/inversion/figures.py
"""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats
from summary import BINS, RESULTS

from seisgrad.inversion.calibration import LEVELS
from seisgrad.inversion.linearity import NEAR_LINEAR
from seisgrad.report.figures import new_figure, png, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

OUT = Path(__file__).parents[2] / "docs" / "_static"
INK, SOFT = "#1d2530", "#5b6675"
DERIVED = 0.25
"""The nonlinearity at which a shift by as many sigma costs 68 % 1.5 points."""
METHODS = {
    "laplace": ("exact, Gauss-Newton", INK, "-"),
    "surrogate": ("learned, Gauss-Newton", "#d55e00", "-"),
    "doubting": ("learned, its own error in the noise", "#d55e00", "--"),
    "nuts": ("exact, No-U-Turn sampler", "#0072b2", "-"),
}
SURVEYS = {
    ("regional", "laplace"): ("regional", INK, "o"),
    ("precise", "laplace"): ("precise", "#0072b2", "s"),
    ("wide", "laplace"): ("wide, one start", "#d55e00", "^"),
    ("wide", "search"): ("wide, eight starts", "#d55e00", "^"),
}

Table = list[dict[str, str]]


def table(name: str, **where: str) -> Table:
    """The lines of a table with given entries."""
    with (RESULTS / name).open(encoding="utf-8") as file:
        return [line for line in csv.DictReader(file) if all(line[k] == v for k, v in where.items())]


def column(lines: Table, name: str, scale: float = 1.0) -> list[float]:
    """One column as numbers."""
    return [scale * float(line[name]) for line in lines]


@styled
def coverage() -> "Figure":
    """Coverage of both intervals by depth, with the bands of chance of the sampler's sites."""
    figure = new_figure(8.6, 4.6)
    pair = figure.subplots(1, 2, sharey=True)
    for axes, level in zip(pair, LEVELS, strict=True):
        name = f"{level:.0%}".rstrip("%")
        (line,) = table("methods.csv", setting="regional", method="nuts")
        low, high = map(float, line[f"band_{name}"].split("-"))
        axes.axvspan(low, high, color="#0072b2", alpha=0.1, lw=0, label=f"99 % band of {line['sites']} sites")
        axes.axvspan(100 * level - 1.5, 100 * level + 1.5, color=SOFT, alpha=0.2, lw=0, label="±1.5 points")
        axes.axvline(100 * level, color=SOFT, lw=0.8)
        for method, (label, colour, style) in METHODS.items():
            lines = table("depths.csv", setting="regional", method=method)
            axes.plot(column(lines, f"coverage_{name}", 100.0), column(lines, "depth_km"), style, color=colour,
                      lw=1.4, label=label)  # fmt: skip
        axes.set(title=f"Intervals that claim {level:.0%}", xlabel="hold the truth at … % of the sites")
    pair[0].set(ylabel="depth (km)")
    pair[0].invert_yaxis()
    figure.legend(*pair[1].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


@styled
def bending() -> "Figure":
    """Coverage of every depth against the median nonlinearity there."""
    figure = new_figure(8.6, 3.8)
    for axes, level in zip(figure.subplots(1, 2), LEVELS, strict=True):
        name, z = f"{level:.0%}".rstrip("%"), float(stats.norm.ppf(0.5 + level / 2))
        for (setting, method), (label, colour, marker) in SURVEYS.items():
            lines = table("depths.csv", setting=setting, method=method)
            axes.plot(column(lines, "nonlinearity"), column(lines, f"coverage_{name}", 100.0), marker, color=colour,
                      ms=4.5, mfc="none" if method == "laplace" else colour, label=label)  # fmt: skip
        n = np.linspace(0.0, 0.4, 100)
        axes.plot(
            n, 100 * (level - n**2 * z * stats.norm.pdf(z)), ":", color=SOFT, label="a shift by n sigma"
        )
        axes.axvline(NEAR_LINEAR, color=SOFT, lw=0.8)
        axes.axvline(DERIVED, color=SOFT, lw=0.8, ls=":")
        axes.axhspan(100 * level - 1.5, 100 * level + 1.5, color=SOFT, alpha=0.2, lw=0)
        axes.set(title=f"Intervals that claim {level:.0%}", xlabel="median nonlinearity n at the depth",
                 ylabel="hold the truth (%)", xlim=(0, 0.4))  # fmt: skip
        if level == LEVELS[1]:
            axes.legend(loc="lower right")
    return figure


@styled
def rank_histograms() -> "Figure":
    """Ranks of the truth among samples, all depths, with the band of chance."""
    figure = new_figure(8.6, 3.2)
    pair = figure.subplots(1, 2, sharey=True)
    for axes, (method, label) in zip(
        pair, {"nuts": "No-U-Turn sampler", "rml": "randomised maximum likelihood"}.items(), strict=True
    ):
        lines = table("ranks.csv", setting="regional", method=method)
        counts = np.array([[int(line[f"bin_{i}"]) for i in range(BINS)] for line in lines])
        sites = int(counts[0].sum())
        low, high = stats.binom.ppf([0.005 / BINS, 1 - 0.005 / BINS], sites, 1 / BINS)
        edges = np.linspace(0.0, 1.0, BINS + 1)
        axes.fill_between([0, 1], low, high, color=SOFT, alpha=0.2, lw=0, label="99 % band of one depth")
        axes.stairs(counts.mean(0), edges, color=INK, lw=1.6, label="mean of all depths")
        for depth in counts:
            axes.stairs(depth, edges, color="#0072b2", lw=0.5, alpha=0.35)
        axes.set(title=label, xlabel="rank of the truth among 199 samples, over 199", ylim=(0, None))
    pair[0].set(ylabel="sites")
    pair[0].legend(loc="lower left")
    return figure


@styled
def recovery() -> "Figure":
    """Median errors by depth, beside those of the prior mean."""
    figure = new_figure(8.6, 4.2)
    pair = figure.subplots(1, 2, sharey=True)
    for axes, setting in zip(pair, ("regional", "wide"), strict=True):
        recovery_of(axes, setting)
    pair[0].set(ylabel="depth (km)")
    pair[0].invert_yaxis()
    shown = {
        label: line for axes in pair for line, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    figure.legend(shown.values(), shown.keys(), loc="outside lower center", ncols=4)
    return figure


def recovery_of(axes: "Axes", setting: str) -> None:
    """One setting."""
    for method, (label, colour, style) in (
        METHODS | {"search": ("exact, best of eight starts", "#0072b2", "-")}
    ).items():
        lines = table("depths.csv", setting=setting, method=method)
        if method == "laplace":
            axes.plot(column(lines, "median_prior_error", 1000.0), column(lines, "depth_km"), color=SOFT, lw=1.4,
                      label="prior mean")  # fmt: skip
        if lines and method not in ("nuts", "doubting"):
            axes.plot(column(lines, "median_error", 1000.0), column(lines, "depth_km"), style, color=colour, lw=1.4,
                      label=label)  # fmt: skip
    axes.set(title=setting, xlabel="median |vs - truth| (m/s)", xlim=(0, None))


def main() -> None:
    """Draw all of them."""
    drawn: dict[str, Callable[[], Figure]] = {
        "coverage": coverage, "nonlinearity": bending, "ranks": rank_histograms, "recovery": recovery,
    }  # fmt: skip
    for name, draw in drawn.items():
        (OUT / f"calibration_{name}.png").write_bytes(png(draw(), dpi=110))


if __name__ == "__main__":
    main()
