"""Two operators beside each other: scores by period band, their distributions, and pairs of kernels."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from torch import Tensor

from seisgrad.plot.dispersion import COLOURS
from seisgrad.plot.profile import staircase

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

EXACT = "#1d2530"
CLOSEST = 1e-5
"""Distance of a cosine from 1 that is drawn as the last one: closer means nothing to anybody."""


def scores(
    axes: "Axes",
    bands: Sequence[str],
    values: Mapping[str, Sequence[float]],
    *,
    style: str = "-",
    marker: str = "o",
    filled: bool = True,
    label: str = "",
) -> "list[Artist]":
    """One number per band and wave, as a line with markers in the wave's colour.

    Args:
        axes: where to draw.
        bands: the words below the axis, one per band.
        values: by wave, one per band; NaN leaves a gap.
        style: of the line.
        marker: of each band.
        filled: markers are full or open.
        label: in the legend, behind the wave's name.
    """
    lines: list[Artist] = []
    for wave, numbers in values.items():
        lines += axes.plot(
            range(len(bands)), numbers, style, color=COLOURS[wave], marker=marker, ms=5.5, lw=1.5,
            mfc=COLOURS[wave] if filled else "white", label=f"{wave.capitalize()}{label}",
        )  # fmt: skip
    _name_bands(axes, bands)
    return lines


def distributions(
    axes: "Axes", bands: Sequence[str], values: Mapping[str, Sequence[Float[Tensor, " _"]]]
) -> "list[Artist]":
    """The spread of a cosine by band and wave: a thin bar from the 5th to the 95th percentile, a box around the middle
    half and a line at the median.

    Args:
        axes: where to draw; its value axis becomes that of :func:`closeness`.
        bands: the words below the axis, one per band.
        values: by wave, the cosines of every band; values that are not finite are left out.
    """
    artists: list[Artist] = []
    width = 0.32
    for side, (wave, samples) in zip((-0.5, 0.5), values.items(), strict=False):
        for i, sample in enumerate(samples):
            there = sample[sample.isfinite()].numpy()
            if not len(there):
                continue
            low, first, middle, third, high = _distance(np.percentile(there, [5, 25, 50, 75, 95]))
            x = i + side * (width + 0.06)
            artists += axes.plot([x, x], [low, high], color=COLOURS[wave], lw=1.3, solid_capstyle="butt")
            artists += axes.bar(
                x, third - first, width, bottom=first, color=COLOURS[wave], alpha=0.45, lw=0,
                label=wave.capitalize() if i == 0 else None,
            )  # fmt: skip
            artists += axes.plot([x - width / 2, x + width / 2], [middle, middle], color=EXACT, lw=1.6)
    _name_bands(axes, bands)
    return artists


def closeness(axes: "Axes", cosines: Sequence[float]) -> None:
    """Label an axis of 1 − cosine, logarithmic and upside down, with the cosines themselves: better is higher.

    Args:
        axes: whose values are 1 − cosine.
        cosines: where the ticks stand, below 1.
    """
    axes.set_yscale("log")
    axes.set_yticks([1.0 - c for c in cosines], [f"{c:g}".replace("-", "−") for c in cosines])
    axes.set_yticks([], minor=True)
    axes.set_ylim(1.0 - min(cosines), 1.0 - max(cosines))


def kernel_pair(
    axes: "Axes",
    depth: Float[Tensor, " depth"],
    learned: Float[Tensor, " depth"],
    exact: Float[Tensor, " depth"],
    *,
    bottom: float,
    colour: str,
    labels: tuple[str, str] = ("exact", "learned"),
) -> "list[Artist]":
    """The exact kernel as a filled shape and the learned one as a line over it, depth downwards.

    Args:
        axes: where to draw.
        depth: tops of the layers, km.
        learned: derivative per km of depth.
        exact: the same by the exact operator.
        bottom: depth at which the lines end, km.
        colour: of the learned kernel.
        labels: in the legend, the exact one first.
    """
    z, k = staircase(depth, exact, bottom)
    shape = axes.fill_betweenx(z, 0.0, k, color=EXACT, alpha=0.22, lw=0, label=labels[0])
    z, k = staircase(depth, learned, bottom)
    (line,) = axes.plot(k, z, color=colour, lw=1.3, label=labels[1])
    zero = axes.axvline(0.0, color="0.7", lw=0.7, zorder=0)
    axes.set_ylim(bottom, 0.0)
    return [shape, line, zero]


def kernel_row(
    axes: "Axes",
    depth: Float[Tensor, " depth"],
    pairs: Sequence[tuple[Float[Tensor, " depth"], Float[Tensor, " depth"]]],
    names: Sequence[str],
    *,
    bottom: float,
    colour: str,
) -> "list[Artist]":
    """Pairs of kernels side by side over one depth axis, each scaled to the largest magnitude of its exact one.

    Args:
        axes: where to draw.
        depth: tops of the layers, km.
        pairs: learned and exact derivative per km of depth, or both normalised alike.
        names: below each pair.
        bottom: depth at which the lines end, km.
        colour: of the learned kernels.
    """
    artists: list[Artist] = []
    for i, (learned, exact) in enumerate(pairs):
        scale = 0.75 / float(exact.abs().max())
        z, k = staircase(depth, scale * exact, bottom)
        artists.append(axes.fill_betweenx(z, i, i + k, color=EXACT, alpha=0.22, lw=0))
        z, k = staircase(depth, scale * learned, bottom)
        artists += axes.plot(i + k, z, color=colour, lw=1.2)
        artists.append(axes.axvline(i, color="0.8", lw=0.6, zorder=0))
    axes.set_xticks(range(len(names)), names)
    axes.set_xlim(-0.6, len(names) - 0.05)
    axes.set_ylim(bottom, 0.0)
    return artists


def _distance(cosines: np.ndarray) -> np.ndarray:
    return np.fmax(1.0 - cosines, CLOSEST) + 0.0 * cosines  # NaN stays NaN


def _name_bands(axes: "Axes", bands: Sequence[str]) -> None:
    axes.set_xticks(range(len(bands)), bands)
    axes.set_xlim(-0.6, len(bands) - 0.4)
    axes.set_xlabel("period (s)")
