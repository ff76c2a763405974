"""Observed against predicted dispersion, and what is left over."""

from typing import TYPE_CHECKING

from jaxtyping import Float
from torch import Tensor

from seisgrad.plot.dispersion import COLOURS, MARKERS, paleness

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


def fit(
    axes: "Axes",
    periods: Float[Tensor, " period"],
    observed: Float[Tensor, " period"],
    sigma: Float[Tensor, " period"],
    predicted: Float[Tensor, " period"],
    *,
    prior: Float[Tensor, " period"] | None = None,
    wave: str = "rayleigh",
    kind: str = "phase",
    mode: int = 0,
    label: str = "",
) -> "list[Artist]":
    """One branch: data with their one-sigma bars, the predicted line and, thin and dashed, the prior's.

    Args:
        axes: where to draw.
        periods: s, ``[period]``.
        observed: NaN where there is no pick, ``[period]``.
        sigma: one standard deviation of ``observed``, ``[period]``.
        predicted: by the model that is shown, ``[period]``.
        prior: predicted before the data were seen, ``[period]``.
        wave: which colour.
        kind: which marker.
        mode: the higher, the paler.
        label: in the legend.
    """
    colour, clear = COLOURS[wave], paleness(mode)
    have = observed.isfinite()
    bars = axes.errorbar(
        *(values[have].numpy() for values in (periods, observed, sigma)),
        fmt=MARKERS[kind], ms=3.6, lw=0.9, color=colour, alpha=0.85 * clear, mfc="white", zorder=2, label=label or None,
    )  # fmt: skip
    (line,) = axes.plot(periods.numpy(), predicted.numpy(), color=colour, alpha=clear, lw=2.0, zorder=3)
    artists: list[Artist] = [bars, line]  # type: ignore[list-item]  (a container of artists)
    if prior is not None:
        artists += axes.plot(periods.numpy(), prior.numpy(), color=colour, lw=1.0, ls=(0, (4, 3)), zorder=1)
    axes.set_xscale("log")
    axes.set_xlabel("period (s)")
    return artists


def residuals(
    axes: "Axes",
    periods: Float[Tensor, " period"],
    normalised: Float[Tensor, " period"],
    *,
    wave: str = "rayleigh",
    kind: str = "phase",
    mode: int = 0,
    label: str = "",
) -> "list[Artist]":
    """Residuals over their standard deviation, with the bands of one and two; ``mode`` as in :func:`fit`."""
    bands = [axes.axhspan(-n, n, color="#8A93A0", alpha=0.13, lw=0, zorder=0) for n in (1, 2)]
    have = normalised.isfinite()
    (points,) = axes.plot(
        periods[have].numpy(),
        normalised[have].numpy(),
        MARKERS[kind],
        ms=3.6,
        color=COLOURS[wave],
        alpha=paleness(mode),
        label=label or None,
    )
    axes.set_xscale("log")
    axes.set_xlabel("period (s)")
    axes.set_ylabel("residual / σ")
    return [*bands, points]
