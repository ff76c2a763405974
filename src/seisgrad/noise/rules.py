"""Rules against picks: a flag word for programs, and one sentence with the numbers for people."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seisgrad.dispersion import Flag, Measurement
from seisgrad.dispersion.quality import CYCLES, LOWEST_SNR

Real = NDArray[np.float64]
Mask = NDArray[np.bool_]

DETECTED = 5.0
"""Signal over noise that noise alone seldom reaches at any of its periods: the envelope of a normal deviate once in
e^(25/2) independent samples."""
_STEADY = 0.1
_OFF = 3.0  # bands around the reference
_APART = 3.0  # standard deviations between the phase and the zero crossings


@dataclass(frozen=True)
class Rule:
    """What speaks against a pick.

    Attributes:
        flag: its word.
        broken: at which periods, ``[period]``.
        sentence: what is wrong at one of them, with the value found and the one expected.
    """

    flag: str
    broken: Mask
    sentence: Callable[[int], str]


def judged(rules: Sequence[Rule], number: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The flags of every period, ``ok`` where there are none, and their sentences, empty there."""
    broken = [[rule for rule in rules if rule.broken[i]] for i in range(number)]
    flags = tuple(", ".join(rule.flag for rule in some) or "ok" for some in broken)
    return flags, tuple("; ".join(rule.sentence(i) for rule in some) for i, some in enumerate(broken))


def unsteady(held: Mask, steady: Real) -> Rule:
    """The phase cannot be followed there; ``[period]`` each."""

    def sentence(i: int) -> str:
        if not held[i]:
            return (
                "the phase jumps between here and the periods at which it is steady, and cannot be followed"
            )
        return f"{100 * steady[i]:.0f} % of the amplitude behind the filter is in phase, expected {100 * _STEADY:.0f} %"

    return Rule("unsteady", ~(held & (steady > _STEADY)), sentence)


def no_zero(kr: Real) -> Rule:
    """A crossing that is no zero of the Bessel function, ``[crossing]``."""
    return Rule(
        "unsteady",
        ~np.isfinite(kr),
        lambda i: "the crossing is a quarter wave or more from where the curve has a zero: noise",
    )


def too_near(cycles: Real, least: float) -> Rule:
    """Too few wavelengths, ``[period]``; nothing where their number is not known."""
    return Rule(
        "too_near",
        cycles < least,
        lambda i: f"the stations are {cycles[i]:.2f} wavelengths apart, expected {least:g}",
    )


def low_snr(snr: Real, least: float) -> Rule:
    """Too much noise at this period, ``[period]``."""
    return Rule("low_snr", snr < least, lambda i: f"signal over noise is {snr[i]:.2g}, expected {least:g}")


def no_wave(snr: Real, number: int) -> Rule:
    """Nothing that noise alone could not do, at any of the periods looked at, ``[period]``; ``number`` are judged."""
    told = snr[np.isfinite(snr)]
    most = float(told.max()) if len(told) else np.inf
    return Rule(
        "no_wave",
        np.full(number, most < DETECTED),
        lambda i: (
            f"signal over noise is {most:.2g} at the best of all periods, expected {DETECTED:g}, which noise "
            "alone seldom reaches"
        ),
    )


def no_branch(doubt: Real, least: float) -> Rule:
    """No number of waves at all, ``[period]``."""
    return Rule(
        "no_branch",
        ~np.isfinite(doubt),
        lambda i: (
            f"by the reference the stations are {least:g} wavelengths apart at no period that was followed, so that "
            "the number of waves is unknown"
        ),
    )


def off_band(velocity: Real, expected: Real, band: float) -> Rule:
    """Far from the reference, km/s, ``[period]`` both."""
    off = np.log(velocity / expected)
    return Rule(
        "off_band",
        np.abs(off) > _OFF * band,
        lambda i: (
            f"{velocity[i]:.3g} km/s is {100 * np.expm1(off[i]):+.0f} % off the {expected[i]:.3g} km/s of the "
            f"reference, expected up to {100 * np.expm1(_OFF * band):.0f} %"
        ),
    )


def ambiguous(doubt: Real, highest: float) -> Rule:
    """Another number of waves is too likely, ``[period]``."""
    return Rule(
        "ambiguous",
        doubt > highest,
        lambda i: (
            f"another number of waves is right with a probability of {100 * doubt[i]:.0f} %, expected up to "
            f"{100 * highest:.0f} %"
        ),
    )


def zeros_differ(differ: Real, deviation: Real, surer: Mask) -> Rule:
    """Zero crossings are counted more surely and come to another phase.

    Args:
        differ: waves, ``[period]``.
        deviation: standard deviation of this, waves, ``[period]``.
        surer: where the count of the crossings is surer than the phase, ``[period]``.
    """
    return Rule(
        "zeros_differ",
        surer & (np.abs(differ) > _APART * deviation),
        lambda i: (
            f"zero crossings of the spectrum differ by {differ[i]:+.2f} waves and are counted more surely, "
            f"expected up to {_APART * deviation[i]:.2f}"
        ),
    )


def of_group(found: Measurement) -> tuple[str, ...]:
    """The flags of a group velocity as a sentence for every period, empty where there are none."""
    snr, cycles = found.snr.tolist(), (found.distance_km / (found.velocity * found.period)).tolist()
    words = {
        Flag.LOW_SNR: lambda i: f"signal over noise is {snr[i]:.2g}, expected {LOWEST_SNR:g}",
        Flag.MULTIPATH: lambda i: "another arrival is as strong, or interferes with this one",
        Flag.DISCONTINUITY: lambda i: (
            "the ridge of the image jumps, or goes on over less than a filter's width"
        ),
        Flag.EDGE_OF_WINDOW: lambda i: f"{found.velocity[i]:.3g} km/s is at the end of the window looked at",
        Flag.FEW_CYCLES: lambda i: f"the stations are {cycles[i]:.2f} wavelengths apart, expected {CYCLES:g}",
        Flag.FILTER_UNSTABLE: lambda i: "the time of arrival depends on the width of the filter",
        Flag.OFF_PERIOD: lambda i: "the filter holds the energy of another period",
        Flag.POLARISATION: lambda i: "the motion is not mainly transverse",
    }
    return tuple(
        "; ".join(sentence(i) for flag, sentence in words.items() if flag & int(value))
        for i, value in enumerate(found.flags.tolist())
    )
