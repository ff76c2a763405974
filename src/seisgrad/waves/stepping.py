"""How fine a grid and how short a step a simulation takes: what the user wants, held against what the scheme needs."""

import math

from seisgrad.errors import InputError


def choose_refine(
    spacing: float, slowest: float, highest: float, least_cells: float, refine: int | None
) -> int:
    """Fine cells per cell of the grid.

    Args:
        spacing: of the grid, km.
        slowest: the lowest velocity, km/s.
        highest: the highest frequency, Hz.
        least_cells: the fewest fine cells per shortest wavelength.
        refine: what the user wants, None for the least that gives so many.

    Raises:
        InputError: a refine that is no positive whole number, or too coarse.
    """
    wavelength = slowest / highest
    least = math.ceil(least_cells * spacing / wavelength - 1e-9)
    if refine is None:
        return least
    if refine < 1:
        raise InputError(f"refine is {refine!r}, expected a whole number of at least 1")
    if refine < least:
        raise InputError(
            f"refine {refine} gives {wavelength * refine / spacing:.2f} cells per shortest wavelength "
            f"({slowest:g} km/s at {highest:g} Hz), expected at least {least_cells:.2f}; refine {least} will do"
        )
    return refine


def choose_time_step(
    spacing: float, fastest: float, critical: float, share: float, time_step: float | None
) -> float:
    """The time step, s: a share of the largest stable one unless the user gives one.

    Args:
        spacing: of the fine grid, km.
        fastest: the highest velocity, km/s.
        critical: the largest stable v Δt √2 / h of the scheme.
        share: of the largest stable step, room for jumps of density.
        time_step: what the user wants, s.

    Raises:
        InputError: a step that is not positive or not stable.
    """
    largest = critical * spacing / (math.sqrt(2.0) * fastest)
    if time_step is None:
        return share * largest
    if not 0.0 < time_step <= largest:
        raise InputError(
            f"time_step is {time_step!r} s, expected more than 0 and at most {largest:.4g} s: beyond it waves at "
            f"{fastest:g} km/s on cells of {spacing:.4g} km grow without bound"
        )
    return float(time_step)


def choose_duration(least: float, usual: float, duration: float | None) -> float:
    """The simulated time for spectra, s: ``usual`` unless the user gives one.

    Raises:
        InputError: not more than ``least``, or not finite.
    """
    if duration is None:
        return usual
    if not least < duration < math.inf:
        raise InputError(
            f"duration is {duration!r} s, expected more than {least:.3g} s, the pulse and the fading at the end"
        )
    return float(duration)
