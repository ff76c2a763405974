"""Figure 2 of Yu, Cai & Liu (2026) with ours: four earths, what was made of them, and how the curves fit."""

from typing import TYPE_CHECKING

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.plot.fit import fit
from seisgrad.plot.profile import PRIOR, profile, staircase
from seisgrad.report.figures import new_figure, styled
from seisgrad.report.reproduce.kernels import BOTTOM, PARAMETERS, SURVEY, WAVES
from seisgrad.report.reproduce.recovery import Recovery
from seisgrad.report.reproduce.recovery_sites import NOISE, Experiment

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = 4
"""Sites in the figure: the first ones, not chosen."""
TRUE, INVERTED = "#1d2530", "#C8102E"


@styled
def recovery_figure(
    found: Recovery, setting: Experiment, earths: Float[Tensor, "site 3 depth"], operator: str
) -> "Figure":
    """One column per site: vs with two standard deviations, then the Rayleigh and Love waves before and after.

    Args:
        found: what the operator made of the sites.
        setting: the sites.
        earths: the truths, layer by layer.
        operator: its name.
    """
    number = min(SHOWN, len(earths))
    figure = new_figure(2.6 * number, 8.2)
    grid = figure.subplots(1 + len(WAVES), number, squeeze=False, gridspec_kw={"height_ratios": (2.6, 1, 1)})
    for site in range(number):
        top, *below = grid[:, site]
        _profile(top, found, setting, earths[site], site, operator)
        top.set_title(f"Earth {site + 1}")
        for branch, (axes, wave) in enumerate(zip(below, WAVES, strict=True)):
            observed = setting.data[site, branch].exp()
            after, before = found.prediction[site, branch].exp(), found.first[branch].exp()
            fit(axes, SURVEY.periods, observed, NOISE * observed, after, prior=before, wave=wave)
            axes.set_xticks((2, 5, 10, 20, 50), ("2", "5", "10", "20", "50"))
            axes.minorticks_off()
            axes.set_title(wave.capitalize())
            if wave != WAVES[-1]:
                axes.set_xlabel("")
            if site == 0:
                axes.set_ylabel("velocity (km/s)")
        if site:
            top.set_ylabel("")
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    return figure


def _profile(
    axes: "Axes",
    found: Recovery,
    setting: Experiment,
    earth: Float[Tensor, "3 depth"],
    site: int,
    operator: str,
) -> None:
    """The truth, the prior mean and the inverted profile, the last two with two standard deviations."""
    vs, matrix, points = PARAMETERS.index("vs"), setting.profile.matrix, len(setting.points)
    own = setting.prior.covariance[vs * points : (vs + 1) * points, vs * points : (vs + 1) * points]
    for middle, covariance, colour, style, shade, label in (
        (setting.prior.mean[vs], own, PRIOR, "--", 0.15, "prior"),
        (found.mean[site], found.covariance[site], INVERTED, "-", 0.28, f"inverted, {operator}"),
    ):
        line = middle @ matrix.mT
        spread = 2.0 * torch.einsum("lp,pq,lq->l", matrix, covariance, matrix).sqrt()
        z, low = staircase(setting.depth, (line - spread).exp(), BOTTOM)
        _, high = staircase(setting.depth, (line + spread).exp(), BOTTOM)
        axes.fill_betweenx(z, low, high, color=colour, alpha=shade, lw=0)
        profile(axes, setting.depth, line.exp(), bottom=BOTTOM, colour=colour, style=style, label=label)
    (true,) = profile(axes, setting.depth, earth[vs], bottom=BOTTOM, colour=TRUE, label="true")
    true.set(linewidth=1.0, zorder=4)
    axes.set_xlim(0.0, 6.0)
    axes.set_xlabel("vs (km/s)")
