"""Normalisation in time: one weight shared by the components of a station.

A weight that is a function of the length of the motion's vector alone does not change when the components are turned,
so that rotating before or after it is the same, and the ratio of the components, hence ellipticity, is kept. For a
station with one component, ``one-bit`` is the sign.
"""

import numpy as np
from numpy.typing import NDArray

from seisgrad.noise.settings import Settings

Real = NDArray[np.float64]


def normalise(samples: Real, weight: Real, settings: Settings) -> Real:
    """The motion times one weight per time, which tames earthquakes and bursts.

    Args:
        samples: ``[component, time]``.
        weight: 0 where there are no data, 1 where there are, ``[time]``.
        settings: ``normalisation``, ``window`` and ``clip``.

    Source: Bensen et al. (2007), section 2.1, here for vectors.
    """
    if settings.normalisation == "none":
        return samples
    length = np.sqrt((samples**2).sum(0))
    tiny = np.finfo(float).tiny
    if settings.normalisation == "one-bit":
        # the faded edges of a gap stay faded
        return samples * (weight / np.maximum(length, tiny))
    if settings.normalisation == "clip":
        there = length[weight > 0.5]
        most = settings.clip * float(np.median(there)) if len(there) else 0.0
        return samples * (np.minimum(length, most) / np.maximum(length, tiny))
    window = 0.5 / settings.band[0] if settings.window is None else settings.window
    mean = _running_mean(length, weight, max(1, round(window * settings.sampling)))
    return samples * (weight / np.maximum(mean, tiny))


def _running_mean(values: Real, weight: Real, number: int) -> Real:
    """Mean of ``values`` over ``number`` samples to either side, where the weight lets them count."""
    total, count = (_running_sum(series, number) for series in (values, weight))
    return total / np.maximum(count, 1e-3)


def _running_sum(values: Real, number: int) -> Real:
    summed = np.concatenate(([0.0], np.cumsum(values)))
    place = np.arange(len(values))
    return summed[np.minimum(place + number + 1, len(values))] - summed[np.maximum(place - number, 0)]
