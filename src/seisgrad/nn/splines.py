"""Cubic B-splines on an interval: a smooth, local, well-conditioned set of functions for a network to combine."""

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from scipy.interpolate import BSpline
from torch import Tensor

from seisgrad.errors import InputError

_DEGREE = 3


def cubic_splines(
    at: Float[Tensor, " point"], low: float, high: float, number: int, derivative: bool = False
) -> Float[Tensor, "point spline"]:
    """Values (or first derivatives) of ``number`` cubic B-splines with equally spaced knots on [``low``, ``high``].

    The splines sum to one everywhere; the first alone reaches ``low``, the last alone ``high``. Points outside the
    interval are held at its ends.

    Raises:
        InputError: fewer than four splines, or an empty interval.
    """
    if number < _DEGREE + 1 or not high > low:
        raise InputError(
            f"{number} splines on [{low:g}, {high:g}] do not exist, expected at least 4 on an interval"
        )
    ends = np.linspace(low, high, number - _DEGREE + 1)
    knots = np.r_[[low] * _DEGREE, ends, [high] * _DEGREE]
    place = np.clip(at.detach().double().numpy(), low, high)
    return torch.from_numpy(_table(place, knots, number, int(derivative)))


def _table(place: NDArray[np.float64], knots: NDArray[np.float64], number: int, order: int) -> NDArray:
    spline = BSpline(knots, np.eye(number), _DEGREE, extrapolate=False)
    return np.ascontiguousarray(spline(place, nu=order))
