"""What an audit found, drawn: means with their intervals, bars beside each other, and errors against a distance."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from torch import Tensor

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

Interval = tuple[Sequence[float], Sequence[float], Sequence[float]]
"""Means, and the lower and upper ends of their intervals."""


def interval_line(
    axes: "Axes", x: Sequence[float], values: Interval, *, colour: str, label: str = "", style: str = "-"
) -> "list[Artist]":
    """Means as a line and their intervals as a band around it.

    Args:
        axes: where to draw.
        x: where the means stand.
        values: means, lower and upper ends; NaN leaves a gap.
        colour: of both.
        label: in the legend.
        style: of the line.
    """
    mean, low, high = values
    band = axes.fill_between(x, low, high, color=colour, alpha=0.2, lw=0)
    (line,) = axes.plot(x, mean, style, color=colour, lw=1.4, label=label)
    return [band, line]


def bars(
    axes: "Axes", names: Sequence[str], values: Mapping[str, Interval], *, colours: Sequence[str]
) -> "list[Artist]":
    """Horizontal bars with their intervals, beside each other, one set per name from the top down.

    Args:
        axes: where to draw.
        names: of the sets, on the vertical axis.
        values: by the words of the legend; one mean with its interval per name.
        colours: one per entry of ``values``.
    """
    artists: list[Artist] = []
    height = 0.8 / max(1, len(values))
    for i, ((label, (mean, low, high)), colour) in enumerate(zip(values.items(), colours, strict=True)):
        y = np.arange(len(names)) + (i - (len(values) - 1) / 2) * height
        artists += axes.barh(y, mean, 0.9 * height, color=colour, label=label)
        artists += axes.hlines(y, low, high, color="#1d2530", lw=1.0),  # fmt: skip
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    return artists


def against_distance(
    axes: "Axes",
    points: Mapping[str, tuple[Float[Tensor, " model"], Float[Tensor, " model"]]],
    colours: Sequence[str],
) -> "list[Artist]":
    """Errors against a distance, one colour per set of models.

    Args:
        axes: where to draw.
        points: distance and error of each model, by the name of the set.
        colours: one per set.
    """
    artists: list[Artist] = []
    for (label, (distance, error)), colour in zip(points.items(), colours, strict=True):
        artists.append(
            axes.scatter(
                distance.numpy(),
                error.numpy(),
                s=9,
                color=colour,
                alpha=0.55,
                lw=0,
                label=label,
                rasterized=True,
            )
        )
    return artists
