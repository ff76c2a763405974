"""What an instrument makes of ground velocity: its response, checked against its own sensitivity, as smooth numbers."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seisgrad._lazy import extra
from seisgrad.errors import InputError

if TYPE_CHECKING:
    from obspy.core.inventory import Response

Real = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

_POINTS = 60  # per decade of frequency, at which a response is evaluated before it is interpolated
_DISAGREE = 0.05  # relative, between the sensitivity that is stated and the one that the stages make
_LEAST = 1e-2  # of the response at 1 Hz; where it is less, dividing by it shows the noise of the recorder


class Counts(NamedTuple):
    """Counts per m/s.

    Attributes:
        at: of frequencies between those asked for, Hz.
        lowest: Hz from which on it is large enough to divide by.
        doubt: one sentence where the response was not taken as it stands, else empty.
    """

    at: Callable[[Real], ComplexArray]
    lowest: float
    doubt: str


def counts_per_velocity(response: "Response | None", band: tuple[float, float]) -> Counts:
    """The response between two frequencies, Hz.

    Where the stages together miss the stated sensitivity though their gains make it, the filters of the recorder are
    written wrongly (their coefficients in another order, for example). Below a fifth of the sampling rate such filters
    do nothing, so the sensor alone is taken, at the stated sensitivity.

    Raises:
        InputError: no response, one that cannot be evaluated, or one that contradicts itself.
    """
    if response is None or not response.response_stages:
        raise InputError("its response is missing in the StationXML: add it")
    nodes = np.geomspace(*band, max(16, int(_POINTS * math.log10(band[1] / band[0]))))
    stated = response.instrument_sensitivity
    factor, last, doubt = 1.0, None, ""
    if stated is not None and stated.value and stated.frequency:
        made = _size(response, stated.frequency)
        if not abs(made / stated.value - 1) < _DISAGREE:
            gain = math.prod(stage.stage_gain or 1.0 for stage in response.response_stages)
            if not abs(gain / stated.value - 1) < _DISAGREE:
                raise InputError(
                    f"its response contradicts itself: {made:.4g} counts per unit at {stated.frequency:g} Hz by its "
                    f"stages, {stated.value:.4g} as stated: check its StationXML"
                )
            last = 1
            factor = stated.value / _size(response, stated.frequency, last)
            doubt = (
                f"the filters in its response make {made / stated.value:.3g} times the stated sensitivity at "
                f"{stated.frequency:g} Hz: they are left out, and the sensor taken at the stated sensitivity"
            )
    values = factor * _evaluate(response, nodes, last)
    if not np.isfinite(values).all() or np.abs(values).min() == 0:
        raise InputError("its response is zero or not finite within the band: check its StationXML")
    return Counts(_between(nodes, values), _lowest(nodes, np.abs(values)), doubt)


def _size(response: "Response", frequency: float, last: int | None = None) -> float:
    """Counts per unit of what the sensor feels, as a sensitivity is stated."""
    return float(np.abs(_evaluate(response, np.array([frequency]), last, "DEF"))[0])


def _evaluate(
    response: "Response", frequency: Real, last: int | None = None, of: str = "VEL"
) -> ComplexArray:
    """Counts per ``of`` after the stage ``last``, or after all."""
    with extra("records"):
        from obspy.core.util.obspy_types import ObsPyException

    try:
        return response.get_evalresp_response_for_frequencies(
            frequency, output=of, end_stage=last, hide_sensitivity_mismatch_warning=True
        )
    except (ValueError, LookupError, AttributeError, TypeError, NotImplementedError, ObsPyException) as error:
        raise InputError(f"its response cannot be evaluated ({error}): check its StationXML") from error


def _between(nodes: Real, values: ComplexArray) -> Callable[[Real], ComplexArray]:
    """Interpolation of the logarithm, exact to 1e-5 for what instruments do inside their band."""
    from scipy.interpolate import CubicSpline

    curve = CubicSpline(np.log(nodes), np.log(np.abs(values)) + 1j * np.unwrap(np.angle(values)))
    return lambda frequency: np.exp(curve(np.log(frequency)))


def _lowest(nodes: Real, size: Real) -> float:
    """The first node from which on the response is not small against that at 1 Hz."""
    small = np.flatnonzero(size < _LEAST * np.interp(1.0, nodes, size))
    return float(nodes[small[-1] + 1]) if len(small) and small[-1] + 1 < len(nodes) else float(nodes[0])
