"""How good a trained network of sources is, how wide its answers must be and what it knows: measured, and written into
its card."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from seisgrad.config import from_mapping
from seisgrad.dataset.splits import Split, generator
from seisgrad.nn import weights
from seisgrad.source.conformal import STRATA, Conformal, calibrate
from seisgrad.source.earths import HELD_OUT, OTHER
from seisgrad.source.familiar import seen
from seisgrad.source.gather import Gather, joined
from seisgrad.source.greens import GreensBank, settings_of
from seisgrad.source.kagan import kagan_angle
from seisgrad.source.moment_tensor import from_basis
from seisgrad.source.prior import Prior
from seisgrad.source.randomisation import Randomisation
from seisgrad.source.surrogate import FARTHEST, SourceNet
from seisgrad.source.task import Draws, truth

COVERAGE = 0.9
"""Share of answers that are to hold the truth."""
_BATCH = 256
_STREAM = 2**31  # no process of a training has this number: its draws and these cannot meet


class Found(NamedTuple):
    """Errors of a network on events.

    Attributes:
        kagan: degrees.
        magnitude: absolute.
        expected: Kagan angle that the network expected, degrees.
        stations: of each event.
    """

    kagan: Float[Tensor, " event"]
    magnitude: Float[Tensor, " event"]
    expected: Float[Tensor, " event"]
    stations: Int[Tensor, " event"]


def errors_on(network: SourceNet, draws: Draws, number: int, split: Split, seed: int = 0) -> Found:
    """The errors on so many events that no training has drawn."""
    rows = (errors_of(network, *some) for some in _events(draws, number, split, seed))
    return Found(*(torch.cat(column) for column in zip(*rows, strict=True)))


def errors_of(network: SourceNet, gather: Gather, moment: Float[Tensor, "event 6"]) -> Found:
    """The errors on a batch of events with these moment tensors."""
    with torch.no_grad():
        said = network.network(gather.to(torch.float32))
    true = truth(moment)
    angle = kagan_angle(from_basis(said.mechanism.double()), from_basis(true["mechanism"].double()))
    size = (said.magnitude - true["size"]).abs().double()
    return Found(angle, size, said.log_error.exp().double(), gather.present.sum(-1))


def calibrate_card(folder: Path, draws: Draws, number: int, seed: int = 0) -> None:
    """Add to a card how wide answers must be, under ``conformal``, and what the network knows, under ``range``.

    Args:
        folder: of a trained network.
        draws: as for its training.
        number: of events, drawn anew.
        seed: of the draws.
    """
    found = errors_on(SourceNet(folder), draws, number, "validation", seed)
    of = {"coverage": COVERAGE, "fewest": STRATA}
    balls = {
        "kagan": calibrate(found.kagan, found.expected, found.stations, limit=FARTHEST, **of),
        "magnitude": calibrate(found.magnitude, torch.ones_like(found.magnitude), found.stations, **of),
    }
    drawn = [gather for gather, _ in _events(draws, number, "validation", seed)]
    entries = {
        "conformal": {name: ball.to_dict() for name, ball in balls.items()},
        "range": seen(joined(drawn)),
    }
    pair = weights.files(folder)
    pair.annotate(pair.read_record() | entries)


def complete_card(
    folder: Path, bank: Path, number: int, tell: Callable[[str], None] = lambda text: None
) -> list[dict[str, Any]]:
    """Calibrate a trained network and measure it: through the earths of its training, those held out, and others.

    Args:
        folder: of a network that learned from a :class:`~seisgrad.source.prior.Prior`.
        bank: Green's functions of the models of the training and of whichever others are to be judged.
        number: of events, for the calibration and for each group of earths.
        tell: what is being done, for a progress bar.

    Returns:
        The errors, as :func:`measure` does.
    """
    data = weights.files(folder).read_record()["data"]
    randomisation = from_mapping(Randomisation, data["randomisation"], f"{folder}: randomisation")
    there = [name for name in settings_of(bank)["models"] if name not in data["models"]]
    groups = {"training": data["models"], "held-out": [name for name in HELD_OUT if name in there]}
    groups |= {name.replace("_", "-"): [name] for name in OTHER if name in there}

    def prior(models: Sequence[str]) -> Prior:
        # an earth that is not of the training is met as it is, one velocity model for all stations
        mixed = randomisation.mixed if models == data["models"] else 0.0
        return Prior(GreensBank.open(bank, models), replace(randomisation, mixed=mixed))

    tell("calibrate")
    calibrate_card(folder, prior(groups["training"]), number)
    return measure(
        folder, {name: partial(prior, models) for name, models in groups.items() if models}, number, tell
    )


def measure(
    folder: Path,
    cases: Mapping[str, Callable[[], Draws]],
    number: int,
    tell: Callable[[str], None] = lambda text: None,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """Errors and coverage on test events by case and number of stations, added to the card under ``errors``.

    Args:
        folder: of a trained and calibrated network.
        cases: where events come from, by name; made one after another, for each may fill much memory.
        number: of events of each.
        tell: what is being done, for a progress bar.
        seed: of the draws.

    Returns:
        The entry.
    """
    network, rows = SourceNet(folder), []
    ball = Conformal.from_dict(network.card["conformal"]["kagan"])
    for name, make in cases.items():
        tell(name)
        found = errors_on(network, make(), number, "test", seed)
        inside = found.kagan <= ball.radius(found.expected, found.stations)
        for low, high in zip(ball.fewest, (*ball.fewest[1:], None), strict=True):
            of = (found.stations >= low) & (found.stations < (high or torch.inf))
            if of.any():
                some = Found(*(column[of] for column in found))
                rows.append({"case": name, "stations": low, **summary_of(some, inside[of])})
    pair = weights.files(folder)
    pair.annotate(pair.read_record() | {"errors": rows})
    return rows


def summary_of(found: Found, inside: Bool[Tensor, " event"]) -> dict[str, float]:
    """Number, mean and median Kagan angle, error of the magnitude, and the share of events inside of their balls."""
    numbers = {
        "kagan_mean_deg": found.kagan.mean(),
        "kagan_median_deg": found.kagan.median(),
        "mw_mae": found.magnitude.mean(),
        "coverage_90": inside.double().mean(),
    }
    return {"events": len(inside)} | {name: round(float(value), 4) for name, value in numbers.items()}


def _events(draws: Draws, number: int, split: Split, seed: int) -> Iterator[tuple[Gather, Tensor]]:
    for index, start in enumerate(range(0, number, _BATCH)):
        yield draws.draw(min(_BATCH, number - start), generator(seed, split, index, _STREAM))
