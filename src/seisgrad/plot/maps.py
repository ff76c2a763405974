"""Maps and sections of what many sites say, without a projection: longitude east and latitude north, in degrees."""

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Bool, Float
from torch import Tensor

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

VELOCITY, UNCERTAINTY = "RdYlBu", "viridis"
"""Colour maps: slow is red, as is the field's custom."""


def site_map(
    axes: "Axes",
    longitude: Float[Tensor, " site"],
    latitude: Float[Tensor, " site"],
    values: Float[Tensor, " site"],
    *,
    colours: str = VELOCITY,
    limits: tuple[float, float] | None = None,
    crossed: Bool[Tensor, " site"] | None = None,
) -> "Artist":
    """One value per site, as tiles in their places; those of sites without a value are hollow.

    Args:
        axes: where to draw.
        longitude: degrees east.
        latitude: degrees north.
        values: NaN where a site has none.
        colours: name of a colour map.
        limits: of the colours; by default the middle 96 % of the values.
        crossed: sites that are crossed out, such as those with another solution.

    Returns:
        The tiles, to hang a colour bar on.
    """
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    x, y, v = (part.numpy() for part in (longitude, latitude, values))
    there = np.isfinite(v)
    low, high = limits or (np.percentile(v[there], (2, 98)) if there.any() else (0.0, 1.0))
    axes.set_aspect(1.0 / max(float(np.cos(np.deg2rad(y.mean()))), 0.1))
    wide, tall = _pitch(x), _pitch(y)
    tiles = [Rectangle((a - wide / 2, b - tall / 2), wide, tall) for a, b in zip(x, y, strict=True)]
    hollow = [tile for tile, known in zip(tiles, there, strict=True) if not known]
    axes.add_collection(PatchCollection(hollow, facecolor="none", edgecolor="0.6", lw=0.6))
    drawn = PatchCollection(
        [tile for tile, known in zip(tiles, there, strict=True) if known], cmap=colours, lw=0
    )
    drawn.set_array(v[there])
    drawn.set_clim(low, high)
    axes.add_collection(drawn)
    if crossed is not None and crossed.any():
        axes.scatter(x[crossed.numpy()], y[crossed.numpy()], marker="x", s=9.0, lw=0.8, color="0.15")
    axes.set_xlim(x.min() - wide, x.max() + wide)
    axes.set_ylim(y.min() - tall, y.max() + tall)
    axes.set_xlabel("longitude (°)")
    axes.set_ylabel("latitude (°)")
    return drawn


def section(
    axes: "Axes",
    place: Float[Tensor, " site"],
    depth: Float[Tensor, " depth"],
    values: Float[Tensor, "site depth"],
    *,
    bottom: float,
    colours: str = VELOCITY,
    limits: tuple[float, float] | None = None,
    resolved: Float[Tensor, " site"] | None = None,
) -> "Artist":
    """Profiles side by side along a line, each as wide as half way to its neighbours.

    Args:
        axes: where to draw.
        place: increasing coordinate of each site along the line, degrees.
        depth: tops of the layers, km.
        values: one profile per site.
        bottom: depth at which the section ends, km.
        colours: name of a colour map.
        limits: of the colours.
        resolved: depth down to which each site is resolved, km, drawn as a line.

    Returns:
        The image, to hang a colour bar on.
    """
    low, high = limits or (None, None)
    edges = np.append(depth.numpy(), max(bottom, float(depth[-1]) + 1.0))
    drawn = axes.pcolormesh(
        _edges(place.numpy()), edges, values.numpy().T, cmap=colours, vmin=low, vmax=high, shading="flat"
    )
    if resolved is not None:
        axes.plot(place.numpy(), resolved.numpy(), color="#1d2530", lw=1.2, ls="--")
    axes.set_ylim(bottom, 0.0)
    axes.set_ylabel("depth (km)")
    return drawn


def _pitch(places: np.ndarray) -> float:
    """From one row or column of sites to the next: of a grid exactly, else as if the sites were one."""
    found = np.unique(np.round(places, 6))
    if len(found) < 2:
        return 1.0
    if len(found) <= 2.0 * len(places) ** 0.5 + 2.0:
        return float(np.median(np.diff(found)))
    return float(np.ptp(places)) / len(places) ** 0.5


def _edges(centres: np.ndarray) -> np.ndarray:
    if len(centres) == 1:
        return np.array([centres[0] - 0.5, centres[0] + 0.5])
    middle = 0.5 * (centres[1:] + centres[:-1])
    return np.concatenate([[2 * centres[0] - middle[0]], middle, [2 * centres[-1] - middle[-1]]])
