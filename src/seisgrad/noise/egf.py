"""From correlations to empirical Green's functions, and to those of a line source: each step once, in this order.

Noise from all sides correlates as C(ω) = J0(kr)·S(ω) between verticals, ±χ J1(kr)·S between the vertical and the radial
component. Folded, what arrives at positive lags goes as H0²(kr): far away with phase −kr + π/4. The Green's function
of a point is −dC/dt of it, −kr − π/4, and that of a line across the section, which a two-dimensional operator
calculates, is e^{−iπ/4} times this: −kr − π/2, the displacement by a force in its own direction.

Folding comes first: −dC/dt of a symmetric C is antisymmetric, and its folding is nothing.
"""

import math
from dataclasses import replace

import torch
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.noise.correlations import Correlations

SHIFT = math.pi / 4
"""Of the phase from the field of a point to that of a line, rad."""


def fold(correlations: Correlations) -> Correlations:
    """The mean of both lags; with R from A to B at both stations all components are even and fold with a + sign.

    Where one side is missing, NaN, so is the mean.

    Raises:
        InputError: of another kind than ``C``, or folded already.
    """
    correlations.require("C", to="fold")
    if correlations.folded:
        raise InputError("these correlations are folded already, expected lags on both sides of 0")
    middle = len(correlations.lag) // 2
    changed = correlations.each(lambda values: 0.5 * (values + values.flip(-1))[..., middle:])
    both = [correlations.values[..., middle:], correlations.values.flip(-1)[..., middle:]]
    changed["sides"] = torch.stack(both)
    return replace(correlations, lag=correlations.lag[middle:], folded=True, **changed)


def to_egf(correlations: Correlations) -> Correlations:
    """Empirical Green's functions −dC/dt of folded correlations.

    The derivative is exact to the Nyquist frequency: it is taken of the even continuation to negative lags, the first
    and last lag being where that is mirrored.

    Raises:
        InputError: of another kind than ``C``, or not folded yet.
    """
    correlations.require("C", to="make Green's functions")
    if not correlations.folded:
        raise InputError(
            "these correlations have both lags, expected folded ones: fold before −d/dt, not after"
        )

    def derived(values: Tensor) -> Tensor:
        both = torch.cat([values, values[..., 1:-1].flip(-1)], -1).double()
        frequency = torch.fft.rfftfreq(both.shape[-1], correlations.interval, dtype=torch.float64)
        slope = torch.fft.irfft(torch.fft.rfft(both) * 2j * torch.pi * frequency, both.shape[-1])
        return -slope[..., : values.shape[-1]].to(values.dtype)

    return replace(correlations, kind="EGF", **correlations.each(derived))


def to_two_dimensional(egf: Correlations) -> Correlations:
    """Empirical Green's functions of a line source: every positive frequency times e^{−iπ/4}.

    Amplitudes are left: those of noise do not tell a Green's function's.

    Raises:
        InputError: of another kind than ``EGF``.
    """
    egf.require("EGF", to="make those of a line source")

    def shifted(values: Tensor) -> Tensor:
        number = values.shape[-1]
        spectrum = torch.fft.rfft(
            values.double(), 2 * number
        )  # with as many zeros behind, that nothing wraps
        turn = complex(math.cos(SHIFT), -math.sin(SHIFT))
        return torch.fft.irfft(spectrum * turn, 2 * number)[..., :number].to(values.dtype)

    return replace(egf, kind="EGF2D", **egf.each(shifted))
