"""Mechanisms as beachballs: the lower half of the focal sphere, north up, filled where the first motion is outward."""

from typing import TYPE_CHECKING

from jaxtyping import Float
from torch import Tensor

from seisgrad._lazy import extra
from seisgrad.source.axes import nodal_planes
from seisgrad.source.moment_tensor import to_use

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes


def beachball(
    axes: "Axes",
    moment: Float[Tensor, " 6"],
    *,
    others: Float[Tensor, "other 6"] | None = None,
    colour: str = "0.45",
) -> "list[Artist]":
    """The mechanism of a moment tensor, and thin nodal lines of the nearest double couples of others.

    Args:
        axes: where to draw; its frame is taken away, and the ball reaches from -1 to 1 in both directions.
        moment: north, east and down; its size does not show.
        others: such as the solutions of a bootstrap, whose lines show how sure the mechanism is.
        colour: of the outward first motion.

    Returns:
        The ball, and the lines of each of the others.
    """
    with extra("records"):
        from obspy.imaging.beachball import beach

    shape = moment / moment.abs().max()
    artists: list[Artist] = [beach(to_use(shape).tolist(), width=2, facecolor=colour, linewidth=1.2)]
    for other in [] if others is None else nodal_planes(others)[:, 0].tolist():
        artists.append(beach(other, width=2, nofill=True, linewidth=0.5, edgecolor="0.1", alpha=0.25))
    for artist in artists:
        axes.add_collection(artist)  # type: ignore[arg-type]
    axes.set(xlim=(-1.05, 1.05), ylim=(-1.05, 1.05), aspect="equal")
    axes.set_axis_off()
    return artists
