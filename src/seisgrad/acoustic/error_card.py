"""How good a trained acoustic network is: measured on earths it has never seen, and written into its card."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from seisgrad.acoustic.grid import Grid
from seisgrad.acoustic.learning import CLEAR, clear_of, fields, relative_error
from seisgrad.acoustic.recipe import AcousticRecipe
from seisgrad.acoustic.series.network import SeriesNet
from seisgrad.acoustic.snapshots import SnapshotRecipe
from seisgrad.acoustic.space_time import SpaceTimeNet, SpaceTimeSize, relative_l2
from seisgrad.acoustic.surrogate import build_network
from seisgrad.nn import weights
from seisgrad.waves.places import as_complex


def measure(
    folder: Path, number: int, tell: Callable[[str], None] = lambda text: None
) -> list[dict[str, Any]]:
    """Relative L2 errors against the exact operator, added to the card in ``folder`` under ``errors``.

    Of a network of series by frequency, over the nodes beyond half a kilometre from the source: of the trained network,
    of the untrained series of as many scatterings, and of the outgoing wave alone. Of a space-time network
    over all nodes and times, and without those near the source. Means over earths.

    Args:
        folder: of a trained network.
        number: of earths from the test split of the ensemble it was trained on.
        tell: what is being done, for a progress bar.

    Returns:
        The entry.
    """
    tensors, card = weights.load(folder)
    settings = card["data"]["settings"]
    if card["network"] == "space_time":
        network: nn.Module = SpaceTimeNet(SpaceTimeSize(**card["arguments"]))
        judge = _judge_snapshots
    else:
        network, judge = build_network(card, str(folder)), _judge_spectra
    weights.put(tensors, network, folder)
    with torch.no_grad():
        found = judge(network.eval(), settings, number, lambda done: tell(f"{done} of {number}"))
    errors = [{"prior": settings["prior"], "models": number, "beyond": CLEAR, **found}]
    weights.files(folder).annotate(card | {"errors": errors})
    return errors


def _judge_spectra(
    network: nn.Module, settings: Mapping[str, Any], number: int, tell: Callable[[int], None]
) -> dict[str, Any]:
    assert isinstance(network, SeriesNet)
    grid, frequencies = _grid(settings), tuple(settings["frequencies"])
    recipe = AcousticRecipe(settings["prior"], settings["seed"], frequencies, settings["refine"], grid)
    judged = {
        "relative_l2": network,
        "untrained": SeriesNet(network.size),
        "outgoing": SeriesNet(replace(network.size, layers=0)),
    }
    sums = {name: [0.0] * len(frequencies) for name in judged}
    for i in range(number):
        earth, source, pressure = _sample(recipe, i)
        clear, true = clear_of(grid, source), as_complex(pressure)
        for name, one in judged.items():
            for k, frequency in enumerate(frequencies):
                predicted = fields(one, grid, frequency, earth, source)
                sums[name][k] += float(relative_error(predicted, true[:, k], clear)) / number
        tell(i + 1)
    rows = [
        {"frequency": frequency} | {name: round(found[k], 5) for name, found in sums.items()}
        for k, frequency in enumerate(frequencies)
    ]
    return {"frequencies": rows}


def _judge_snapshots(
    network: nn.Module, settings: Mapping[str, Any], number: int, tell: Callable[[int], None]
) -> dict[str, Any]:
    grid, times = _grid(settings), tuple(settings["times"])
    recipe = SnapshotRecipe(settings["prior"], settings["seed"], times, settings["refine"], grid)
    everywhere = beyond = 0.0
    for i in range(number):
        earth, source, true = _sample(recipe, i)
        predicted, clear = network(earth, source, grid.spacing, len(times)), clear_of(grid, source)[..., None]
        everywhere += float(relative_l2(predicted, true)) / number
        beyond += float(relative_l2(predicted * clear, true * clear)) / number
        tell(i + 1)
    return {"relative_l2": round(everywhere, 5), "relative_l2_beyond": round(beyond, 5)}


def _grid(settings: Mapping[str, Any]) -> Grid:
    return Grid(tuple(settings["shape"]), settings["spacing"])  # type: ignore[arg-type]


def _sample(recipe: AcousticRecipe | SnapshotRecipe, number: int) -> tuple[Tensor, Tensor, Tensor]:
    """A test earth, its source and its exact pressure, each with one sample."""
    arrays, _ = recipe.make("test", number, 1)
    return tuple(torch.from_numpy(arrays[name]) for name in ("earth", "source", "pressure"))  # type: ignore[return-value]
