"""How fine a grid and how short a step the waves need: the measured rule and the stability limit.

The error of the scheme is dispersion: waves on the grid run a little too slow, by a share that depends only on the
cells per wavelength, so that the relative error of a spectrum grows with the distance in wavelengths. The time step
adds none (:mod:`seisgrad.acoustic.readout`). ``benchmarks/acoustic_accuracy.py`` measures it;
docs/acoustic has the figures.
"""

import math

TOLERANCE = 0.01
"""Largest relative error of a spectrum that the rule allows, after :data:`DISTANCE` wavelengths."""

DISTANCE = 40.0
"""Wavelengths over which :data:`TOLERANCE` holds."""

# Eighth-order differences of a plane wave along the grid, its worst direction.
_COEFFICIENTS = (1225 / 1024, -245 / 3072, 49 / 5120, -5 / 7168)


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
