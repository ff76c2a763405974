"""Earthquakes: mechanisms, and how the fit depends on depth."""

from typing import TYPE_CHECKING

from seisgrad.cli.contents import Contents
from seisgrad.cli.drawings.reading import numbers, rows_of
from seisgrad.plot.mechanism import beachball
from seisgrad.plot.section import COLOURS
from seisgrad.report.figures import new_figure, styled
from seisgrad.source.axes import nodal_planes
from seisgrad.source.quakeml import read_quakeml

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@styled
def mechanism(contents: Contents) -> "Figure":
    """The beachball of a moment tensor, with its planes, magnitude and depth."""
    found = read_quakeml(contents.path)
    figure = new_figure(4.2, 4.8)
    axes = figure.add_subplot()
    beachball(axes, found.moment)
    spread = "" if found.mechanism_spread is None else f", ± {found.mechanism_spread:.0f}° (Kagan)"
    planes = "\n".join(
        "{:.0f} / {:.0f} / {:.0f}".format(*plane.tolist()) for plane in nodal_planes(found.moment)
    )
    figure.suptitle(f"Mw {found.mw:.2f} at {found.origin.depth:g} km{spread}", fontweight="bold")
    figure.supxlabel(f"strike / dip / rake\n{planes}", fontsize=9)
    return figure


@styled
def depths(contents: Contents) -> "Figure":
    """Variance reduction at every depth, and how far its mechanism is from the best."""
    rows = rows_of(contents.path)
    names = ("depth", "variance_reduction", "kagan")
    depth, reduction, angle = (numbers(rows, name, contents.path) for name in names)
    figure = new_figure(7.0, 5.0)
    above, below = figure.subplots(2, 1, sharex=True)
    above.plot(depth, 100.0 * reduction, "o-", ms=4, color=COLOURS[0])
    above.set_ylabel("variance reduction (%)")
    below.plot(depth, angle, "o-", ms=4, color=COLOURS[1])
    below.set(xlabel="depth (km)", ylabel="Kagan angle from the best (°)")
    return figure
