"""Clocks and polarities of stations, from shifts and signs of pairs that must close around every triangle.

A clock of B that runs ``e`` seconds late, so that what it records seems to come later, moves C_AB(t) to later lags by
``e``, one of A to earlier ones. The shifts of all pairs, ``e_B − e_A``, are too many to be made by anything but clocks,
and determine these but for a common error. Likewise the signs of pairs are products of those of their stations.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor

from seisgrad.noise.correlations import Correlations

Real = NDArray[np.float64]

_ROUNDS = 20
_LEAST_STATIONS = 6
_FINER = 16  # steps of a shift per sample


def shift_between(
    wave: Float[Tensor, "*batch lag"], reference: Float[Tensor, "*batch lag"], interval: float, most: float
) -> tuple[Float[Tensor, "*batch"], Float[Tensor, "*batch"]]:
    """By how many seconds ``wave`` is later than ``reference``, at most ``most``, and the correlation there, −1 to 1.

    The correlation of the two is interpolated to a sixteenth of a sample; the extreme of its absolute value counts, so
    that a wave of opposite sign has the correlation −1.
    """
    number = wave.shape[-1]
    wave, reference = wave.double().nan_to_num(0.0), reference.double().nan_to_num(0.0)
    spectrum = torch.fft.rfft(wave, 2 * number) * torch.fft.rfft(reference, 2 * number).conj()
    fine = torch.fft.irfft(spectrum, 2 * number * _FINER) * _FINER
    reach = int(most / interval * _FINER)
    near = torch.cat([fine[..., -reach:], fine[..., : reach + 1]], -1) if reach else fine[..., :1]
    length = wave.norm(dim=-1) * reference.norm(dim=-1)
    best = near.abs().argmax(-1, keepdim=True)
    alike = near.gather(-1, best)[..., 0] / length.clamp_min(torch.finfo(torch.float64).tiny)
    return (best[..., 0] - reach).double() * (interval / _FINER), alike


def lateness(pairs: Sequence[tuple[int, int]], shift: Real, weight: Real, stations: int) -> tuple[Real, Real]:
    """How late every station's clock is, from the shifts of pairs, s; the median station is right.

    Args:
        pairs: numbers of A and B.
        shift: of each pair, s.
        weight: of each, 0 where it has none.
        stations: how many.

    Returns:
        Lateness ``[station]``, NaN without a pair, and how far the shift of each pair is from closing, s ``[pair]``.
        Least absolute deviations, by reweighted least squares, so that a bad pair does not spoil the others.
    """
    rows = np.zeros((len(pairs), stations))
    for row, (a, b) in enumerate(pairs):
        rows[row, a], rows[row, b] = -1.0, 1.0
    lone = (np.abs(rows) * (weight > 0)[:, None]).sum(0) == 0
    late = _least_deviations(rows, shift, weight)
    late[lone] = np.nan
    if not lone.all():
        late -= float(np.nanmedian(late))
    return late, shift - rows @ np.nan_to_num(late)


def _least_deviations(rows: Real, values: Real, weight: Real) -> Real:
    """What makes the sum of weighted absolute misfits least, the smallest of all that do."""
    trust, found = weight.copy(), np.zeros(rows.shape[1])
    for _ in range(_ROUNDS):
        found = np.linalg.lstsq(rows * trust[:, None], values * trust, rcond=1e-9)[0].astype(np.float64)
        trust = weight / np.sqrt(np.maximum(np.abs(values - rows @ found), 1e-3))
    return found


def signs(pairs: Sequence[tuple[int, int]], alike: Real, stations: int) -> Real:
    """The sign of every station, of which those of pairs are products; that of most stations is 1.

    Args:
        pairs: numbers of A and B.
        alike: how well each pair agrees with what it should be, −1 to 1.
        stations: how many.

    Returns:
        1, −1, or 0 without a pair, ``[station]``: the signs of the leading eigenvector of the matrix of pairs.
    """
    matrix = np.zeros((stations, stations))
    for (a, b), value in zip(pairs, alike, strict=True):
        matrix[a, b] = matrix[b, a] = value
    vector = np.linalg.eigh(matrix)[1][:, -1]
    found = np.where(np.abs(matrix).sum(0) > 0, np.sign(vector), 0.0)
    return found if found.sum() >= 0 else -found


def lateness_by_asymmetry(correlations: Correlations, most: float) -> tuple[list[str], Real, float]:
    """Clocks from the two sides of stacked correlations, which noise from all around makes mirror images.

    Noise that comes from one side alone shifts all pairs as a plane wave does, which closes like clocks whose error is
    linear in the place. So what is linear in the place is taken out, and at least six stations are needed.

    Args:
        correlations: of kind ``C``, not folded, with the component ``ZZ``.
        most: largest error sought, s.

    Returns:
        Names of the stations, how late each is, s, ``[station]``, and the scatter of what neither clocks nor a plane
        wave explains, s; no station where there are fewer than six.

    Raises:
        InputError: of another kind.
    """
    correlations.require("C", to="compare both lags")
    places = {place.name: place for pair in correlations.pairs for place in (pair.a, pair.b)}
    names = sorted(places)
    if len(names) < _LEAST_STATIONS:
        return [], np.zeros(0), 0.0
    numbers = [(names.index(pair.a.name), names.index(pair.b.name)) for pair in correlations.pairs]
    wave = correlations.of("ZZ")
    twice, alike = shift_between(wave, wave.flip(-1), correlations.interval, 2 * most)
    late, misfit = lateness(numbers, 0.5 * twice.numpy(), alike.clamp_min(0).square().numpy(), len(names))
    spots = np.array([(1.0, places[name].latitude, places[name].longitude) for name in names])
    spots[:, 1:] -= spots[:, 1:].mean(0)
    late = np.nan_to_num(late)
    late -= spots @ _least_deviations(spots, late, np.ones(len(names)))
    return names, late, float(np.median(np.abs(misfit)) + np.median(np.abs(late)))
