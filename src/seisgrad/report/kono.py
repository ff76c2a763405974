"""The demonstration's record and everything that is taken for granted about it: one earthquake, one station, one path.

The record is part of ObsPy: KONO (Kongsberg, Norway), three components at 1 Hz, of the earthquake of 13 January 2001 off
El Salvador, Mw 7.7. Every assumption is a constant here, with its reason, and is repeated in the report.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from seisgrad.dispersion.curves import DispersionCurves
from seisgrad.dispersion.invert import Inversion, invert
from seisgrad.dispersion.measure import Event, Measurement, Station, measure
from seisgrad.dispersion.starting_model import (
    StartingModel,
    at_period,
    correlation_length,
    depth_grid,
    discontinuities,
    smoothed,
    starting_model,
)
from seisgrad.earth import prem, resample
from seisgrad.errors import WorkError

if TYPE_CHECKING:
    from obspy.core.inventory import Response

RECORD = "io/seisan/tests/data/2001-01-13-1742-24S.KONO__004"
"""Where the record lies within the ObsPy package."""
ORIGIN_TIME = "2001-01-13T17:33:32.4"
PLACE = (13.049, -88.660)
DEPTH_KM = 60.0
STATION = Station(59.649, 9.598)
HALF_DURATION = 17.0
"""s; the centroid comes that much after the origin: 1.05e-8 M0^(1/3) (M0 in dyn cm) for Mw 7.7, Ekström et al. (2012)."""
TIME_SIGMA = 8.0
"""s; how well that rule and the origin time are known. It moves all group velocities together."""
CORNER = 360.0
"""s; the record comes without its response. KONO's very-broad-band sensor is taken as an STS-1: flat to 360 s, damping 0.71."""
FLOOR = 0.004
"""Of the velocity: what a path of many structures does to a one-dimensional explanation."""
MODEL_PERIOD = 75.0
"""s; the period whose velocities the profile holds: near the middle of the data on a logarithmic scale."""
BOTTOM = 700.0
"""km; the half-space begins here, well below what the data see."""
CRUST_SIGMA, MANTLE_SIGMA = 0.10, 0.04
"""Prior sigma as a fraction of vs: above about 40 km, where the path has oceans and shelves, and below."""


def record_path() -> Path:
    """The record inside the installed ObsPy.

    Raises:
        WorkError: this ObsPy was packaged without its test data.
    """
    import obspy

    path = Path(obspy.__file__).parent / RECORD
    if not path.is_file():
        raise WorkError(f"this installation of ObsPy lacks the record {RECORD}; install ObsPy's own wheel")
    return path


def event() -> Event:
    """The source at its centroid time."""
    from obspy import UTCDateTime

    return Event(*PLACE, DEPTH_KM, UTCDateTime(ORIGIN_TIME) + HALF_DURATION)


def response() -> "Response":
    """A pendulum with the free period :data:`CORNER`: what the sensor is taken to be, with gain 1."""
    import math

    from obspy.core.inventory import Response

    natural, damping = 2.0 * math.pi / CORNER, 2**-0.5
    pole = complex(-natural * damping, natural * math.sqrt(1.0 - damping**2))
    return Response.from_paz(zeros=[0j, 0j], poles=[pole, pole.conjugate()], stage_gain=1.0)


def measure_wave(wave: str) -> Measurement:
    """The group velocity of one wave on the record."""
    return measure(record_path(), event(), STATION, wave, response=response(), floor=FLOOR)  # type: ignore[arg-type]


def motion(measurement: Measurement) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Seconds after the centroid and the motion that a wave was measured on (counts, 15 to 250 s), for drawing."""
    from obspy import read

    stream = read(str(record_path())).select(channel="L0?")
    stream.detrend("linear").taper(0.05).filter("bandpass", freqmin=1 / 250, freqmax=1 / 15, zerophase=True)
    if measurement.wave == "love":
        stream.rotate("NE->RT", back_azimuth=measurement.back_azimuth)
    trace = stream.select(component="Z" if measurement.wave == "rayleigh" else "T")[0]
    return trace.times(reftime=event().origin), np.asarray(trace.data, dtype=np.float64)


def starting() -> StartingModel:
    """PREM as the waves see it, without the steps of its mantle, and how far the truth may be from it.

    PREM's crust and water are averages over the globe, and the path is as mixed as the globe: half deep Atlantic, half
    continental shelf and land. Its velocities are carried from 1 s to :data:`MODEL_PERIOD`. Between the Moho and 670 km
    its steps are smoothed, so that a step in the result could only come from the data.
    """
    model = at_period(prem(BOTTOM), MODEL_PERIOD)
    moho = 24.4
    keep = tuple(depth for depth in discontinuities(model) if depth <= moho)
    depth = depth_grid(4.0, BOTTOM, keep=keep, growth=0.06)
    on_grid = smoothed(resample(model, depth), moho, 60.0)
    tops = on_grid.depth[on_grid.water :]
    share = torch.sigmoid((tops - 40.0) / 8.0)
    sigma = CRUST_SIGMA + (MANTLE_SIGMA - CRUST_SIGMA) * share
    words = (
        f"The prior mean is isotropic PREM with its 3 km of water and its crust to {moho:g} km, carried from 1 s to "
        f"{MODEL_PERIOD:g} s period with PREM's Q, and with the steps of its upper mantle smoothed. Prior sigma: "
        f"{100 * CRUST_SIGMA:g} % of vs in the crust, {100 * MANTLE_SIGMA:g} % in the mantle, correlated over "
        "20 km at the Moho, 60 km at 200 km and 110 km at 400 km depth."
    )
    length = correlation_length(on_grid.depth, 5.0)[on_grid.water :]
    return starting_model(on_grid, sigma=sigma, length=length, words=words)


@dataclass(frozen=True, eq=False)
class Demonstration:
    """The measurements, the joint inversion, and one inversion per wave."""

    rayleigh: Measurement
    love: Measurement
    joint: Inversion
    apart: dict[str, Inversion]

    @property
    def measurements(self) -> tuple[Measurement, Measurement]:
        """Rayleigh, then Love."""
        return self.rayleigh, self.love

    @cached_property
    def curves(self) -> DispersionCurves:
        """The picks of both waves."""
        return self.rayleigh.curves + self.love.curves


def invert_curves(curves: DispersionCurves, begin: StartingModel, distance_km: float) -> Inversion:
    """Invert with the error of the centroid time, which all data share."""
    survey = curves.survey("spherical")
    observed, _ = curves.gridded(survey)
    return invert(curves, begin, earth="spherical", shared=time_error(observed, distance_km))


def time_error(velocity: Float[Tensor, "*shape"], distance_km: float) -> Float[Tensor, "*shape"]:
    """What :data:`TIME_SIGMA` seconds do to a group velocity U = X/t, km/s: U² σ_t / X."""
    return velocity.square() * TIME_SIGMA / distance_km
