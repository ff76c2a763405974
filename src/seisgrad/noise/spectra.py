"""Green's functions along a line as the spectra that an elastic inversion takes.

The phase of kind ``EGF2D``, −kr − π/2 on ZZ, is that of the upward displacement by an upward unit line force, so the
quantity is displacement, whether the instruments recorded displacement or velocity. ZR is the radial displacement by
that force, +χ times i of it: along +x where B lies at larger x than A, against it otherwise. RZ, the vertical motion at
B by a radial force at A, is by reciprocity the radial motion at A by a vertical force at B. A point's near field, which
a line source has not, adds 1/(8 kr) to the phase of ZZ and −3/(8 kr) to that of ZR; it is taken out with the k of the
reference velocity.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from seisgrad.elastic import Spectra, Survey
from seisgrad.errors import InputError
from seisgrad.noise.correlations import Correlations
from seisgrad.noise.line import Line
from seisgrad.noise.reference import Reference
from seisgrad.noise.signal import Velocities, require_velocities, signal_quality

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]

_NOTHING = complex(np.nan, np.nan)
_NEAR = {"ZZ": -0.125, "ZR": 0.375, "RZ": 0.375}
"""Over kr, rad: what takes from a point's wave, H0² or H1² of kr, the phase that it has near the source and that a line
source's has not."""
_FLANK = 1.0  # periods over which the window of arrivals is faded in and out, on either side of it


@dataclass(frozen=True, eq=False)
class LineSpectra:
    """Spectra for an inversion and what was left out.

    Attributes:
        spectra: unit amplitudes; NaN where a rule leaves a record out.
        left_out: how many records each rule leaves out; a record may break several.
    """

    spectra: Spectra
    left_out: dict[str, int]


def spectra_along(
    egf: Correlations,
    line: Line,
    frequencies: Float[Tensor, " frequency"],
    *,
    reference: Reference,
    velocities: Velocities = (1.0, 5.0),
    wavelengths: float = 1.5,
    lowest_snr: float = 3.0,
) -> LineSpectra:
    """Spectra of unit amplitude of every station as a source at every other, by a vertical force.

    Args:
        egf: of kind ``EGF2D``; ``ZZ`` gives the vertical component, ``ZR`` and ``RZ`` the horizontal one.
        line: where the stations lie.
        frequencies: Hz, ``[frequency]``.
        reference: phase velocity by which wavelengths are counted and the near field is taken out.
        velocities: slowest and fastest group velocity, km/s: what arrives outside is faded out.
        wavelengths: least distance.
        lowest_snr: least signal over noise, where that can be told.

    Returns:
        Spectra with a deviation where the Green's functions have bootstrap replicates.

    Raises:
        InputError: another kind, no ``ZZ``, a station that is not on the line, or nothing left.
    """
    egf.require("EGF2D", to="fill a section")
    require_velocities(velocities)
    if "ZZ" not in egf.components:
        raise InputError(
            f"the components are {', '.join(egf.components)}, expected ZZ, and perhaps ZR and RZ"
        )
    survey = Survey(line.x, line.x, frequencies, force="vertical", quantity="displacement")
    hertz, shape = survey.frequencies.numpy(), survey.space.shape[:-1]
    values, spread = np.full(shape, _NOTHING), np.full(shape, np.nan)
    near, quiet = (np.zeros(shape, dtype=bool) for _ in range(2))
    order = np.argsort(1 / hertz)
    ratio = signal_quality(egf, (1 / hertz)[order], velocities).snr.numpy()[..., np.argsort(order)]
    for number, pair in enumerate(egf.pairs):
        a, b = line.between(pair)
        window = _window(np.asarray(egf.lag), pair.distance, hertz, velocities)
        length = reference.at(1 / hertz) / hertz
        short = pair.distance < wavelengths * length
        for name in ("ZZ", "ZR", "RZ"):
            if name not in egf.components:
                continue
            at = egf.components.index(name)
            phasor, error = _phasor(egf, number, at, window)
            phasor = phasor * np.exp(1j * _NEAR[name] * length / (2 * np.pi * pair.distance))
            rightward = float(np.sign(float(line.x[b] - line.x[a])))
            for source, component, receiver, sign in _uses(name, a, b, rightward):
                place = (source, slice(None), component, receiver)
                values[place], spread[place] = sign * phasor, error
                near[place], quiet[place] = short, ratio[number, at] < lowest_snr
    there = np.isfinite(values)
    left_out = {"too_near": int((near & there).sum()), "low_snr": int((quiet & there).sum())}
    values[near | quiet] = _NOTHING
    if not np.isfinite(values).any():
        told = ", ".join(f"{name} {number}" for name, number in left_out.items())
        raise InputError(
            f"no record is left ({told}), expected pairs of {wavelengths:g} wavelengths and {lowest_snr:g} times the "
            "noise: take higher frequencies, longer pairs, or less strict rules"
        )
    parts = torch.view_as_real(torch.from_numpy(values))
    deviation = None if egf.replicates is None else torch.from_numpy(spread)
    return LineSpectra(Spectra(survey, parts, deviation), left_out)


def _uses(name: str, a: int, b: int, rightward: float) -> list[tuple[int, int, int, float]]:
    """Source, component (0 vertical, 1 along the line), receiver and sign that a component of a pair gives."""
    if name == "ZZ":
        return [(a, 0, b, 1.0), (b, 0, a, 1.0)]
    return [(a, 1, b, rightward)] if name == "ZR" else [(b, 1, a, rightward)]


def _window(lag: Real, distance: float, frequencies: Real, velocities: Velocities) -> Complex:
    """Fourier kernel times the window of arrivals, ``[frequency, lag]``: the sum over lags is the spectrum."""
    period = 1 / frequencies[:, None]
    before = (distance / velocities[1] - lag) / (_FLANK * period)
    after = (lag - distance / velocities[0]) / (_FLANK * period)
    passed = 0.5 * (1 + np.cos(np.pi * np.clip(np.maximum(before, after), 0, 1)))
    return np.asarray(passed * np.exp(-2j * np.pi * frequencies[:, None] * lag), dtype=np.complex128)


def _phasor(egf: Correlations, pair: int, component: int, window: Complex) -> tuple[Complex, Real]:
    """The spectrum with unit amplitude, and the standard deviation of each of its parts, ``[frequency]`` each."""

    def unit(rows: Tensor) -> Complex:
        spectrum = rows.double().numpy() @ window.T
        size = np.abs(spectrum)
        size[size == 0] = np.nan
        return spectrum / size

    found = unit(egf.values[pair, component])
    if egf.replicates is None:
        return found, np.full(len(found), np.nan)
    others = unit(egf.replicates[:, pair, component])
    return found, np.sqrt(0.5 * np.nanmean(np.abs(others - found) ** 2, axis=0))
