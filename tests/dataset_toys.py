"""A recipe that needs no physics: samples are made in no time, or as slowly as a test needs."""

import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from seisgrad.dataset.recipe import Arrays, Field, Recipe
from seisgrad.dataset.simulation import simulate
from seisgrad.dataset.splits import Split, generator
from seisgrad.operator import Space


@dataclass(frozen=True)
class ToyRecipe(Recipe):
    """Random numbers and their squares; a draw below a tenth is rejected."""

    seed: int
    pause: float = 0.0

    system = "toy"

    def settings(self) -> Mapping[str, Any]:
        return {"seed": self.seed}

    def fields(self) -> Mapping[str, Field]:
        space = Space("numbers", ("place",), (5,), "km", {"place": (0.0, 0.5, 1.0, 1.5, 2.0)})
        return {
            "draw": Field(space, "float64", "random numbers"),
            "square": Field(
                Space("square", ("word",), (1,), "km2", {"word": ("sum",)}), "float32", "squares"
            ),
        }

    def make(self, split: Split, first: int, number: int) -> tuple[Arrays, Counter[str]]:
        time.sleep(self.pause)
        rejected: Counter[str] = Counter()
        draws = np.empty((number, 5))
        for i in range(number):
            rng = generator(self.seed, split, first + i)
            draws[i] = rng.random(5)
            while draws[i, 0] < 0.1:
                rejected["too small"] += 1
                draws[i] = rng.random(5)
        squares = (draws**2).sum(-1, keepdims=True).astype(np.float32)
        return {"draw": draws, "square": squares}, rejected


if __name__ == "__main__":
    simulate(ToyRecipe(7, pause=0.05), 200, sys.argv[1], shard=8, workers=1)
