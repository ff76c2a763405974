"""A small task for the tests of training, and a script: its arguments are FOLDER EPOCHS DEVICES CHECKPOINT_SECONDS."""

import csv
import sys
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import nn

from seisgrad.training import Settings, fit


class Toy:
    """Learn the sine of a sum, with a drawn noise and a dropout, so that every kind of random state counts."""

    def __init__(self, number: int = 160, noise: float = 0.05, slow: float = 0.0) -> None:
        rng = np.random.default_rng(11)
        self.x = {
            name: rng.normal(size=(n, 3)).astype("f4") for name, n in (("train", number), ("validation", 40))
        }
        self.noise, self.slow = noise, slow
        with torch.random.fork_rng():
            torch.manual_seed(3)
            self.network = nn.Sequential(nn.Linear(3, 16), nn.GELU(), nn.Dropout(0.1), nn.Linear(16, 1))

    def number(self, split):
        return len(self.x[split])

    def batch(self, split, index, generator):
        time.sleep(self.slow)
        x = self.x[split][index]
        y = np.sin(x.sum(1, keepdims=True)) + self.noise * generator.normal(size=(len(x), 1)).astype("f4")
        return {"x": torch.from_numpy(x), "y": torch.from_numpy(y)}

    def loss(self, network, batch):
        loss = (network(batch["x"]) - batch["y"]).square().mean()
        return {"loss": loss, "twice": 2 * loss}

    def description(self):
        return {"system": "toy", "number": self.number("train")}


def settings(**changes: object) -> Settings:
    return Settings.from_dict(
        {"epochs": 4, "batch_size": 16, "ema": 0.9, "seed": 2, "accelerator": "cpu"} | changes
    )


def same_files(one: Path, other: Path) -> None:
    """Weights and state of two folders agree in every bit."""
    for name in ("weights.safetensors", "state.safetensors"):
        a, b = load_file(one / name), load_file(other / name)
        assert a.keys() == b.keys()
        different = [key for key in a if not torch.equal(a[key], b[key])]
        assert not different, f"{name}: {different}"


def rows(folder: Path) -> list[dict[str, float]]:
    with open(folder / "log.csv", newline="") as file:
        return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]


if __name__ == "__main__":
    torch.set_num_threads(1)
    folder, epochs, devices, seconds = sys.argv[1:]
    chosen = settings(epochs=int(epochs), devices=int(devices), checkpoint_seconds=float(seconds))
    fit(Toy(slow=0.01), chosen, Path(folder))
