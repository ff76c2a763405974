"""Sensitivity kernels: which depths a period listens to."""

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from torch import Tensor

from seisgrad.plot.profile import staircase

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh


def per_kilometre(
    kernel: Float[Tensor, "period layer"], thickness: Float[Tensor, " layer"]
) -> Float[Tensor, "period layer"]:
    """A layer-integrated kernel as a density over depth, per km; the half-space's, which has none, becomes
    0."""
    finite = thickness > 0
    return kernel * finite / thickness.where(finite, thickness.new_ones(()))


def kernel_image(
    axes: "Axes",
    periods: Float[Tensor, " period"],
    depth: Float[Tensor, " depth"],
    kernel: Float[Tensor, "period depth"],
    *,
    bottom: float,
    limit: float | None = None,
) -> "list[QuadMesh]":
    """Kernel density ``[period, depth]`` as an image of depth against period, symmetric around zero.

    Args:
        axes: where to draw.
        periods: s, increasing, ``[period]``.
        depth: tops of the layers, km, ``[depth]``.
        kernel: derivative per km of depth, NaN where the mode does not exist.
        bottom: depth at which the image ends, km.
        limit: colours span ``-limit`` to ``limit``; the 99.5th percentile of the magnitude by default.
    """
    from cmcrameri.cm import cmaps

    shown = kernel.detach().numpy()
    top = limit or float(np.nanpercentile(np.abs(shown), 99.5)) or 1.0
    edges = np.append(depth.numpy(), max(bottom, float(depth[-1]) + 1e-6))
    image = axes.pcolormesh(
        _edges(np.log(periods.numpy())),
        edges,
        shown.T,
        cmap=cmaps["vik"],
        vmin=-top,
        vmax=top,
        rasterized=True,
    )
    axes.set_xscale("log")
    axes.set_ylim(bottom, 0.0)
    axes.set_xlabel("period (s)")
    axes.set_ylabel("depth (km)")
    return [image]


def kernel_lines(
    axes: "Axes",
    periods: Float[Tensor, " period"],
    depth: Float[Tensor, " depth"],
    kernel: Float[Tensor, "period depth"],
    *,
    bottom: float,
    wanted: tuple[float, ...],
) -> "list[Artist]":
    """The kernel densities of the periods nearest to ``wanted``, each as a line against depth."""
    lines: list[Artist] = [axes.axvline(0.0, color="0.7", lw=0.8)]
    for colour, period in zip(shades(len(wanted)), wanted, strict=True):
        row = int((periods - period).abs().argmin())
        z, k = staircase(depth, kernel[row], bottom)
        lines += axes.plot(k, z, color=colour, lw=1.6, label=f"{float(periods[row]):.3g} s")
    axes.set_ylim(bottom, 0.0)
    axes.set_ylabel("depth (km)")
    return lines


def shades(number: int) -> list[str]:
    """Colours of an ordered set of lines, dark to light, readable on white."""
    from cmcrameri.cm import cmaps
    from matplotlib.colors import to_hex

    return [to_hex(cmaps["batlow"](0.05 + 0.72 * i / max(1, number - 1))) for i in range(number)]


def _edges(centres: np.ndarray) -> np.ndarray:
    """Cell edges, back on a linear scale, around centres given as logarithms."""
    if len(centres) == 1:
        return np.exp(centres[0] + np.array([-0.05, 0.05]))
    middle = (centres[1:] + centres[:-1]) / 2
    ends = centres[0] - (middle[0] - centres[0]), centres[-1] + (centres[-1] - middle[-1])
    return np.exp(np.concatenate([ends[:1], middle, ends[1:]]))
