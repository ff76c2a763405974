"""A profile with its uncertainty against depth, and how much of that uncertainty the data have removed."""

from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

POSTERIOR = "#0072B2"
PRIOR = "#8A93A0"


def profile(
    axes: "Axes",
    depth: Float[Tensor, " depth"],
    value: Float[Tensor, " depth"],
    *,
    bottom: float,
    colour: str = POSTERIOR,
    style: str = "-",
    label: str = "",
) -> "list[Artist]":
    """A profile as the staircase that it is: constant within each layer, depth downwards.

    Args:
        axes: where to draw.
        depth: tops of the layers, km, ``[depth]``.
        value: one value per layer, ``[depth]``.
        bottom: depth at which the last layer's line ends, km.
        colour: of the line.
        style: of the line.
        label: in the legend; none if empty.
    """
    z, v = staircase(depth, value, bottom)
    (line,) = axes.plot(v, z, style, color=colour, lw=1.8, label=label or None)
    _downwards(axes, bottom)
    return [line]


def profile_band(
    axes: "Axes",
    depth: Float[Tensor, " depth"],
    value: Float[Tensor, " depth"],
    sigma: Float[Tensor, " depth"],
    *,
    bottom: float,
    number: float = 2.0,
    colour: str = POSTERIOR,
    alpha: float = 0.22,
    label: str = "",
) -> "list[Artist]":
    """The band of ``number`` standard deviations ``sigma`` [depth] around a staircase profile."""
    z, low = staircase(depth, value - number * sigma, bottom)
    _, high = staircase(depth, value + number * sigma, bottom)
    band = axes.fill_betweenx(z, low, high, color=colour, alpha=alpha, lw=0, label=label or None)
    _downwards(axes, bottom)
    return [band]


def ensemble(
    axes: "Axes",
    depth: Float[Tensor, " depth"],
    profiles: Float[Tensor, "model depth"],
    *,
    bottom: float,
    colour: str = PRIOR,
) -> "list[Artist]":
    """Where the profiles of an ensemble run: the middle 80 % of them light, the middle half darker, their median."""
    levels = torch.tensor([0.1, 0.25, 0.5, 0.75, 0.9], dtype=profiles.dtype)
    stairs = [staircase(depth, level, bottom) for level in torch.quantile(profiles, levels, 0)]
    z, (far_low, low, middle, high, far_high) = stairs[0][0], (v for _, v in stairs)
    wide = axes.fill_betweenx(z, far_low, far_high, color=colour, alpha=0.25, lw=0, label="P10–P90")
    half = axes.fill_betweenx(z, low, high, color=colour, alpha=0.45, lw=0, label="P25–P75")
    (line,) = axes.plot(middle, z, color="white", lw=1.2)
    _downwards(axes, bottom)
    return [wide, half, line]


def uncertainty_ratio(
    axes: "Axes",
    depth: Float[Tensor, " depth"],
    ratio: Float[Tensor, " depth"],
    *,
    bottom: float,
    threshold: float,
) -> "list[Artist]":
    """Posterior over prior standard deviation [depth]: 1 where the data say nothing, shaded above
    ``threshold``."""
    z, r = staircase(depth, ratio, bottom)
    known = axes.fill_betweenx(z, 0.0, r, color=POSTERIOR, alpha=0.18, lw=0)
    unknown = axes.fill_betweenx(z, 0.0, r, where=(r > threshold).tolist(), color=PRIOR, alpha=0.55, lw=0)
    (line,) = axes.plot(r, z, color="#1d2530", lw=1.3)
    limit = axes.axvline(threshold, color="#1d2530", lw=0.8, ls=":")
    axes.set_xlim(0.0, 1.05)
    _downwards(axes, bottom)
    return [known, unknown, line, limit]


def staircase(
    depth: Float[Tensor, " depth"], value: Float[Tensor, " depth"], bottom: float
) -> tuple[np.ndarray, np.ndarray]:
    """Depth and value of the corners of a layered profile down to ``bottom`` km: two points per layer."""
    keep = depth < bottom
    tops = depth[keep]
    ends = torch.cat([tops[1:], tops.new_tensor([bottom])])
    corners = torch.stack([tops, ends], dim=-1).flatten()
    return corners.numpy(), value[keep].repeat_interleave(2).detach().numpy()


def _downwards(axes: "Axes", bottom: float) -> None:
    axes.set_ylim(bottom, 0.0)
    axes.set_ylabel("depth (km)")
