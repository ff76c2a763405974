"""What a sample of the dispersion dataset costs to draw, to solve and to keep, with its kernel rows and without.

    python benchmarks/dataset_cost.py [--samples 256] [--repeats 3] [--prior weak]

Times are processor time of one thread, the least of the repeats, per sample. Bytes are those of the compressed store.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
import zarr

from seisgrad.dataset.manifest import Manifest, Task, versions
from seisgrad.dataset.store import Store
from seisgrad.dispersion import DispersionRecipe, kernels, prior
from seisgrad.dispersion.simulation import BRANCHES
from seisgrad.earth import LayeredModel


def least(work: Callable[[], object], repeats: int) -> float:
    """Seconds of processor time of the fastest of some repeats."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


def bytes_of(folder: Path) -> int:
    """The size of the chunks below a folder."""
    return sum(file.stat().st_size for file in (folder / "c").rglob("*") if file.is_file())


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--samples", type=int, default=256)
    arguments.add_argument("--repeats", type=int, default=3)
    arguments.add_argument("--prior", default="weak")
    options = arguments.parse_args()
    torch.set_num_threads(1)
    recipe, number = DispersionRecipe(options.prior, 1), options.samples
    recipe.make("test", 0, 2)  # compiled and loaded from here on

    arrays, rejected = recipe.make("train", 0, number)
    physics, earth = recipe.physics, torch.from_numpy(arrays["earth"]).double()
    model = LayeredModel(physics.thickness, *earth.unbind(-2))

    def all_kernels() -> None:
        for first in range(0, number, 32):
            for branch in BRANCHES:
                kernels(model[first : first + 32], physics.survey.periods, branch.wave, branch.kind)

    task = Task("train", 0, 0, number)
    with tempfile.TemporaryDirectory() as folder:
        asked = Manifest(
            "dispersion", recipe.settings(), {"train": number, "validation": 1}, number, versions()
        )
        store = Store(Path(folder) / "d.zarr", recipe, asked)
        writing = least(lambda: store.write(task, arrays, rejected), options.repeats)
        kept = zarr.open_group(Path(folder) / "d.zarr" / "train", mode="r")
        reading = least(lambda: kept["rows"][:], options.repeats)  # type: ignore[index]
        size = {name: bytes_of(Path(folder) / "d.zarr" / "train" / name) for name in arrays}

    drawing = least(lambda: prior(options.prior).draw(number, 1), options.repeats)
    solving = least(lambda: physics(earth), options.repeats)
    solving_all = least(all_kernels, options.repeats)
    making = least(lambda: recipe.make("train", 0, number), options.repeats)
    for what, seconds in (
        ("draw the earth", drawing),
        ("velocities alone", solving),
        ("velocities and all kernels", solving_all),
        ("the whole sample, with its rows", making),
        ("write it", writing),
        ("read its rows", reading),
    ):
        print(f"{what:34s} {1e3 * seconds / number:8.3f} ms")
    for name, values in arrays.items():
        print(f"{name:34s} {size[name] / number:8.0f} bytes of {values[0].nbytes}")
    whole = len(BRANCHES) * len(recipe.periods) * arrays["rows"][0, 0].nbytes
    print(f"{'all kernels, not stored':34s} {'':8s}       of {whole}")


if __name__ == "__main__":
    main()
