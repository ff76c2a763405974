"""The figures of the study of station SNU: the fit, the earth, and how far both can be trusted."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from picks import OWN, SETS, Fit, Picks
from torch import Tensor

import seisgrad as sg
from seisgrad.dispersion.starting_model import StartingModel
from seisgrad.inversion import Posterior
from seisgrad.plot.profile import PRIOR, profile, profile_band, staircase, uncertainty_ratio
from seisgrad.report.figures import new_figure, plain_periods, png, styled
from seisgrad.report.findings import SPEAKS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#1d2530"
COLOURS = {
    "P1": "#56B4E9",
    "P2": "#0072B2",
    "G1": "#D55E00",
    "G2": "#E69F00",
    "G3": "#009E73",
    "G4": "#CC79A7",
}
"""One per set, told apart by every kind of colour vision (Okabe & Ito 2008)."""
BOTTOM = 400.0
"""km; how deep the figures reach."""
DPI = 95


@styled
def fit_figure(picks: Picks, begin: StartingModel, best: Fit) -> "Figure":
    """Phase and group velocities of all sets over the predictions, and the residuals over their errors below."""
    figure = new_figure(10.4, 5.8)
    axes = figure.subplots(2, 2, sharex="col", height_ratios=(2.6, 1.0), squeeze=False)
    physics = sg.dispersion.Physics(picks.survey, begin.depth) @ begin.tie
    with torch.no_grad():
        now, before = physics(best.posterior.mean), physics(begin.prior.mean)
    for column, kind in enumerate(("phase", "group")):
        upper, lower = axes[0, column], axes[1, column]
        for name, (number, of, words) in SETS.items():
            if of == kind:
                _points(upper, lower, picks, best, name, f"{name}: {number} values, {words.split(',')[0]}")
        row = [branch.kind for branch in picks.survey.branches].index(kind)
        periods, there = picks.survey.periods, picks.period[picks.of_kind(kind)]
        inside = (periods >= there.min()) & (periods <= there.max())
        upper.plot(periods[inside], now[row, inside], color=INK, lw=1.8, zorder=5, label="predicted")
        upper.plot(
            periods[inside], before[row, inside], color=PRIOR, ls="--", lw=1.2, zorder=4, label="ak135"
        )
        upper.set(title=f"Rayleigh {kind} velocity", xscale="log", ylabel="km/s")
        upper.set_ylim(*((3.1, 5.0) if kind == "phase" else (2.85, 4.0)))
        for n in (1, 2):
            lower.axhspan(-n, n, color=PRIOR, alpha=0.13, lw=0)
        lower.set(xlabel="period (s)", ylabel="residual / σ", ylim=(-4.2, 4.2))
        upper.legend(loc="upper left" if kind == "phase" else "lower right", fontsize=8.5)
        plain_periods(lower)
    return figure


def _points(upper: "Axes", lower: "Axes", picks: Picks, best: Fit, name: str, label: str) -> None:
    which, colour = picks.of(name), COLOURS[name]
    period, velocity, sigma = (part[which].numpy() for part in (picks.period, picks.velocity, best.sigma))
    pale = 0.45 if name == OWN else 0.9
    upper.errorbar(
        period, velocity, sigma, fmt="o", ms=2.6 if name == OWN else 4.0, lw=0.6,
        color=colour, alpha=pale, label=label,
    )  # fmt: skip
    lower.plot(period, best.posterior.residual[which], "o", ms=2.6, color=colour, alpha=pale)


@styled
def earth_figure(
    begin: StartingModel,
    best: Fit,
    others: Mapping[str, tuple[StartingModel, Fit]],
    left: Sequence[Posterior],
) -> "Figure":
    """The profile with its uncertainty; who speaks; other priors; and what is found without one of the sets."""
    figure = new_figure(10.4, 6.0)
    axes = figure.subplots(1, 4, sharey=True, width_ratios=(1.7, 0.8, 1.5, 1.5))
    depth, posterior, prior = begin.rock_depth, best.posterior, begin.prior
    profile_band(
        axes[0], depth, prior.mean, prior.sigma, bottom=BOTTOM, colour=PRIOR, alpha=0.16, label="prior ±2σ"
    )
    profile(axes[0], depth, prior.mean, bottom=BOTTOM, colour=PRIOR, style="--", label="ak135")
    uncertainty_ratio(axes[1], depth, posterior.shrinkage, bottom=BOTTOM, threshold=SPEAKS)
    for panel in (axes[0], axes[2], axes[3]):
        profile_band(panel, depth, posterior.mean, posterior.sigma, bottom=BOTTOM, label="posterior ±2σ")
    profile(axes[0], depth, posterior.mean, bottom=BOTTOM, label="most probable")
    shades = ("#0072B2", "#56B4E9", "#D55E00", "#009E73", "#E69F00")
    for colour, (name, (start, found)) in zip(shades, others.items(), strict=True):
        _thin(axes[2], start.rock_depth, found.posterior.mean, colour, name)
    for name, rest in zip(SETS, left, strict=True):
        _thin(axes[3], depth, rest.mean, COLOURS[name], f"without {name}")
    titles = ("Shear velocity", "Who speaks?", "Other priors", "One set left out")
    for panel, title in zip(axes, titles, strict=True):
        panel.set(title=title, xlabel="Vs (km/s)", ylabel="")
    for panel in (axes[0], axes[2], axes[3]):
        panel.set_xlim(3.1, 5.3)
        panel.legend(loc="lower left", fontsize=8.5)
    axes[0].set_ylabel("depth (km)")
    axes[1].set_xlabel("σ after / σ before")
    return figure


def _thin(axes: "Axes", depth: Tensor, vs: Tensor, colour: str, label: str) -> None:
    z, v = staircase(depth, vs, BOTTOM)
    axes.plot(v, z, color=colour, lw=1.1, label=label)


@styled
def trust_figure(
    picks: Picks,
    begin: StartingModel,
    best: Fit,
    left: Sequence[Posterior],
    drawn: Mapping[str, Float[Tensor, "draw rock"]],
    weights: Float[Tensor, " rock"],
    made: float,
) -> "Figure":
    """Which periods carry the profile; Laplace against samples; and the drop into the low-velocity zone."""
    figure = new_figure(10.4, 3.6)
    carried, gaussian, drop = figure.subplots(1, 3, width_ratios=(1.0, 0.8, 1.2))
    importance = best.posterior.importance
    edges = torch.tensor([9.0, 13.0, 19.0, 28.0, 41.0, 60.0, 88.0, 130.0, 240.0], dtype=torch.float64)
    bottom = torch.zeros(len(edges) - 1, dtype=torch.float64)
    for name in SETS:
        which = picks.of(name)
        place = torch.bucketize(picks.period[which], edges) - 1
        height = torch.zeros_like(bottom).index_add(0, place, importance[which])
        carried.bar(edges[:-1], height, edges.diff(), bottom, align="edge", color=COLOURS[name], label=name)
        bottom = bottom + height
    carried.set(
        title="Which values carry it", xscale="log", xlabel="period (s)", ylabel="parameters determined"
    )
    carried.set_ylim(0.0, 1.35 * float(bottom.max()))
    carried.legend(ncols=3, fontsize=8.5, loc="upper left")
    plain_periods(carried)
    _against_samples(gaussian, begin, best, drawn["NUTS"])
    _drop(drop, best, left, drawn["NUTS"] @ weights, weights, made)
    return figure


def _against_samples(
    axes: "Axes", begin: StartingModel, best: Fit, models: Float[Tensor, "draw rock"]
) -> None:
    posterior, depth = best.posterior, begin.rock_depth
    shift = (models.mean(0) - posterior.mean) / posterior.sigma
    for value, at, colour, words in (
        (shift, 0.0, "#D55E00", "shift of\nthe mean / σ"),
        (models.std(0) / posterior.sigma, 1.0, "#0072B2", "ratio\nof the σ"),
    ):
        profile(axes, depth, value, bottom=BOTTOM, colour=colour)
        axes.axvline(at, color="0.7", lw=0.8, ls=":")
        axes.text(at, 1.04 * BOTTOM, words, color=colour, ha="center", va="top", fontsize=9)
    axes.set(title="NUTS against Laplace", xlim=(-0.6, 1.6), ylim=(1.2 * BOTTOM, 0.0), ylabel="depth (km)")
    axes.set(yticks=range(0, 401, 100), xticks=(0.0, 0.5, 1.0))


def _drop(
    axes: "Axes",
    best: Fit,
    left: Sequence[Posterior],
    draws: Float[Tensor, " draw"],
    weights: Float[Tensor, " rock"],
    made: float,
) -> None:
    mean = best.posterior.average(weights)
    x = torch.linspace(-0.55, 0.55, 300, dtype=torch.float64)
    for value, sigma, colour, words in (
        (mean.prior_value, mean.prior_sigma, PRIOR, "before the data"),
        (mean.value, mean.sigma, INK, "Laplace"),
    ):
        density = torch.distributions.Normal(value, sigma).log_prob(x).exp()
        axes.plot(x, density, color=colour, lw=1.6, label=words)
    axes.hist(draws.numpy(), bins=18, density=True, color="#56B4E9", alpha=0.6, label="NUTS")
    for name, found in zip(SETS, left, strict=True):
        at = float(found.average(weights).value)
        axes.plot([at], [-0.35], "^", color=COLOURS[name], clip_on=False, ms=5)
    axes.plot([], [], "^", color="0.5", ms=5, label="one set left out")
    axes.axvline(0.0, color=INK, lw=0.8)
    axes.axvline(made, color=INK, lw=0.8, ls=":")
    axes.text(
        made,
        0.97,
        "attenuation ",
        rotation=90,
        ha="right",
        va="top",
        transform=axes.get_xaxis_transform(),
        fontsize=8.5,
    )
    axes.set(title="A low-velocity zone?", xlabel="Vs at 38–80 km minus Vs at 80–150 km (km/s)", yticks=[])
    axes.set_ylim(-0.6, None)
    axes.spines["left"].set_visible(False)
    axes.legend(loc="upper left", fontsize=8.5)


def write(folder: Path, **drawn: "Figure") -> None:
    """Each figure as ``snu_NAME.png``."""
    for name, figure in drawn.items():
        (folder / f"snu_{name}.png").write_bytes(png(figure, DPI))
