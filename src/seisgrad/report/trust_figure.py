"""The figure of what a profile can be trusted with: which data carry it, the ensemble, and one question put to both."""

from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.plot.dispersion import COLOURS
from seisgrad.plot.profile import POSTERIOR, PRIOR, profile, profile_band
from seisgrad.report.figures import new_figure, styled
from seisgrad.report.findings import title
from seisgrad.report.trust import LIGHT, Trust

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ENSEMBLE = "#D55E00"
INK = "#1d2530"


@styled
def trust_figure(
    trust: Trust, bottom: float, weights: Float[Tensor, " rock"], question: str, quantity: str
) -> "Figure":
    """Importance of every datum; Laplace and ensemble; and a linear combination of vs before and after the data.

    Args:
        trust: what was examined.
        bottom: of the profile, km.
        weights: of the combination.
        question: the title of its panel.
        quantity: what it is, with its unit.
    """
    figure = new_figure(14.0, 4.6)
    carried, gaussian, asked = figure.subplots(1, 3, width_ratios=(1.3, 0.9, 1.1))
    draw_importance(carried, trust)
    draw_ensemble(gaussian, trust, bottom)
    draw_question(asked, trust, weights)
    asked.set(title=question, xlabel=quantity)
    return figure


def draw_importance(axes: "Axes", trust: Trust) -> None:
    """A bar per datum, one colour per wave; a cross over those that Huber's misfit calls outliers."""
    survey, importance = trust.inversion.survey, trust.inversion.posterior.importance
    width = 0.8 / len(survey.branches)
    for i, branch in enumerate(survey.branches):
        place = torch.arange(importance.shape[1]) + (i - 0.5 * (len(survey.branches) - 1)) * width
        there = importance[i].isfinite()
        axes.bar(place[there], importance[i][there], width, color=COLOURS[branch.wave], label=title(branch))
        light = trust.light[i]
        axes.plot(place[light], importance[i][light] + 0.04, "x", color=INK, ms=6)
    if bool(trust.light.any()):
        axes.plot([], [], "x", color=INK, ms=6, label=f"weight below {LIGHT:g}")
    axes.set_xticks(range(importance.shape[1]), [f"{period:g}" for period in survey.periods.tolist()])
    axes.tick_params(axis="x", labelsize=8.5)
    axes.set(title="Which data carry the profile", xlabel="period (s)", ylabel="importance", ylim=(0.0, 1.0))
    axes.legend(loc="upper left")


def draw_ensemble(axes: "Axes", trust: Trust, bottom: float) -> None:
    """Two standard deviations around the most probable vs, and what holds 95 % of the members."""
    depth, posterior = trust.inversion.starting.rock_depth, trust.inversion.posterior
    profile_band(axes, depth, posterior.mean, posterior.sigma, bottom=bottom, label="Laplace ±2σ")
    levels = torch.tensor([0.0228, 0.5, 0.9772], dtype=torch.float64)
    for value, style in zip(torch.quantile(trust.members, levels, 0), (":", "-", ":"), strict=True):
        label = "ensemble, median and 95 %" if style == "-" else ""
        profile(axes, depth, value, bottom=bottom, colour=ENSEMBLE, style=style, label=label)
    for line in axes.get_lines():
        line.set_linewidth(1.2)
    axes.set(title="Is it a Gaussian?", xlabel="Vs (km/s)")
    axes.legend(loc="lower left")


def draw_question(axes: "Axes", trust: Trust, weights: Float[Tensor, " rock"]) -> None:
    """The densities of a combination before and after the data, and the members' histogram."""
    mean = trust.inversion.posterior.average(weights)
    reach = 2.2 * float(mean.prior_sigma)
    x = torch.linspace(float(mean.prior_value) - reach, float(mean.prior_value) + reach, 400).double()
    for value, sigma, colour, words in (
        (mean.prior_value, mean.prior_sigma, PRIOR, "before the data"),
        (mean.value, mean.sigma, POSTERIOR, "Laplace"),
    ):
        density = torch.distributions.Normal(value, sigma).log_prob(x).exp()
        axes.plot(x, density, color=colour, lw=1.8, label=words)
    axes.hist(
        (trust.members @ weights).numpy(), bins=18, density=True, color=ENSEMBLE, alpha=0.35, label="ensemble"
    )
    axes.axvline(0.0, color=INK, lw=0.9)
    axes.set(yticks=[])
    axes.spines["left"].set_visible(False)
    axes.legend(loc="upper left")
