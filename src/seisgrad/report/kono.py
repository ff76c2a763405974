"""The demonstration's record and everything that is taken for granted about it: one earthquake, one station,
one path.

The record is part of ObsPy: KONO (Kongsberg, Norway), three components at 1 Hz, of the earthquake of 13
January 2001 off El Salvador, Mw 7.7. Every assumption is a constant here, with its reason, and is repeated
in the report.
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

from seisgrad._lazy import extra
from seisgrad.dispersion.curves import DispersionCurves
from seisgrad.dispersion.invert import Inversion, invert
from seisgrad.dispersion.measure import Event, Measurement, Station, measure
from seisgrad.dispersion.physics import Physics
from seisgrad.dispersion.starting_model import (
    StartingModel,
    at_period,
    correlation_length,
    depth_grid,
    discontinuities,
    smoothed,
    starting_model,
)
from seisgrad.dispersion.survey import Survey, Wave
from seisgrad.earth import LayeredModel, prem, resample
from seisgrad.errors import WorkError
from seisgrad.inversion import depth_average
from seisgrad.report.trust import Trust, examine

if TYPE_CHECKING:
    from obspy.core.inventory import Response

RECORD = "io/seisan/tests/data/2001-01-13-1742-24S.KONO__004"
"""Where the record lies within the ObsPy package."""
ORIGIN_TIME = "2001-01-13T17:33:32.4"
PLACE = (13.049, -88.660)
DEPTH_KM = 60.0
STATION = Station(59.649, 9.598)
HALF_DURATION = 17.0
"""s; the centroid comes that much after the origin: 1.05e-8 M0^(1/3) (M0 in dyn cm) for Mw 7.7, Ekström et
al. (2012)."""
TIME_SIGMA = 8.0
"""s; how well that rule and the origin time are known. It moves all group velocities together."""
CORNER = 360.0
"""s; the record comes without its response. KONO's very-broad-band sensor is taken as an STS-1: flat to 360
s, damping 0.71."""
CORNER_SHARE = 0.3
"""Of the sensor's delay that this correction removes: how well it is known. It moves all group velocities
together."""
PERIODS = (18.0, 20.5, 23.5, 27.0, 31.5, 37.0, 44.5, 54.0, 67.5, 86.0, 112.0, 150.0, 200.0)
"""s; from where multipathing ends to where the record is long enough, about a filter width apart."""
FLOOR = 0.003
"""Of the velocity: mislocation by 20 km and a path that is not quite the great circle."""
OCEAN_SHARES = (0.4, 0.55, 0.7)
"""How much of the path may lie over deep ocean; the map says a little more than half."""
MODEL_PERIOD = 75.0
"""s; the period whose velocities the profile holds: near the middle of the data on a logarithmic scale."""
BOTTOM = 1200.0
"""km; the half-space begins here, so deep that waves of 200 s do not feel it."""
MOHO = 24.4
"""km; PREM's."""
LID, ZONE = (MOHO, 80.0), (80.0, 220.0)
"""km; PREM's lid and low-velocity zone, and no depths of the profile's own extremes, which differ in any earth."""
CRUST_SIGMA, MANTLE_SIGMA = 0.10, 0.04
"""Prior sigma as a fraction of vs: above about 40 km, where the path has oceans and shelves, and below."""


def record_path() -> Path:
    """The record inside the installed ObsPy.

    Raises:
        WorkError: this ObsPy was packaged without its test data.
    """
    with extra("records"):
        import obspy

    path = Path(obspy.__file__).parent / RECORD
    if not path.is_file():
        raise WorkError(f"this installation of ObsPy lacks the record {RECORD}; install ObsPy's own wheel")
    return path


def event() -> Event:
    """The source at its centroid time."""
    with extra("records"):
        from obspy import UTCDateTime

    return Event(*PLACE, DEPTH_KM, UTCDateTime(ORIGIN_TIME) + HALF_DURATION)


def response() -> "Response":
    """A pendulum with the free period :data:`CORNER`: what the sensor is taken to be, with gain 1."""
    import math

    with extra("records"):
        from obspy.core.inventory import Response

    natural, damping = 2.0 * math.pi / CORNER, 2**-0.5
    pole = complex(-natural * damping, natural * math.sqrt(1.0 - damping**2))
    return Response.from_paz(zeros=[0j, 0j], poles=[pole, pole.conjugate()], stage_gain=1.0)


def measure_wave(wave: Wave) -> Measurement:
    """The group velocity of one wave on the record."""
    return measure(record_path(), event(), STATION, wave, periods=PERIODS, response=response(), floor=FLOOR)


def motion(measurement: Measurement) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Seconds after the centroid and the motion that a wave was measured on (counts, 15 to 250 s), for
    drawing."""
    with extra("records"):
        from obspy import read

    stream = read(str(record_path())).select(channel="L0?")
    stream.detrend("linear").taper(0.05).filter("bandpass", freqmin=1 / 250, freqmax=1 / 15, zerophase=True)
    if measurement.wave == "love":
        stream.rotate("NE->RT", back_azimuth=measurement.back_azimuth)
    trace = stream.select(component="Z" if measurement.wave == "rayleigh" else "T")[0]
    return trace.times(reftime=event().origin), np.asarray(trace.data, dtype=np.float64)


def starting() -> StartingModel:
    """PREM as the waves see it, without the steps of its mantle, and how far the truth may be from it.

    PREM's crust and water are averages over the globe, and the path is as mixed as the globe: half deep
    Atlantic, half continental shelf and land. Its velocities are carried from 1 s to :data:`MODEL_PERIOD`.
    Between the Moho and 670 km its steps are smoothed, so that a step in the result could only come from the
    data.
    """
    model = at_period(prem(BOTTOM), MODEL_PERIOD)
    keep = tuple(depth for depth in discontinuities(model) if depth <= MOHO)
    depth = depth_grid(4.0, BOTTOM, keep=keep, growth=0.06)
    on_grid = smoothed(resample(model, depth), MOHO, 60.0)
    tops = on_grid.depth[on_grid.water :]
    share = torch.sigmoid((tops - 40.0) / 8.0)
    sigma = CRUST_SIGMA + (MANTLE_SIGMA - CRUST_SIGMA) * share
    length = correlation_length(on_grid.depth, 10.0)[on_grid.water :]
    spans = ", ".join(
        f"{float(length[int((tops <= depth).sum()) - 1]):.0f} km at {depth:g} km"
        for depth in (25.0, 200.0, 400.0)
    )
    words = (
        f"The prior mean is isotropic PREM with its 3 km of water and its crust to {MOHO:g} km, carried from "
        f"1 s to "
        f"{MODEL_PERIOD:g} s period with PREM's Q, and with the steps of its upper mantle smoothed. Prior "
        f"sigma: "
        f"{100 * CRUST_SIGMA:g} % of vs in the crust, {100 * MANTLE_SIGMA:g} % in the mantle, correlated "
        f"over "
        f"{spans}."
    )
    return starting_model(on_grid, sigma=sigma, length=length, words=words)


@dataclass(frozen=True, eq=False)
class Demonstration:
    """The measurements, the joint inversion with its examination, and one inversion per wave."""

    rayleigh: Measurement
    love: Measurement
    joint: Inversion
    trust: Trust
    apart: dict[str, Inversion]

    @property
    def measurements(self) -> tuple[Measurement, Measurement]:
        """Rayleigh, then Love."""
        return self.rayleigh, self.love

    @cached_property
    def curves(self) -> DispersionCurves:
        """The picks of both waves."""
        return self.rayleigh.curves + self.love.curves


def demonstrate(rayleigh: Measurement, love: Measurement) -> Demonstration:
    """Invert both waves together, and each alone; examine what came of both."""
    begin, distance = starting(), rayleigh.distance_km
    alone = {m.wave: invert_curves(m.curves, begin, distance) for m in (rayleigh, love)}
    joint = invert_curves(rayleigh.curves + love.curves, begin, distance)
    trust = examine(joint, shared_errors(joint.observed, joint.survey, distance))
    return Demonstration(rayleigh, love, joint, trust, alone)


def invert_curves(curves: DispersionCurves, begin: StartingModel, distance_km: float) -> Inversion:
    """Invert with the error of a one-dimensional path, and with those of the source time and of the
    sensor."""
    survey = curves.survey("spherical")
    observed, _ = curves.gridded(survey)
    shared = shared_errors(observed, survey, distance_km)
    return invert(curves, begin, earth="spherical", floor=path_error(survey, begin), shared=shared)


def shared_errors(
    observed: Float[Tensor, "branch period"], survey: Survey, distance_km: float
) -> Float[Tensor, "2 branch period"]:
    """By how much one standard deviation of the source time, and of the sensor's delay, moves each datum, km/s."""
    return torch.stack([time_error(observed, distance_km), sensor_error(observed, survey, distance_km)])


def low_velocity_zone(tops: Float[Tensor, " rock"]) -> Float[Tensor, " rock"]:
    """Weights of the mean vs over :data:`LID` minus that over :data:`ZONE`, for layers with these tops, km."""
    return depth_average(tops, *LID) - depth_average(tops, *ZONE)


def time_error(velocity: Float[Tensor, "*shape"], distance_km: float) -> Float[Tensor, "*shape"]:
    """What :data:`TIME_SIGMA` seconds do to a group velocity U = X/t, km/s: U² σ_t / X."""
    return velocity.square() * TIME_SIGMA / distance_km


def sensor_error(
    velocity: Float[Tensor, "branch period"], survey: Survey, distance_km: float
) -> Float[Tensor, "branch period"]:
    """What :data:`CORNER_SHARE` of the sensor's group delay, about 0.225 T²/T0, does to a group velocity,
    km/s."""
    delay = 0.225 * survey.periods.square() / CORNER
    return velocity.square() * CORNER_SHARE * delay / distance_km


def path_error(survey: Survey, begin: StartingModel) -> Float[Tensor, "branch period"]:
    """How far a path over two crusts is from a path over their average, as a fraction of the velocity.

    Times add along a path, 1/U = f/U_ocean + (1 - f)/U_continent, and U is far from linear in the thickness
    of the crust.
    The root mean square of the difference over :data:`OCEAN_SHARES` is what one column cannot explain.
    """
    physics = Physics(survey, begin.depth)
    with torch.no_grad():
        one = physics(begin.reference.stack())
        ocean, continent = (1.0 / physics(column) for column in two_crusts(begin.reference))
    shares = torch.tensor(OCEAN_SHARES, dtype=torch.float64)[:, None, None]
    two = 1.0 / (shares * ocean + (1.0 - shares) * continent)
    return (two / one - 1.0).square().mean(0).sqrt()


def two_crusts(
    reference: LayeredModel,
) -> tuple[Float[Tensor, "3 depth"], Float[Tensor, "3 depth"]]:
    """The reference's mantle under an oceanic crust (to 11 km, with water and sediment) and a continental
    one (to 36 km).

    Velocities and densities are round values of either kind of crust (vp, vs, rho; bottom in km).
    """
    ocean = ((3.0, (1.45, 0.0, 1.02)), (5.0, (5.0, 2.7, 2.55)), (11.0, (6.8, 3.8, 2.95)))
    continent = ((20.0, (5.9, 3.45, 2.72)), (36.0, (6.7, 3.85, 2.92)))
    return _on_mantle(reference, ocean), _on_mantle(reference, continent)


def _on_mantle(reference: LayeredModel, crust: tuple) -> Float[Tensor, "3 depth"]:
    column, depth = reference.stack().clone(), reference.depth
    first = int((depth >= MOHO - 1e-6).nonzero()[0])
    column[:, :first] = column[:, first : first + 1]
    for bottom, values in reversed(crust):
        column[:, depth < bottom - 1e-6] = torch.tensor(values, dtype=torch.float64)[:, None]
    return column
