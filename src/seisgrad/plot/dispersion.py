"""Dispersion curves with their error bars, and the time-frequency image that they were picked from."""

from typing import TYPE_CHECKING

import numpy as np

from seisgrad.dispersion.curves import DispersionCurves
from seisgrad.dispersion.measure import Measurement

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

COLOURS = {"rayleigh": "#0072B2", "love": "#D55E00"}
"""One colour per wave, told apart by every kind of colour vision (Okabe & Ito 2008)."""
MARKERS = {"phase": "o", "group": "s", "ellipticity": "^"}
RANGE_DB = 24.0
"""Of the image: what is weaker than this below the largest envelope of its period is drawn as nothing."""


def paleness(mode: int) -> float:
    """Opacity of what belongs to a mode: the higher, the paler."""
    return 1 / (1 + 0.5 * mode)


def curves(axes: "Axes", table: DispersionCurves) -> "list[Artist]":
    """Every branch of a table with one-sigma bars: colour is the wave, marker the kind, paler the higher mode.

    Args:
        axes: where to draw; the period axis becomes logarithmic.
        table: the picks.

    Returns:
        One error-bar container per branch, labelled for a legend.
    """
    artists: list[Artist] = []
    for branch in table.branches:
        picks = table.select(wave=branch.wave, kind=branch.kind, mode=branch.mode)
        label = f"{branch.wave.capitalize()} {branch.kind}" + (f", mode {branch.mode}" if branch.mode else "")
        bars = axes.errorbar(
            picks.period.numpy(), picks.velocity.numpy(), picks.sigma.numpy(),
            fmt=MARKERS[branch.kind], color=COLOURS[branch.wave], alpha=paleness(branch.mode),
            ms=4, mfc="white" if branch.mode else None, lw=1.0, capsize=0, label=label,
        )  # fmt: skip
        artists.append(bars)  # type: ignore[arg-type]  (a container of artists)
    ratio = all(kind == "ellipticity" for kind in table.kind)
    axes.set_ylabel("ellipticity" if ratio and len(table) else "velocity (km/s)")
    _logarithmic_periods(axes)
    return artists


def time_frequency(axes: "Axes", measurement: Measurement) -> "list[Artist]":
    """The envelope over period and group velocity in dB per period, the ridge, the picks and the flags.

    Good picks carry their one-sigma bars; flagged ones are crosses.

    Args:
        axes: where to draw; the period axis becomes logarithmic.
        measurement: from :func:`seisgrad.dispersion.measure`.

    Returns:
        The image, the ridge, the good picks and the flagged ones, in this order, where there are any.
    """
    from cmcrameri.cm import cmaps

    image = measurement.image
    decibel = 20 * np.log10(np.fmax(image.envelope.numpy(), 1e-6))
    mesh = axes.pcolormesh(
        image.period.numpy(), image.velocity.numpy(), decibel.T,
        cmap=cmaps["lapaz"], vmin=-RANGE_DB, vmax=0.0, shading="gouraud", rasterized=True,
    )  # fmt: skip
    (ridge,) = axes.plot(image.period.numpy(), image.ridge.numpy(), color="black", lw=0.8, label="ridge")
    artists: list[Artist] = [mesh, ridge]
    period, velocity, good = (
        measurement.period.numpy(),
        measurement.velocity.numpy(),
        measurement.good.numpy(),
    )
    if good.any():
        bars = axes.errorbar(
            period[good], velocity[good], measurement.sigma.numpy()[good],
            fmt="o", ms=4, mfc="white", color="black", lw=1.0, label="pick",
        )  # fmt: skip
        artists.append(bars)  # type: ignore[arg-type]  (a container of artists)
    bad = ~good & np.isfinite(velocity)
    if bad.any():
        artists += axes.plot(period[bad], velocity[bad], "x", ms=5, color="#CC3311", label="flagged")
    axes.set_ylim(float(image.velocity[0]), float(image.velocity[-1]))
    axes.set_xlim(float(image.period[0]), float(image.period[-1]))
    axes.set_ylabel("group velocity (km/s)")
    _logarithmic_periods(axes)
    return artists


def _logarithmic_periods(axes: "Axes") -> None:
    from matplotlib.ticker import LogLocator, NullFormatter, ScalarFormatter

    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(ScalarFormatter())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("period (s)")
