"""How fine a grid and how short a step the waves need: the measured rule and the stability limit.

The error of the scheme is dispersion: waves on the grid run a little too slow, by a share that depends only on the
cells per wavelength, so that the relative error of a spectrum grows with the distance in wavelengths. The time step
adds none (:mod:`seisgrad.acoustic.readout`). ``benchmarks/acoustic_accuracy.py`` measures it;
docs/acoustic has the figures.
"""

import math

from seisgrad.acoustic.waves import CRITICAL_COURANT
from seisgrad.errors import InputError

TOLERANCE = 0.01
"""Largest relative error of a spectrum that the rule allows, after :data:`DISTANCE` wavelengths."""

DISTANCE = 40.0
"""Wavelengths over which :data:`TOLERANCE` holds."""

# Eighth-order differences of a plane wave along the grid, its worst direction.
_COEFFICIENTS = (1225 / 1024, -245 / 3072, 49 / 5120, -5 / 7168)

#: Share of the largest stable time step that is taken by default: room for jumps of density.
_SAFETY = 0.9


def dispersion_error(cells: float, wavelengths: float) -> float:
    """Relative error of a spectrum at ``cells`` per wavelength after so many wavelengths: the phase it loses."""
    half = math.pi / cells
    derivative = sum(c * math.sin((2 * i + 1) * half) for i, c in enumerate(_COEFFICIENTS))
    return 2.0 * math.pi * wavelengths * abs(1.0 - derivative / half)


def least_cells() -> float:
    """The fewest cells per shortest wavelength that keep the rule."""
    low, high = 2.0, 32.0
    while high - low > 1e-6:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if dispersion_error(middle, DISTANCE) > TOLERANCE else (low, middle)
    return high


def choose_refine(spacing: float, slowest: float, highest: float, refine: int | None) -> int:
    """Fine cells per cell of the grid.

    Args:
        spacing: of the grid, km.
        slowest: the lowest velocity, km/s.
        highest: the highest frequency, Hz.
        refine: what the user wants, None for the least that keeps the rule.

    Raises:
        InputError: a refine that is no positive whole number, or too coarse for the rule.
    """
    wavelength = slowest / highest
    least = math.ceil(least_cells() * spacing / wavelength - 1e-9)
    if refine is None:
        return least
    if refine < 1:
        raise InputError(f"refine is {refine!r}, expected a whole number of at least 1")
    if refine < least:
        raise InputError(
            f"refine {refine} gives {wavelength * refine / spacing:.2f} cells per shortest wavelength "
            f"({slowest:g} km/s at {highest:g} Hz), expected at least {least_cells():.2f}; refine {least} will do"
        )
    return refine


def choose_time_step(spacing: float, fastest: float, time_step: float | None) -> float:
    """The time step, s: nine tenths of the largest stable one unless the user gives one.

    Args:
        spacing: of the fine grid, km.
        fastest: the highest velocity, km/s.
        time_step: what the user wants, s.

    Raises:
        InputError: a step that is not positive or not stable.
    """
    largest = CRITICAL_COURANT * spacing / (math.sqrt(2.0) * fastest)
    if time_step is None:
        return _SAFETY * largest
    if not 0.0 < time_step <= largest:
        raise InputError(
            f"time_step is {time_step!r} s, expected more than 0 and at most {largest:.4g} s: beyond it waves at "
            f"{fastest:g} km/s on cells of {spacing:.4g} km grow without bound"
        )
    return float(time_step)
