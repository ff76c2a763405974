"""The derivative of a network of sources, records to moment tensor, beside that of the linear-Gaussian inverses.

Records d = G m + noise have the exact inverse (Gᵀ C⁻¹ G + C_m⁻¹)⁻¹ Gᵀ C⁻¹ d. Which G and C stand there says what is
known: G of the very earth and C of noise alone; or the mean G over all that the stations cannot know, and in C the
scatter of the records about it besides. A network that learned from records through many earths should be near the
last and not near the first.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.operator import Operator, jacobian
from seisgrad.source.gather import COMPONENTS, PHASES, Gather
from seisgrad.source.kagan import kagan_angle
from seisgrad.source.linear_inverses import Noise, linear_inverse, own_frame, scatter_covariance
from seisgrad.source.moment_tensor import from_basis, magnitude, scalar_moment, to_basis
from seisgrad.source.redraws import Case, Redraws

KNOWN, MEAN, UNKNOWN, COUPLES = (
    "known earth",
    "one earth",
    "unknown earth",
    "unknown earth, double couples",
)
NETWORK = "network"
#: Parts of the records.
PARTS = ("all", *(f"{component} of {phase}" for phase in PHASES for component in COMPONENTS))
#: How a derivative agrees with another.
METRICS = ("cosine", "relative_l2", "ratio")
_DRAWS, _TESTS = 320, 64  # of what stations cannot know: for the covariance, and to judge on
_PINNED = 1e-3  # of its size that a double couple may deviate into a CLVD
_OF_TURN = torch.tensor(
    [1.0, 0.5, 1.0], dtype=torch.float64
)  # rad of turn per share of the norm: about T, B, P
_OF_SIZE = 2.0 / (3.0 * math.log(10.0))  # of magnitude per share


class Judged(NamedTuple):
    """What one inverse does with one event.

    Attributes:
        inverse: its name.
        derivative: coefficients per m/s over ‖m‖, ``[5, station, phase, component, time]``.
        resolution: what it makes of a unit change of the moment tensor in each of the directions of
            :data:`~seisgrad.source.linear_inverses.DIRECTIONS`, in the same.
        noise_turn: standard deviation of the mechanism by noise alone, degrees of turn.
        noise_magnitude: the same of the magnitude.
        kagan: angles between its answers to redrawn records and the truth, degrees; none for an inverse of one earth
            that the redraws do not have.
        wrong_magnitude: of the same answers.
    """

    inverse: str
    derivative: Float[Tensor, "5 station phase component time"]
    resolution: Float[Tensor, "5 5"]
    noise_turn: float
    noise_magnitude: float
    kagan: Float[Tensor, " draw"]
    wrong_magnitude: Float[Tensor, " draw"]


class Compared(NamedTuple):
    """One event: the network and every exact inverse.

    Attributes:
        group: of earths.
        records: ``clean`` or ``as recorded``.
        event: number within the group.
        stations: how many.
        moment: N·m.
        judged: the network first.
        agreement: of the network's derivative with those of the exact inverses, by inverse and metric, ``[part]``.
        scatter: the same of what they make of the scatter of redrawn records.
    """

    group: str
    records: str
    event: int
    stations: int
    moment: Float[Tensor, " 6"]
    judged: tuple[Judged, ...]
    agreement: dict[tuple[str, str], Float[Tensor, " part"]]
    scatter: dict[tuple[str, str], float]


def compare(
    at: Callable[[Gather], Operator],
    groups: Mapping[str, Redraws],
    believed: Redraws,
    number: int,
    tell: Callable[[str], None] = lambda text: None,
    seed: int = 20261,
) -> list[Compared]:
    """Audit a network on events of some groups of earths, each without noise and errors, and as recorded.

    Args:
        at: the network as an operator for the stations of one event.
        groups: where events come from, by name.
        believed: what the exact inverse of the unknown earth takes to be possible: as in the training.
        number: of events of each group.
        tell: how far it has come, for a progress bar.
        seed: of the draws.
    """
    found, noise = [], Noise(believed.randomisation)
    for g, (group, earths) in enumerate(groups.items()):
        for k in range(number):
            tell(f"{g * number + k + 1} of {len(groups) * number} events")
            for records in ("clean", "as recorded"):
                case = earths.case(np.random.default_rng([seed, g, k]), clean=records == "clean")
                judged = _judged(at(case.gather), case, believed, earths, noise, (seed, g, k), records)
                found.append(Compared(group, records, k, len(case.gather.distance), case.moment, *judged))
    return found


def _judged(
    network: Operator,
    case: Case,
    believed: Redraws,
    earths: Redraws,
    noise: Noise,
    place: Sequence[int],
    records: str,
) -> tuple[tuple[Judged, ...], dict[tuple[str, str], Tensor], dict[tuple[str, str], float]]:
    """The network and the exact inverses of one event."""
    norm = float(to_basis(case.moment).norm())
    truth, frame = to_basis(case.moment) / norm, own_frame(case.moment)
    exact = norm * case.matrix
    alone = noise.covariance(exact @ truth)
    weak = torch.ones(5, dtype=torch.float64)
    derivatives = {
        NETWORK: _derivative(network, case, norm),
        KNOWN: linear_inverse(exact, alone, weak, frame),
    }
    tests = None
    if records != "clean":
        redrawn = norm * believed.matrices(case, _DRAWS, np.random.default_rng([*place, 1]))
        mean = redrawn.mean(0)
        both = alone + scatter_covariance((redrawn - mean) @ truth)
        pinned = torch.tensor([1.0, 1.0, 1.0, 1.0, _PINNED], dtype=torch.float64)
        derivatives[MEAN] = linear_inverse(mean, alone, weak, frame)
        derivatives[UNKNOWN] = linear_inverse(mean, both, weak, frame)
        derivatives[COUPLES] = linear_inverse(mean, both, pinned, frame)
        tests = earths.windows(case, _TESTS, np.random.default_rng([*place, 2])).double()
    answers = {} if tests is None else _answers(network, derivatives, tests, norm)
    judged = tuple(
        _one(name, derivative, exact, alone, frame, case.moment, answers.get(name))
        for name, derivative in derivatives.items()
    )
    return judged, _agreement(derivatives), {} if tests is None else _in_scatter(derivatives, tests)


def _derivative(
    network: Operator, case: Case, norm: float
) -> Float[Tensor, "5 station phase component time"]:
    """Of a network at the records of a case, where something was recorded."""
    rows = jacobian(network, case.gather.windows.double())
    return to_basis(rows.movedim(0, -1)).movedim(-1, 0) * case.gather.recorded[:, None, :, None] / norm


def _answers(
    network: Operator, derivatives: Mapping[str, Tensor], tests: Tensor, norm: float
) -> dict[str, Tensor]:
    """Moment tensors ``[draw, 6]`` of redrawn records; the inverse of one known earth knows none of these."""
    with torch.no_grad():
        said = {NETWORK: network(tests)}
    for name in set(derivatives) - {NETWORK, KNOWN}:
        coefficients = torch.einsum("bsctx,dsctx->db", derivatives[name], tests)
        said[name] = from_basis(norm * coefficients)
    return said


def _one(
    name: str,
    derivative: Float[Tensor, "5 station phase component time"],
    exact: Float[Tensor, "station phase component time 5"],
    noise: Float[Tensor, "station sample sample"],
    frame: Float[Tensor, "5 direction"],
    moment: Float[Tensor, " 6"],
    answers: Float[Tensor, "draw 6"] | None,
) -> Judged:
    resolution = frame.mT @ torch.einsum("asctx,sctxb->ab", derivative, exact) @ frame
    rows = derivative.flatten(2)
    spread = frame.mT @ torch.einsum("asn,snm,bsm->ab", rows, noise, rows) @ frame
    turns = (spread.diagonal()[1:4] * _OF_TURN.square()).sum().sqrt()
    nothing = moment.new_zeros(0)
    size = magnitude(scalar_moment(moment))
    return Judged(
        name,
        derivative,
        resolution,
        math.degrees(float(turns)),
        _OF_SIZE * float(spread[0, 0].sqrt()),
        nothing if answers is None else kagan_angle(answers, moment.expand_as(answers)),
        nothing if answers is None else (magnitude(scalar_moment(answers)) - size).abs(),
    )


def _agreement(derivatives: Mapping[str, Tensor]) -> dict[tuple[str, str], Float[Tensor, " part"]]:
    """The network's derivative beside each exact one, as they are."""
    own = _parts(derivatives[NETWORK])
    return {
        (name, metric): values
        for name in derivatives
        if name != NETWORK
        for metric, values in zip(METRICS, _metrics(own, _parts(derivatives[name])), strict=True)
    }


def _in_scatter(derivatives: Mapping[str, Tensor], tests: Tensor) -> dict[tuple[str, str], float]:
    """What the network's derivative and the exact ones make of records that differ from their mean."""
    apart = tests - tests.mean(0)
    seen = {
        name: torch.einsum("bsctx,dsctx->bd", derivative, apart).flatten()[None]
        for name, derivative in derivatives.items()
        if name != KNOWN
    }
    return {
        (name, metric): float(values[0])
        for name in seen
        if name != NETWORK
        for metric, values in zip(METRICS, _metrics(seen[NETWORK], seen[name]), strict=True)
    }


def _metrics(a: Float[Tensor, "part entry"], b: Float[Tensor, "part entry"]) -> tuple[Tensor, ...]:
    """The :data:`METRICS` of each part."""
    lengths = a.norm(dim=-1), b.norm(dim=-1)
    cosine = (a * b).sum(-1) / (lengths[0] * lengths[1])
    return cosine, (a - b).norm(dim=-1) / lengths[1], lengths[0] / lengths[1]


def _parts(derivative: Float[Tensor, "5 station phase component time"]) -> Float[Tensor, "part entry"]:
    """All of it, then each component of each phase, zeros elsewhere."""
    parts = [derivative]
    for phase in range(len(PHASES)):
        for component in range(len(COMPONENTS)):
            part = torch.zeros_like(derivative)
            part[:, :, phase, component] = derivative[:, :, phase, component]
            parts.append(part)
    return torch.stack(parts).flatten(1)
