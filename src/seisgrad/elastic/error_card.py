"""How good a trained elastic network is: measured on earths it has never seen, and written into its card."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.elastic.background import Background
from seisgrad.elastic.grid import Grid
from seisgrad.elastic.recipe import ElasticRecipe
from seisgrad.elastic.surrogate import ElasticNet
from seisgrad.elastic.survey import Survey
from seisgrad.nn import weights
from seisgrad.waves.places import as_complex

#: Nearer than this to the source the motion is not judged, km.
CLEAR = 1.0


def measure(
    folder: Path, number: int, tell: Callable[[str], None] = lambda text: None
) -> list[dict[str, Any]]:
    """Errors against the exact operator by frequency, added to the card in ``folder`` under ``errors``.

    Correlation and relative L2 error of the spectra of both components at all receivers beyond a kilometre from the
    source, means over sources; and the correlation of the background without a network.

    Args:
        folder: of a trained network.
        number: of earths from the test split of the ensemble it was trained on.
        tell: what is being done, for a progress bar.

    Returns:
        The entry.
    """
    card = weights.files(folder).read_record()
    settings = card["data"]["settings"]
    recipe = recipe_of(settings)
    survey = recipe.operator().survey
    grid, shots = Grid(tuple(settings["shape"]), settings["spacing"]), 0
    sums = torch.zeros(3, len(survey.frequencies), dtype=torch.float64)
    for i in range(number):
        arrays, _ = recipe.make("test", i, 1)
        earth, sources, true = (torch.from_numpy(arrays[name][0]) for name in ("earth", "source", "spectra"))
        asked = Survey(sources, survey.receivers, survey.frequencies, survey.force, survey.quantity)
        with torch.no_grad():
            learned = ElasticNet(folder, grid, asked, outside="allow")(earth)
            without = Background(grid, asked)(earth)
        close = (survey.receivers - sources.double()[:, None]).abs() < CLEAR
        found = (
            correlation(learned, true, close),
            relative_l2(learned, true, close),
            correlation(without, true, close),
        )
        sums += torch.stack([each.double().sum(0) for each in found])
        shots += len(sources)
        tell(f"{i + 1} of {number}")
    names = ("correlation", "relative_l2", "background")
    rows = [
        {"frequency": frequency, **dict(zip(names, values, strict=True))}
        for frequency, values in zip(
            survey.frequencies.tolist(),
            (sums / max(shots, 1)).T.double().round(decimals=5).tolist(),
            strict=True,
        )
    ]
    errors = [{"prior": settings["prior"], "models": number, "beyond": CLEAR, "frequencies": rows}]
    weights.files(folder).annotate(card | {"errors": errors})
    return errors


def recipe_of(settings: Mapping[str, Any]) -> ElasticRecipe:
    """The recipe whose settings these are."""
    return ElasticRecipe(
        settings["prior"],
        settings["seed"],
        tuple(settings["frequencies"]),
        settings["sources"],
        len(settings["receivers"]),
        settings.get("refine"),
        Grid(tuple(settings["shape"]), settings["spacing"]),
        settings["solver"],
    )


def correlation(
    predicted: Float[Tensor, "source frequency component receiver 2"],
    true: Float[Tensor, "source frequency component receiver 2"],
    close: Tensor,
) -> Float[Tensor, "source frequency"]:
    """Re⟨û, u⟩/(‖û‖ ‖u‖) of complex spectra over components and the receivers that are not ``close``, ``[source,
    receiver]``."""
    predicted, true = (
        as_complex(u).masked_fill(close[:, None, None], 0.0).flatten(2) for u in (predicted, true)
    )
    product = (predicted.conj() * true).real.sum(-1)
    return product / (predicted.abs().square().sum(-1) * true.abs().square().sum(-1)).sqrt()


def relative_l2(
    predicted: Float[Tensor, "source frequency component receiver 2"],
    true: Float[Tensor, "source frequency component receiver 2"],
    close: Tensor,
) -> Float[Tensor, "source frequency"]:
    """‖û − u‖/‖u‖ over components and the receivers that are not ``close``, ``[source, receiver]``."""
    difference, size = (
        u.masked_fill(close[:, None, None, :, None], 0.0).flatten(2).norm(dim=-1)
        for u in (predicted - true, true)
    )
    return difference / size
