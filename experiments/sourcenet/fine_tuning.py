"""A trained network in a new region: tuned on labelled events, and how much a division that parts sequences flatters.

    python experiments/sourcenet/fine_tuning.py --bank greens.zarr

The region is synthetic, with what the network has not met: the crust is GIL7, with slow sediments, attenuation reaches
twice as far as in the training, and all picks are late or early by the same shares of the travel times of P and of S.
The events of a sequence share their place, paths, stations and the flaws of these, and nearly the mechanism. Three
hundred labelled events, twenty sequences among them, are divided by groups, and, for comparison, one by one; each way
a network is tuned from the shipped one and judged on its own test events, and on events of the same region from
sequences that it has never seen, which say what is true. Writes results/fine_tuning.csv, a row per division, seed and
case.
"""

import argparse
import csv
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch import Tensor

from seisgrad.report.provenance import write_record
from seisgrad.source import GreensBank, Randomisation, draws, pulses
from seisgrad.source.conformal import Conformal
from seisgrad.source.error_card import summary_of
from seisgrad.source.fine_tuning import Tuning, TuningTask, divided_events
from seisgrad.source.gather import Gather, joined
from seisgrad.source.labelled import Labelled
from seisgrad.source.moment_tensor import from_plane, magnitude, moment_of_magnitude, scalar_moment
from seisgrad.source.prior import Prior
from seisgrad.source.surrogate import SHIPPED, SourceNet
from seisgrad.source.tuning_card import finish_card, found_on
from seisgrad.source.tuning_config import USUAL
from seisgrad.training import Settings, fit

RESULTS = Path(__file__).parent / "results" / "fine_tuning.csv"
DAY = 86_400.0
#: What the events of a sequence have in common.
COMMON = {
    *(
        "model",
        "columns",
        "depth",
        "mechanism",
        "stations",
        "number",
        "dropout",
        "region",
        "components",
        "flipped",
    ),
    *("site", "component", "attenuation", "coda", "coda time", "epicentre", "depth error"),
}
#: What all events of the region have in common.
REGIONAL = {"pick scaling"}
SCATTER = 10.0  # degrees by which strike, dip and rake of a sequence differ


class Shared:
    """Random numbers by name, some of a sequence and some of an event alone."""

    def __init__(self, sequence: int, event: int) -> None:
        self._seeds = {True: (1, sequence), False: (2, sequence, event)}

    def __call__(self, name: str) -> np.random.Generator:
        """The generator of this name."""
        if name in REGIONAL:
            return np.random.default_rng([0, *name.encode()])
        return np.random.default_rng([*self._seeds[name in COMMON], *name.encode()])


class Region(Prior):
    """A crust with sequences of earthquakes."""

    def sequence(
        self, sequence: int, size: int
    ) -> tuple[list[Gather], list[Tensor], list[tuple[float, float, float]]]:
        """Gathers, moment tensors; time (s), latitude and longitude of the events of a sequence."""
        rng = np.random.default_rng([3, sequence])
        # most faults of a region move one way
        strike, dip, rake = (
            (rng.normal(320, 25), rng.normal(82, 8), rng.normal(180, 20))
            if rng.random() < 0.7
            else (rng.uniform(0, 360), rng.uniform(20, 70), rng.uniform(-180, 180))
        )
        begin, latitude, longitude = rng.uniform(0, 3650), rng.uniform(32, 37), rng.uniform(-122, -114)
        gathers, moments, places = [], [], []
        days = np.concatenate([[0.0], np.cumsum(rng.exponential(0.5, size - 1))])
        for k in range(size):
            angles = np.array([strike, dip, rake]) + (SCATTER * rng.standard_normal(3) if k else 0.0)
            angles[1] = np.clip(angles[1], 5, 90)
            size_of_it = moment_of_magnitude(torch.tensor(rng.uniform(3.0, 5.0), dtype=torch.float64))
            moment = from_plane(*torch.from_numpy(angles), moment=float(size_of_it))
            gathers.append(self._record(Shared(sequence, k), moment))
            moments.append(moment)
            north, east = rng.normal(0, 2.0, 2) if k else (0.0, 0.0)
            places.append((DAY * (begin + days[k]), latitude + north / 111.2, longitude + east / 93.0))
        return gathers, moments, places

    def _record(self, streams: Shared, moment: Tensor) -> Gather:
        """One event of a sequence: its draws, with this moment tensor."""
        settings = self.randomisation
        event = draws.event(1, len(self.models), self.bank, settings, streams)  # type: ignore[arg-type]
        size = scalar_moment(moment)
        long = event.duration * pulses.duration(size) / pulses.duration(moment_of_magnitude(event.magnitude))
        event = event._replace(moment=moment[None], magnitude=magnitude(size)[None], duration=long)
        network = draws.network(event, self.bank, settings, streams)  # type: ignore[arg-type]
        windows, recorded, _ = self._records(event, network, streams)  # type: ignore[arg-type]
        said = (network.said_distance[0], network.said_azimuth[0], network.place[0], event.said_depth[0])
        return Gather(windows, recorded, *(x.float() for x in said))


def catalogue(region: Region, sizes: list[int], first: int) -> Labelled:
    """Labelled events of so many sequences."""
    gathers, moments, places, names = [], [], [], []
    for k, size in enumerate(sizes):
        found = region.sequence(first + k, size)
        gathers += found[0]
        moments += found[1]
        places += found[2]
        names += [f"{first + k}.{n}" for n in range(size)]
    time, latitude, longitude = torch.tensor(places, dtype=torch.float64).unbind(-1)
    return Labelled(
        tuple(names), joined([g.batch for g in gathers]), torch.stack(moments), time, latitude, longitude
    )


def divided_singly(events: Labelled, tuning: Tuning, seed: int) -> dict[str, np.ndarray]:
    """Events one by one, whatever they belong to."""
    order = np.random.default_rng([4, seed]).permutation(len(events.names))
    test, check = (round(share * len(order)) for share in (tuning.test, tuning.validation))
    return {"test": order[:test], "validation": order[test : test + check], "train": order[test + check :]}


def main() -> None:
    """Make the region, tune and judge."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--bank", type=Path, required=True, help="Green's functions of all models")
    asked.add_argument("--operator", default="default", help="the network that is tuned")
    asked.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    asked.add_argument("--new", type=int, default=600, help="events that say what is true")
    asked.add_argument("--epochs", type=int, default=USUAL["epochs"])
    asked.add_argument("--learning-rate", type=float, default=USUAL["learning_rate"])
    chosen = asked.parse_args()
    torch.set_num_threads(1)
    bank = GreensBank.open(chosen.bank, ("gil7",))
    region = Region(bank, Randomisation(stations=(8, 24), attenuation=0.12, mixed=0.0))
    sizes = [int(n) for n in np.random.default_rng(5).integers(6, 19, 20)]
    events = catalogue(region, sizes + [1] * (300 - sum(sizes)), 0)
    new = catalogue(region, [1] * chosen.new, 10_000)
    every = np.arange(len(new.names))
    rows = []

    def keep(division: str, seed: int, case: str, numbers: dict) -> None:
        rows.append({"division": division, "seed": seed, "case": case, **numbers})
        print(rows[-1], flush=True)

    before = SourceNet(SHIPPED.folder(chosen.operator))
    keep("none", 0, "new events", judged(before, new, every))
    tuning = Tuning()
    for seed in chosen.seeds:
        for division, parts in (
            ("groups", divided_events(events, tuning, seed)),
            ("event by event", divided_singly(events, tuning, seed)),
        ):
            task = TuningTask(events, chosen.operator, tuning, parts=parts)
            settings = Settings(
                **{**USUAL, "epochs": chosen.epochs, "learning_rate": chosen.learning_rate, "seed": seed}
            )
            with TemporaryDirectory() as folder:
                fit(task, settings, Path(folder))
                for row in finish_card(Path(folder), task):
                    keep(
                        division,
                        seed,
                        row["case"],
                        {k: v for k, v in row.items() if k not in ("case", "stations")},
                    )
                keep(division, seed, "new events", judged(SourceNet(Path(folder)), new, every))
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    write_record(RESULTS)


def judged(network: SourceNet, events: Labelled, index: np.ndarray) -> dict:
    """Errors, and how many lie within the ball of the card."""
    found = found_on(network, events, index)
    ball = Conformal.from_dict(network.card["conformal"]["kagan"])
    return summary_of(found, found.kagan <= ball.radius(found.expected, found.stations))


if __name__ == "__main__":
    main()
