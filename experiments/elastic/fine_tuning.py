"""A trained elastic operator in a new region: going on from what it has learned, or beginning at nothing.

    python experiments/elastic/fine_tuning.py

Writes results/fine_tuning.csv: the mean relative L2 error of the spectra on unseen earths of the ensemble ``basin``,
after trainings of so many steps on a few other earths of it, each a complete training with its own course of rates.
"""

import argparse
import csv
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from seisgrad.elastic import ElasticRecipe, Survey, load
from seisgrad.elastic.error_card import CLEAR, relative_l2
from seisgrad.elastic.harmonic.learning import HarmonicTask
from seisgrad.elastic.harmonic.network import HarmonicSize
from seisgrad.elastic.learning import SurfaceSamples
from seisgrad.elastic.recipe import FREQUENCIES
from seisgrad.elastic.surrogate import SHIPPED
from seisgrad.nn import weights
from seisgrad.report.provenance import write_record
from seisgrad.training import Settings, fit

HERE = Path(__file__).parent
STEPS = (0, 8, 32, 128)
SEED = 2


def main() -> None:
    """Make the earths, train and measure."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--prior", default="basin")
    asked.add_argument("--earths", type=int, default=8, help="learned from, and as many judged")
    asked.add_argument("--operator", default="default", help="what was trained before")
    chosen = asked.parse_args()
    torch.set_num_threads(1)
    recipe = ElasticRecipe(chosen.prior, SEED, FREQUENCIES[1::3], sources=8)
    train, check, unseen = (
        recipe.make(split, 0, n)[0]
        for split, n in (("train", chosen.earths), ("validation", 2), ("test", chosen.earths))
    )
    survey = recipe.operator().survey
    told = {"settings": recipe.settings()}
    samples = SurfaceSamples(
        train, check, recipe.grid, tuple(survey.receivers.tolist()), recipe.frequencies, told=told
    )
    rows = []
    for began in ("trained before", "from nothing"):
        for steps in STEPS:
            with TemporaryDirectory() as folder:
                before = chosen.operator if began == "trained before" else None
                learn(samples, steps, before, Path(folder))
                error = judge(Path(folder), recipe, unseen)
            rows.append(
                {"network": "harmonic", "began": began, "steps": steps, "relative_l2": f"{error:.4f}"}
            )
            print(rows[-1], flush=True)
    (HERE / "results").mkdir(exist_ok=True)
    with (HERE / "results" / "fine_tuning.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    write_record(HERE / "results" / "fine_tuning.csv")


def learn(samples: SurfaceSamples, steps: int, before: str | None, folder: Path) -> None:
    """Train for so many steps of one earth and one frequency, from the weights of an operator or from nothing."""
    size = HarmonicSize(**SHIPPED.card(before)["arguments"]) if before else HarmonicSize()
    task = HarmonicTask([samples], size)
    if before:
        weights.put(weights.load(SHIPPED.folder(before))[0], task.network, SHIPPED.folder(before))
    if not steps:
        weights.save(folder, task.network, task.description())
        return
    epochs = max(1, round(steps / len(samples.train["earth"])))
    fit(
        task,
        Settings(epochs=epochs, batch_size=1, learning_rate=3e-3, clip=0.1, ema=0.9, warm_up=0.05),
        folder,
    )


def judge(folder: Path, recipe: ElasticRecipe, unseen: dict) -> float:
    """Mean relative L2 error of both components beyond a kilometre from the source."""
    survey, found = recipe.operator().survey, []
    for earth, sources, spectra in zip(unseen["earth"], unseen["source"], unseen["spectra"], strict=True):
        asked = Survey(torch.from_numpy(sources), survey.receivers, survey.frequencies)
        with torch.no_grad():
            learned = load(folder, recipe.grid, asked, outside="allow")(torch.from_numpy(earth))
        close = (survey.receivers - asked.sources.double()[:, None]).abs() < CLEAR
        found.append(relative_l2(learned, torch.from_numpy(spectra), close).mean())
    return float(torch.stack(found).mean())


if __name__ == "__main__":
    main()
