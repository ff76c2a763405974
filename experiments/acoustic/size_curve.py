"""How many earths the learned acoustic operator needs: trainings of equal length on fewer and fewer of them.

    python experiments/acoustic/size_curve.py --data data.zarr --steps 600

Writes results/size_curve.csv: the relative L2 error of the field beyond half a kilometre from the source on unseen
earths, a mean over them and over frequencies, by the number of earths that were learned from.
"""

import argparse
import csv
import time
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from seisgrad.acoustic import AcousticRecipe, Grid, Survey, as_complex, load
from seisgrad.acoustic.learning import FieldSamples, FieldTask, clear_of, relative_error
from seisgrad.acoustic.series.network import SeriesSize
from seisgrad.dataset import open_dataset
from seisgrad.nn import weights
from seisgrad.report.provenance import write_record
from seisgrad.training import Settings, fit

HERE = Path(__file__).parent
NUMBERS = (0, 40, 200, 1200, 2400, 4800)
BATCH = 8


def main() -> None:
    """Train and measure."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--data", type=Path, required=True, help="of seisgrad simulate acoustic")
    asked.add_argument("--steps", type=int, default=600)
    asked.add_argument("--test-models", type=int, default=64)
    asked.add_argument("--threads", type=int, default=1)
    chosen = asked.parse_args()
    torch.set_num_threads(chosen.threads)
    recipe = AcousticRecipe("von_karman", 1)
    unseen, _ = recipe.make("test", 0, chosen.test_models)
    rows = []
    for number in NUMBERS:
        with TemporaryDirectory() as folder:
            seconds = train(chosen.data, number, chosen.steps, Path(folder))
            found = errors(Path(folder), recipe, unseen)
        named = {f"{f:g} Hz": e for f, e in zip(recipe.frequencies, found, strict=True)}
        rows.append(
            {
                "earths": number,
                "models": chosen.test_models,
                "steps": chosen.steps if number else 0,
                "seconds": f"{seconds:.0f}",
            }
            | {"mean": f"{sum(found) / len(found):.4f}"}
            | {name: f"{e:.4f}" for name, e in named.items()}
        )
        print(rows[-1], flush=True)
    with (HERE / "results" / "size_curve.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    write_record(HERE / "results" / "size_curve.csv")


def train(data: Path, number: int, steps: int, folder: Path) -> float:
    """Train on the first earths of the dataset; with none, the series as it begins. Returns the seconds it took."""
    stores = {split: open_dataset(data, split) for split in ("train", "validation")}
    settings = stores["train"].manifest.settings
    names = ("earth", "source", "pressure")
    learned = {name: stores["train"][name][: max(number, 1)] for name in names}
    checked = {
        name: stores["validation"][name][:4] for name in names
    }  # after every pass, of which few earths take many
    grid = Grid(tuple(settings["shape"]), settings["spacing"])
    samples = FieldSamples(learned, checked, grid, tuple(settings["frequencies"]))
    task = FieldTask([samples], SeriesSize())
    if not number:
        weights.save(folder, task.network, task.description())
        return 0.0
    begin = time.perf_counter()
    training = Settings(
        epochs=max(1, round(steps * BATCH / number)),
        batch_size=BATCH,
        learning_rate=4e-3,
        weight_decay=0.0,
        clip=0.3,
        ema=0.99,
        warm_up=0.05,
    )
    fit(task, training, folder)
    return time.perf_counter() - begin


def errors(folder: Path, recipe: AcousticRecipe, unseen: dict) -> list[float]:
    """Mean relative L2 error by frequency."""
    grid = Grid(**asdict(recipe.grid))  # type: ignore[arg-type]
    found = []
    for earth, source, pressure in zip(unseen["earth"], unseen["source"], unseen["pressure"], strict=True):
        place = torch.from_numpy(source)[None].double()
        survey = Survey(place, grid.nodes, torch.tensor(recipe.frequencies, dtype=torch.float64))
        net = load(folder, grid, survey, outside="allow")
        field = as_complex(net(torch.from_numpy(earth)))[0].unflatten(-1, grid.shape)
        true = as_complex(torch.from_numpy(pressure))
        found.append(relative_error(field, true, clear_of(grid, place)))
    return torch.stack(found).mean(0).tolist()


if __name__ == "__main__":
    main()
