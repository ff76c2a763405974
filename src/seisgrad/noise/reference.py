"""What phase velocity is expected: a band around a curve, which tells the branch where the phase leaves 2πn open."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seisgrad.dispersion import DispersionCurves, velocity
from seisgrad.dispersion.survey import Wave
from seisgrad.earth import LayeredModel
from seisgrad.errors import InputError

Real = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Reference:
    """A phase velocity curve, straight in ln T between its points and as at its ends beyond them.

    Args:
        period: s, increasing, ``[point]``.
        velocity: phase velocity, km/s, ``[point]``.
        band: relative standard deviation of what is expected around the curve.

    Raises:
        InputError: fewer than two points, periods that do not increase, or a velocity or band that is not positive.
    """

    period: Real
    velocity: Real
    band: float = 0.15

    def __post_init__(self) -> None:
        if self.period.ndim != 1 or self.period.shape != self.velocity.shape or len(self.period) < 2:
            raise InputError(
                f"a reference curve has {self.period.shape} periods and {self.velocity.shape} velocities, expected at "
                "least two of each"
            )
        if not (np.diff(self.period) > 0).all() or not (self.velocity > 0).all():
            raise InputError(
                "a reference curve has periods that do not increase or velocities that are not positive"
            )
        if not 0 < self.band < 1:
            raise InputError(f"band is {self.band!r}, expected a share of the velocity between 0 and 1")

    @classmethod
    def of_model(
        cls, model: LayeredModel, wave: Wave, periods: tuple[float, float], band: float = 0.15
    ) -> "Reference":
        """The fundamental mode of a layered model between two periods, s.

        Raises:
            InputError: a model in which no such mode exists at these periods.
        """
        period = np.geomspace(*periods, 40)
        found = velocity(model, period.tolist(), wave=wave).numpy()
        there = np.isfinite(found)
        if there.sum() < 2:
            raise InputError(
                f"the reference model has no fundamental {wave} mode from {periods[0]:g} to {periods[1]:g} s; give "
                "another"
            )
        return cls(period[there], found[there], band)

    @classmethod
    def of_curves(cls, curves: DispersionCurves, wave: Wave, band: float = 0.15) -> "Reference":
        """The mean over all sites of measured phase velocities of the fundamental mode.

        A period has the mean of the sites that were picked there, be they all or not.

        Raises:
            InputError: curves without phase velocities of that wave at two periods.
        """
        picks = curves.select(wave=wave, kind="phase", mode=0)
        period, which = np.unique(picks.period.numpy(), return_inverse=True)
        if len(period) < 2:
            raise InputError(
                f"the reference curves hold {len(period)} periods of the {wave} wave's phase velocity, expected two or "
                "more"
            )
        total, number = np.bincount(which, picks.velocity.numpy()), np.bincount(which)
        return cls(period, total / number, band)

    def at(self, period: Real) -> Real:
        """Phase velocity, km/s."""
        return np.interp(np.log(period), np.log(self.period), self.velocity)

    def over_group(self, period: Real) -> Real:
        """Phase over group velocity, 1 + d ln c/d ln T, by the slope over a fifth of the period to either side."""
        longer, shorter = self.at(1.2 * period), self.at(period / 1.2)
        return 1.0 + np.log(longer / shorter) / np.log(1.44)
