"""The events of the sourcenet experiment, what the paper says of its own, and errors as lines of the table.

The paper (arXiv:2601.06320) tests on real events of Southern California, whose records are not open data of this
project; what stands beside its numbers here are synthetic events through earths that no training has seen.
"""

import functools
import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool
from torch import Tensor

from seisgrad.report.reproduce.table import Line
from seisgrad.source.earths import HELD_OUT, TRAIN, with_attenuation
from seisgrad.source.greens import GreensBank
from seisgrad.source.judging import Errors, judge
from seisgrad.source.kagan import kagan_angle
from seisgrad.source.layered import Column
from seisgrad.source.moment_tensor import random_double_couples
from seisgrad.source.prior import Prior
from seisgrad.source.randomisation import Randomisation
from seisgrad.source.surrogate import SourceNet

EXPERIMENT = "sourcenet"
SEED = 260106320
"""Of the events of the table."""
ANY = (1, 1000)
_GUESSES = 200_000


class Group(NamedTuple):
    """Events through some earths.

    Attributes:
        name: of the group.
        models: velocity models that events are drawn from.
        stations: fewest and most of the events that are judged.
        mixed: whether stations of an event may lie on different columns, as in the training.
    """

    name: str
    models: tuple[str, ...]
    stations: tuple[int, int] = (15, 24)
    mixed: bool = False


GROUPS = (
    Group("held-out", HELD_OUT, ANY),
    Group("hadley-kanamori", ("hadley_kanamori",)),
    Group("gil7", ("gil7",)),
    Group("ak135", ("ak135",)),
    Group("training-columns", TRAIN),
    Group("as-trained", TRAIN, ANY, mixed=True),
)
"""Events are drawn as in the training, and those with other numbers of stations left out afterwards."""


class Case(NamedTuple):
    """A row of the table.

    Attributes:
        name: of the case.
        group: of events.
        words: what it is.
        stations: fewest and most.
        gap: least and largest azimuthal gap, degrees.
        paper: its number by metric.
    """

    name: str
    group: str
    words: str
    stations: tuple[int, int] = ANY
    gap: tuple[float, float] = (0.0, 360.0)
    paper: Mapping[str, float] = {}

    def of(self, found: Errors) -> Bool[Tensor, " event"]:
        """Which events of the group belong to it."""
        low, high = self.stations
        inside = (found.stations >= low) & (found.stations <= high)
        return inside & (found.gap > self.gap[0]) & (found.gap <= self.gap[1])


_ALL = {"kagan_mean_deg": 23.9, "kagan_median_deg": 19.7, "mw_mae": 0.10}
CASES = (
    Case("15-24", "held-out", "three columns of CRUST1.0 held out, 15 to 24 stations", (15, 24)),
    Case(
        "10-14",
        "held-out",
        "10 to 14 stations; the paper: 10 to 15",
        (10, 14),
        paper={"kagan_mean_deg": 26.7},
    ),
    Case("6-10", "held-out", "6 to 10 stations", (6, 10)),
    Case("4-5", "held-out", "4 or 5 stations", (4, 5)),
    Case("25-40", "held-out", "25 to 40 stations", (25, 40)),
    Case("gap>180", "held-out", "azimuthal gap above 180°", ANY, (180.0, 360.0), {"kagan_mean_deg": 32.7}),
    Case("gap<=180", "held-out", "azimuthal gap of at most 180°", ANY, (0.0, 180.0)),
    Case("all", "held-out", "4 to 40 stations; the paper: its 244 real events", ANY, paper=_ALL),
    Case("hadley-kanamori", "hadley-kanamori", "Hadley & Kanamori (1977), 15 to 24 stations", (15, 24)),
    Case("gil7", "gil7", "GIL7, with slow sediments on top, 15 to 24 stations", (15, 24)),
    Case("ak135", "ak135", "the mean of the continents, two layers of crust, 15 to 24 stations", (15, 24)),
    Case("training-columns", "training-columns", "the columns of the training, 15 to 24 stations", (15, 24)),
    Case("as-trained", "as-trained", "drawn exactly as in the training, 4 to 40 stations", ANY),
)
PAPER: dict[str, float] = {
    "deepsets": 35.7,
    "without-mixing": math.nan,
    "models-1": 27.4,
    "without-coda": 28.5,
    "without-noise": 29.7,
    "clean": 40.4,
}
"""Mean Kagan angles that the paper gives for its own variants on its 244 events; other events than ours."""


def elsewhere() -> dict[str, Column]:
    """Earths of :data:`GROUPS` that have no name in :mod:`seisgrad.source.earths`: the crust of ak135 (Kennett,
    Engdahl & Buland 1995) over its uppermost mantle."""
    crust = np.array([20.0, 15.0, 0.0]), np.array([5.8, 6.5, 8.04]), np.array([3.46, 3.85, 4.48])
    return {"ak135": with_attenuation(*crust, np.array([2.72, 2.92, 3.32]))}


def prior_of(bank: Path, group: Group) -> Prior:
    """Where the events of a group come from: all that the training varies, but one earth per event."""
    return _prior(bank, group.models, group.mixed)


@functools.lru_cache(
    maxsize=1
)  # one experiment after another asks for the same events; a second one may not fit
def _prior(bank: Path, models: tuple[str, ...], mixed: bool) -> Prior:
    usual = Randomisation()
    return Prior(GreensBank.open(bank, models), usual if mixed else replace(usual, mixed=0.0))


def errors_on(
    group: Group,
    networks: Mapping[str, SourceNet],
    bank: Path,
    number: int,
    folder: Path | None = None,
    tell: Callable[[str], None] = lambda text: None,
) -> dict[str, Errors]:
    """Errors of networks on the events of a group.

    Args:
        group: of events.
        networks: by name.
        bank: Green's functions of its models.
        number: of events that are drawn.
        folder: where errors are kept and found again, under the digest of weights and draws.
        tell: how far it is.
    """
    files = (
        {name: kept_file(folder, group, network, number) for name, network in networks.items()}
        if folder
        else {}
    )
    found = {name: _read(file) for name, file in files.items() if file.is_file()}
    missing = {name: network for name, network in networks.items() if name not in found}
    if missing:
        prior = prior_of(bank, group)
        new = judge(missing, prior, number, SEED, group.stations, lambda done: tell(f"{done} events"))
        for name, errors in new.items():
            if folder:
                _write(files[name], errors)
        found |= new
    return {name: found[name] for name in networks}


def case_lines(operator: str, case: Case, found: Errors) -> list[Line]:
    """``kagan_mean_deg``, ``kagan_median_deg``, ``mw_mae`` and ``coverage_90`` of the events of one case."""
    of = case.of(found)
    number = int(of.sum())
    if not number:
        return []
    kagan, off = found.kagan[of], found.magnitude[of]
    inside = torch.where(found.radius[of].isfinite(), (kagan <= found.radius[of]).double(), torch.nan)
    numbers = {
        "kagan_mean_deg": (kagan.mean(), kagan),
        "kagan_median_deg": (kagan.quantile(0.5), kagan),
        "mw_mae": (off.mean(), off),
        "coverage_90": (inside.mean(), None),
    }
    lines = []
    for metric, (value, spread) in numbers.items():
        if value.isfinite():
            paper = case.paper.get(metric, math.nan)
            lines.append(
                Line(operator, case.name, metric, float(value), number, 0, paper, *_percentiles(spread))
            )
    return lines


def random_lines() -> list[Line]:
    """What a random guess comes to."""
    one, other = (random_double_couples(_GUESSES, torch.Generator().manual_seed(seed)) for seed in (1, 2))
    angle = kagan_angle(one, other)
    return [
        Line(
            "random",
            "any",
            "kagan_mean_deg",
            float(angle.mean()),
            _GUESSES,
            0,
            math.nan,
            *_percentiles(angle),
        ),
        Line("random", "any", "kagan_median_deg", float(angle.quantile(0.5)), _GUESSES, 0),
    ]


def _percentiles(values: Tensor | None) -> tuple[float, float, float]:
    if values is None:
        return math.nan, math.nan, math.nan
    p05, median, p95 = values.quantile(values.new_tensor([0.05, 0.5, 0.95])).tolist()
    return median, p05, p95


def kept_file(folder: Path, group: Group, network: SourceNet, number: int) -> Path:
    """Where :func:`errors_on` keeps errors: under all that they depend on."""
    settings = {
        "group": group._asdict(),
        "randomisation": asdict(Randomisation()),
        "number": number,
        "seed": SEED,
        "weights": network.card["sha256"],
        "conformal": network.card.get("conformal"),
    }
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]
    return folder / f"{group.name}-{digest}.npz"


def _read(file: Path) -> Errors:
    with np.load(file) as data:
        return Errors(*(torch.from_numpy(data[name]) for name in Errors._fields))


def _write(file: Path, errors: Errors) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".draft")
    with draft.open("wb") as stream:
        np.savez_compressed(stream, **{k: v.numpy() for k, v in errors._asdict().items()})
    draft.replace(file)
