"""The dataset of this system: events drawn at random, as stations recorded them and as they were."""

import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from seisgrad.dataset.recipe import Arrays, Field, Recipe
from seisgrad.dataset.splits import Split, generator
from seisgrad.operator import Space
from seisgrad.source.drawn import Events
from seisgrad.source.gather import COMPONENTS, PHASES, SAMPLES, SAMPLING
from seisgrad.source.greens import GreensBank, settings_of
from seisgrad.source.moment_tensor import COMPONENTS as MOMENT
from seisgrad.source.noise_records import read_noise
from seisgrad.source.prior import Prior
from seisgrad.source.randomisation import Randomisation

#: Events made and written together.
SHARD = 256
#: Events that come from one generator: so many at a time are much faster than one by one.
TOGETHER = 64


@dataclass(frozen=True)
class SourceRecipe(Recipe):
    """Gathers, moment tensors and the truth behind them, of a bank of Green's functions on disk.

    Event ``i`` of a split is the event ``i % 64`` of the generator ``i // 64``, whoever draws it: splits, seeds and
    groups of 64 share no draw. Every event has places for as many stations as may be drawn.

    Args:
        bank: its path.
        models: of the bank, from which events are drawn.
        seed: of the dataset, 0 to 2³² - 1.
        randomisation: what varies.
        noise: folder of records of noise; empty for noise by Peterson's models. Splits draw from the same records.

    Raises:
        InputError: no bank there, one without a model asked for, or a seed that cannot be.
    """

    bank: str
    models: tuple[str, ...]
    seed: int
    randomisation: Randomisation = field(default_factory=Randomisation)
    noise: str = ""

    system = "source"

    def __post_init__(self) -> None:
        generator(self.seed, "train", 0)  # refuses a seed that cannot be

    def settings(self) -> dict[str, Any]:
        """Seed, what is drawn, and checksums of the Green's functions and of recorded noise."""
        return {"seed": self.seed, **_description(self)}

    def fields(self) -> Mapping[str, Field]:
        """``windows`` and the rest of the gather, ``moment``, and the truth."""
        stations = self.randomisation.stations[1]
        time = tuple((np.arange(SAMPLES) - SAMPLES // 2) / SAMPLING)
        named = {"phase": PHASES, "component": COMPONENTS, "time": time}
        axes = ("station", "phase", "component", "time")
        windows = Space("velocity", axes, (stations, 2, 3, SAMPLES), "m/s", named)
        recorded = Space("recorded", ("station", "component"), (stations, 3), "1", {"component": COMPONENTS})
        moment = Space("moment tensor", ("entry",), (6,), "N m", {"entry": MOMENT})
        each = Space("station", ("station",), (stations,), "km")
        angle = Space("station", ("station",), (stations,), "degree")
        picks = Space("pick error", ("station", "phase"), (stations, 2), "s", {"phase": PHASES})
        place = Space("place", ("station", "coordinate"), (stations, 2), "degree")
        return {
            "windows": Field(windows, "float32", "ground velocity around the picks of P and S; 0 where none"),
            "recorded": Field(recorded, "bool", "which components a station has; none: there is no station"),
            "distance": Field(each, "float32", "from the epicentre as it is believed to be"),
            "azimuth": Field(angle, "float32", "from the believed epicentre, clockwise from north"),
            "place": Field(place, "float32", "longitude and latitude of the station"),
            "depth": Field(_number("km"), "float32", "of the source as it is believed to be"),
            "moment": Field(moment, "float64", "moment tensor, north-east-down"),
            "model": Field(_number("1"), "int32", "index of the velocity model among those of the settings"),
            "true_depth": Field(_number("km"), "float32", "of the source"),
            "true_distance": Field(each, "float32", "from the true epicentre"),
            "true_azimuth": Field(angle, "float32", "from the true epicentre"),
            "magnitude": Field(_number("1"), "float32", "moment magnitude"),
            "duration": Field(_number("s"), "float32", "of the source"),
            "late": Field(picks, "float32", "how much later than the wave a pick is"),
            "drawn": Field(_number("1"), "int32", "stations before any dropped out"),
        }

    def make(self, split: Split, first: int, number: int) -> tuple[Arrays, Counter[str]]:
        """Events from the groups in which they are, each group whole."""
        prior = _prior(self)
        groups = range(first // TOGETHER, (first + number - 1) // TOGETHER + 1)
        with torch.no_grad():
            made = [self._arrays(prior.events(TOGETHER, generator(self.seed, split, g))) for g in groups]
        skip = first - groups[0] * TOGETHER
        joined = {name: np.concatenate([arrays[name] for arrays in made]) for name in made[0]}
        return {name: values[skip : skip + number] for name, values in joined.items()}, Counter()

    def _arrays(self, events: Events) -> Arrays:
        """With as many places for stations as any event may need."""
        truth = events.truth
        values = {
            **events.gather._asdict(),
            "moment": events.moment,
            "model": truth.model,
            "true_depth": truth.depth,
            "true_distance": truth.distance,
            "true_azimuth": truth.azimuth,
            "magnitude": truth.magnitude,
            "duration": truth.duration,
            "late": truth.late,
            "drawn": truth.drawn,
        }
        arrays = {}
        for name, kind in self.fields().items():
            array = values[name].numpy().astype(kind.dtype)
            if kind.space.axes[:1] == ("station",):
                missing = kind.space.shape[0] - array.shape[1]
                array = np.pad(array, [(0, 0), (0, missing)] + [(0, 0)] * (array.ndim - 2))
            arrays[name] = array
        return arrays


def _number(unit: str) -> Space:
    return Space("number", (), (), unit)


@lru_cache(maxsize=1)
def _prior(recipe: SourceRecipe) -> Prior:
    """Read once by every process."""
    noise = read_noise(recipe.noise) if recipe.noise else None
    return Prior(GreensBank.open(recipe.bank, recipe.models), recipe.randomisation, noise=noise)


@lru_cache(maxsize=1)
def _description(recipe: SourceRecipe) -> dict[str, Any]:
    """Model by model, so that no more than one is in memory."""
    found = settings_of(recipe.bank)
    banks = ((name, GreensBank.open(recipe.bank, [name])) for name in recipe.models)
    return {
        "models": {name: zlib.crc32(bank.traces.numpy().tobytes()) for name, bank in banks},
        **{key: found[key] for key in ("depths", "distances", "band")},
        "randomisation": asdict(recipe.randomisation),
        "noise": read_noise(recipe.noise).checksum if recipe.noise else "Peterson (1993)",
    }
