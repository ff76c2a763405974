"""The figures of an inversion, composed from the functions of :mod:`seisgrad.plot`."""

import io
from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.dispersion.invert import Inversion
from seisgrad.dispersion.survey import Branch
from seisgrad.plot.dispersion import COLOURS
from seisgrad.plot.fit import fit, residuals
from seisgrad.plot.kernels import kernel_image, kernel_lines, per_kilometre, shades
from seisgrad.plot.profile import PRIOR, profile, profile_band, uncertainty_ratio
from seisgrad.report.findings import SHALLOW, SPEAKS, intervals, resolved, say_depth, title

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure, FigureBase
    from matplotlib.gridspec import SubplotSpec

STYLE: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#5b6675",
    "axes.labelcolor": "#1d2530",
    "xtick.color": "#5b6675",
    "ytick.color": "#5b6675",
    "xtick.labelcolor": "#1d2530",
    "ytick.labelcolor": "#1d2530",
    "legend.frameon": False,
    "legend.fontsize": 9,
    "text.color": "#1d2530",
}
"""How every figure of a report looks."""
SYMBOLS = {"phase": "c", "group": "U", "ellipticity": "(H/V)"}
"""What is differentiated in a kernel."""

P = ParamSpec("P")


def styled(draw: Callable[P, "Figure"]) -> Callable[P, "Figure"]:
    """Draw a figure in :data:`STYLE`, without touching the caller's settings."""

    @wraps(draw)
    def inner(*args: P.args, **kwargs: P.kwargs) -> "Figure":
        from matplotlib import rc_context

        with rc_context(STYLE):
            return draw(*args, **kwargs)

    return inner


def new_figure(width: float, height: float) -> "Figure":
    """An empty figure, inches, that belongs to no window."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def png(figure: "Figure", dpi: int = 150) -> bytes:
    """The figure as the bytes of a PNG file: drawn once, for its own file and for the page."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi, facecolor="white")
    return buffer.getvalue()


@styled
def fit_figure(inversion: Inversion) -> "Figure":
    """Data, prediction and prior prediction above; residuals over sigma below."""
    figure = new_figure(8.6, 5.8)
    draw_fit_and_residuals(figure, inversion, figure.add_gridspec(1, 1)[0])
    return figure


@styled
def profile_figure(inversion: Inversion, bottom: float) -> "Figure":
    """The profile with its uncertainty and the prior's, and beside it what the data have removed of the
    latter."""
    figure = new_figure(8.6, 6.6)
    draw_earth(figure, inversion, bottom)
    return figure


@styled
def resolution_figure(inversion: Inversion, bottom: float) -> "Figure":
    """The resolution matrix as averaging kernels: which true depths enter the estimate at a chosen depth."""
    from cmcrameri.cm import cmaps

    figure = new_figure(8.6, 5.2)
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(1.25, 1.0))
    depth = inversion.starting.rock_depth
    keep = depth < bottom
    tops = depth[keep]
    thickness = inversion.starting.reference.thickness[inversion.starting.reference.water :][keep]
    rows = per_kilometre(inversion.posterior.resolution[keep][:, keep], thickness)
    limit = float(rows.abs().quantile(0.995))
    edges = torch.cat([tops, torch.tensor([bottom])]).numpy()
    image = left.pcolormesh(
        edges, edges, rows.T.numpy(), cmap=cmaps["vik"], vmin=-limit, vmax=limit, rasterized=True
    )
    figure.colorbar(image, ax=left, label="averaging kernel (1/km)", shrink=0.8)
    left.set(
        title="Resolution", xlabel="depth of the estimate (km)", ylabel="true depth (km)", ylim=(bottom, 0)
    )
    plain_depths(left, bottom)
    wanted = [float(tops[int(i)]) for i in torch.linspace(0.08, 0.85, 5) * len(tops)]
    _averaging_kernels(right, rows, tops, wanted, bottom)
    return figure


def _averaging_kernels(axes: "Axes", rows: Tensor, tops: Tensor, wanted: list[float], bottom: float) -> None:
    for colour, depth in zip(shades(len(wanted)), wanted, strict=True):
        row = int((tops - depth).abs().argmin())
        profile(axes, tops, rows[row], bottom=bottom, colour=colour, label=say_depth(depth))
    axes.axvline(0.0, color="0.7", lw=0.8)
    axes.set(title="Averaging kernels", xlabel="1/km", ylabel="")
    axes.legend(title="estimate at", loc="lower right")


@styled
def kernel_figure(
    kernels: Mapping[Branch, Float[Tensor, "period layer"]],
    periods: Float[Tensor, " period"],
    inversion: Inversion,
    bottom: float,
) -> "Figure":
    """The sensitivity to vs of every branch, as an image over period and depth and as lines for a few
    periods."""
    figure = new_figure(8.6, 3.9 * len(kernels))
    all_axes = figure.subplots(len(kernels), 2, sharey=True, width_ratios=(1.35, 1.0), squeeze=False)
    model = inversion.model
    wanted = tuple(float(periods[int(i)]) for i in torch.linspace(0.06, 0.94, 5) * (len(periods) - 1))
    for (branch, kernel), (left, right) in zip(kernels.items(), all_axes, strict=True):
        density = per_kilometre(kernel, model.thickness)
        (image,) = kernel_image(left, periods, model.depth, density, bottom=bottom)
        plain_periods(left)
        figure.colorbar(image, ax=left, label=f"∂{SYMBOLS[branch.kind]}/∂vs per km")
        left.set_title(title(branch))
        plain_depths(left, bottom)
        kernel_lines(right, periods, model.depth, density, bottom=bottom, wanted=wanted)
        right.set(xlabel="per km", ylabel="")
        right.legend(loc="lower right")
    return figure


def draw_fit_and_residuals(figure: "FigureBase", inversion: Inversion, place: "SubplotSpec") -> None:
    """The fit above and the residuals below, on one period axis."""
    upper_place, lower_place = place.subgridspec(2, 1, height_ratios=(2.6, 1.0))
    upper = figure.add_subplot(upper_place)
    lower = figure.add_subplot(lower_place, sharex=upper)
    upper.tick_params(labelbottom=False)
    draw_fit(upper, inversion)
    draw_residuals(lower, inversion)
    upper.set_xlabel("")


def draw_earth(figure: "FigureBase", inversion: Inversion, bottom: float) -> None:
    """The profile, and beside it who speaks where."""
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(2.4, 1.0))
    draw_profile(left, inversion, bottom)
    draw_ratio(right, inversion, bottom)
    right.set_ylabel("")
    plain_depths(left, bottom)


def draw_fit(axes: "Axes", inversion: Inversion) -> None:
    """All branches with their data, prediction and prior prediction; ellipticities on an axis of their own."""
    branches = inversion.survey.branches
    ratios = [i for i, branch in enumerate(branches) if branch.kind == "ellipticity"]
    speeds = [i for i in range(len(branches)) if i not in ratios]
    right = axes.twinx() if ratios else axes
    for place, rows in ((axes, speeds), (right, ratios)):
        for i in rows:
            fit(
                place,
                inversion.survey.periods,
                inversion.observed[i],
                inversion.sigma[i],
                _within(inversion, i, inversion.predicted),
                prior=_within(inversion, i, inversion.prior_prediction),
                wave=branches[i].wave,
                kind=branches[i].kind,
                mode=branches[i].mode,
                label=title(branches[i]),
            )
        if rows:
            _frame(place, inversion, rows)
    axes.plot([], [], color=PRIOR, lw=1.0, ls=(0, (4, 3)), label="prior mean")
    axes.set(title="Fit", ylabel="velocity (km/s)")
    shown = dict(zip(*reversed(axes.get_legend_handles_labels()), strict=True))
    if ratios:
        right.set_ylabel("ellipticity (horizontal over vertical)")
        right.spines["right"].set_visible(True)
        plain_periods(right)
        shown |= dict(zip(*reversed(right.get_legend_handles_labels()), strict=True))
    order = sorted(shown, key="prior mean".__eq__)  # the data first
    axes.legend([shown[label] for label in order], order, loc="best", ncols=2)
    plain_periods(axes)


def _frame(axes: "Axes", inversion: Inversion, rows: list[int]) -> None:
    """Limits that hold all data and predictions of some branches, but not the longest error bars."""
    observed, predicted = inversion.observed[rows], inversion.predicted[rows]
    there = observed.isfinite()
    seen = torch.cat([observed[there], predicted[there]])
    low, high = (float(v) for v in seen[seen.isfinite()].aminmax())
    margin = 0.15 * max(high - low, 0.05 * abs(high))
    axes.set_ylim(low - margin, high + margin)


def draw_residuals(axes: "Axes", inversion: Inversion) -> None:
    """All residuals over their sigma."""
    for i, branch in enumerate(inversion.survey.branches):
        residuals(
            axes,
            inversion.survey.periods,
            inversion.residual[i],
            wave=branch.wave,
            kind=branch.kind,
            mode=branch.mode,
        )
    largest = float(inversion.residual.abs().nan_to_num(0.0).max())
    axes.set_ylim(-max(3.0, 1.1 * largest), max(3.0, 1.1 * largest))
    plain_periods(axes)


def draw_profile(axes: "Axes", inversion: Inversion, bottom: float) -> None:
    """Vs with ±2 sigma, and the prior with its own; water at the top is left white."""
    depth, posterior = inversion.starting.rock_depth, inversion.posterior
    prior = posterior.prior
    profile_band(
        axes, depth, prior.mean, prior.sigma, bottom=bottom, colour=PRIOR, alpha=0.16, label="prior ±2σ"
    )
    profile(axes, depth, prior.mean, bottom=bottom, colour=PRIOR, style="--", label="prior mean")
    profile_band(axes, depth, posterior.mean, posterior.sigma, bottom=bottom, label="posterior ±2σ")
    profile(axes, depth, posterior.mean, bottom=bottom, label="most probable")
    for top, end in intervals(inversion, ~resolved(inversion)):
        if top < bottom:
            axes.axhspan(top, min(end, bottom), color="white", alpha=0.55, lw=0, zorder=2.5)
    axes.set(title="Shear velocity", xlabel="Vs (km/s)")
    axes.legend(loc="lower left")


def draw_ratio(axes: "Axes", inversion: Inversion, bottom: float) -> None:
    """Posterior over prior sigma, with the threshold above which the prior speaks."""
    uncertainty_ratio(
        axes, inversion.starting.rock_depth, inversion.posterior.shrinkage, bottom=bottom, threshold=SPEAKS
    )
    axes.set(title="Who speaks?", xlabel="σ after / σ before")
    good = resolved(inversion)
    for which, words in ((good, "the data"), (~good, "the prior")):
        for top, end in intervals(inversion, which):
            middle = (top + min(end, bottom)) / 2
            if min(end, bottom) - top > 0.15 * bottom:
                axes.text(0.14, middle, words, rotation=90, ha="center", va="center", color="#1d2530")


def plain_depths(axes: "Axes", bottom: float) -> None:
    """Depths written in metres where the ground is shallow."""
    if bottom >= SHALLOW:
        return
    for axis in (axes.yaxis, axes.xaxis):
        if axis.get_label_text().endswith("(km)"):
            axis.set_major_formatter(lambda depth, _: f"{1000.0 * depth:g}")
            axis.set_label_text(axis.get_label_text().replace("(km)", "(m)"))


def plain_periods(axes: "Axes") -> None:
    """Periods on a logarithmic axis written as plain numbers."""
    from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter

    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 3.0, 5.0)))
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_formatter(NullFormatter())


def _within(inversion: Inversion, row: int, values: Tensor) -> Tensor:
    """A row of predictions, blank outside the periods that this branch was measured at."""
    have = inversion.observed[row].isfinite().nonzero()[:, 0]
    shown = torch.full_like(values[row], torch.nan)
    if len(have):
        inside = slice(int(have[0]), int(have[-1]) + 1)
        shown[inside] = values[row][inside]
    return shown


@styled
def apart_figure(rayleigh: Inversion, love: Inversion, bottom: float) -> "Figure":
    """The profiles of two inversions of one wave each, over their common prior."""
    figure = new_figure(8.6, 6.0)
    left, right = figure.subplots(1, 2, sharey=True, width_ratios=(2.0, 1.0))
    depth = rayleigh.starting.rock_depth
    prior = rayleigh.posterior.prior
    profile(left, depth, prior.mean, bottom=bottom, colour=PRIOR, style="--", label="prior mean")
    for part, wave in ((rayleigh, "rayleigh"), (love, "love")):
        posterior, colour = part.posterior, COLOURS[wave]
        profile_band(left, depth, posterior.mean, posterior.sigma, bottom=bottom, colour=colour, alpha=0.18)
        profile(
            left, depth, posterior.mean, bottom=bottom, colour=colour, label=f"{wave.capitalize()} alone ±2σ"
        )
        profile(right, depth, posterior.shrinkage, bottom=bottom, colour=colour)
    right.axvline(SPEAKS, color="#1d2530", lw=0.8, ls=":")
    left.set(title="Shear velocity, each wave alone", xlabel="Vs (km/s)")
    left.legend(loc="lower left")
    right.set(title="Who speaks?", xlabel="σ after / σ before", ylabel="", xlim=(0.0, 1.05))
    return figure
