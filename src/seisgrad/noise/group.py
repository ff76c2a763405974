"""Group velocity on an empirical Green's function: the multiple-filter analysis of records, with A as source."""

import numpy as np
from numpy.typing import NDArray

from seisgrad._lazy import extra
from seisgrad.dispersion import Event, Measurement, Station, measure
from seisgrad.errors import InputError
from seisgrad.noise.bessel import WAVES
from seisgrad.noise.correlations import Correlations, Pair
from seisgrad.noise.signal import Velocities

Real = NDArray[np.float64]


def group_velocity(
    egf: Correlations,
    pair: int | str,
    component: str = "ZZ",
    *,
    periods: Real | None = None,
    velocities: Velocities = (1.0, 5.0),
    alpha: float | None = None,
) -> Measurement:
    """Group velocity of the fundamental mode between two stations.

    Args:
        egf: of kind ``EGF``.
        pair: its number or name.
        component: ``TT`` for Love waves, the others for Rayleigh waves.
        periods: s, increasing, ``[period]``; by default what :func:`seisgrad.dispersion.measure` takes.
        velocities: slowest and fastest group velocity to look at, km/s; the lags must span their arrivals.
        alpha: of the filters exp(-α((ω-ω₀)/ω₀)²), by default 8 to 100 as the path is long. Wide ones, of small alpha,
            hear less noise; narrow ones smooth the curve less.

    Raises:
        InputError: another kind; a component without a wave; no values; lags that are too short; or periods that cannot
            be measured at this sampling.
    """
    egf.require("EGF", to="measure velocities")
    if component not in WAVES:
        raise InputError(f"component is {component!r}, expected one with a wave: {', '.join(WAVES)}")
    one = egf.select([pair], [component])
    row = one.values[0, 0].double().numpy()
    if not np.isfinite(row).all():
        raise InputError(f"there is no {component} of {one.pairs[0].name}")
    return measured(row, one.interval, one.pairs[0], component, periods, velocities, alpha)


def measured(
    row: Real,
    interval: float,
    pair: Pair,
    component: str,
    periods: Real | None,
    velocities: Velocities,
    alpha: float | None,
) -> Measurement:
    """The measurement on lags from 0 on, ``[lag]``, as on a record whose origin time is lag 0."""
    with extra("records"):
        from obspy import Trace, UTCDateTime

    origin = UTCDateTime(0)
    wave = WAVES[component]
    letter = "Z" if wave == "rayleigh" else "T"  # of the component that the wave is measured on
    header = {"delta": interval, "starttime": origin, "station": pair.b.name, "channel": f"EG{letter}"}
    return measure(
        Trace(row, header),
        Event(pair.a.latitude, pair.a.longitude, 0.0, origin),
        Station(pair.b.latitude, pair.b.longitude),
        wave,
        periods=None if periods is None else periods.tolist(),
        velocities=velocities,
        alpha=alpha,
    )
