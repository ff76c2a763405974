"""Spectra of operators against those of the physics, at all nodes away from the source."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from seisgrad.acoustic import AcousticRecipe, Grid, as_complex, prior
from seisgrad.acoustic.learning import clear_of, relative_error
from seisgrad.report.reproduce.acoustic import SEED, Case, Maker, Setting, Tell, line, one_source
from seisgrad.report.reproduce.table import Line

METRIC = "relative_l2"


@dataclass(frozen=True, eq=False)
class Example:
    """One model: what it is and what was found for it.

    Attributes:
        grid: of the model.
        earth: velocity and density.
        source: z, x, km.
        fields: by operator, ``exact`` first, ``[frequency, z, x]``.
    """

    grid: Grid
    earth: Float[Tensor, "2 z x"]
    source: Float[Tensor, "2"]
    fields: dict[str, Complex[Tensor, "frequency z x"]]


@dataclass(frozen=True, eq=False)
class Fields:
    """What a case gave.

    Attributes:
        case: the case.
        frequencies: Hz.
        errors: by operator, ‖û − u‖/‖u‖ over the nodes more than half a kilometre from the source.
        example: the first model.
    """

    case: Case
    frequencies: tuple[float, ...]
    errors: dict[str, Float[Tensor, "model frequency"]]
    example: Example


def evaluate(
    case: Case,
    makers: Mapping[str, Maker],
    number: int,
    setting: Setting | None = None,
    tell: Tell = lambda done: None,
) -> Fields:
    """Judge operators on the first models of a case.

    The truth is what the dataset of the case would hold: :class:`~seisgrad.acoustic.AcousticRecipe`.

    Args:
        case: which models.
        makers: operators by name.
        number: of models.
        setting: grid and frequencies; those of the paper by default.
        tell: called with words after every model.
    """
    setting = setting or Setting()
    grid = setting.grid.finer(case.finer) if case.finer > 1 else setting.grid
    recipe = AcousticRecipe(case.prior, SEED, setting.frequencies, grid=grid)
    sources = prior(case.prior).draw(number, SEED, split="test", grid=grid).source.float().double()
    operators = {name: make(grid, setting.survey(sources, grid)) for name, make in makers.items()}
    errors = {name: torch.empty(number, len(setting.frequencies)) for name in makers}
    example = None
    for i in range(number):
        arrays = recipe.make("test", i, 1)[0]
        earth, truth = (
            torch.from_numpy(arrays["earth"][0]),
            as_complex(torch.from_numpy(arrays["pressure"][0])),
        )
        away = clear_of(grid, sources[i : i + 1])
        found = {name: field(one_source(op, i), earth, grid) for name, op in operators.items()}
        for name, predicted in found.items():
            errors[name][i] = relative_error(predicted, truth, away.expand(predicted.shape))
        example = example or Example(grid, earth, sources[i], {"exact": truth} | found)
        tell(f"{i + 1} of {number} models")
    assert example is not None
    return Fields(case, setting.frequencies, errors, example)


def field(op: object, earth: Float[Tensor, "2 z x"], grid: Grid) -> Complex[Tensor, "frequency z x"]:
    """Spectra of an operator of one source at all nodes, as fields."""
    with torch.no_grad():
        return as_complex(op(earth)[0]).unflatten(-1, grid.shape)  # type: ignore[operator]


def field_lines(found: Fields) -> list[Line]:
    """All frequencies together, the lower and the upper half, and each alone."""
    name, frequencies = found.case.name, torch.tensor(found.frequencies)
    cases = {name: torch.ones(len(frequencies), dtype=torch.bool)}
    if len(frequencies) > 1:
        half = len(frequencies) // 2
        for part in (slice(0, half), slice(half, None)):
            inside = torch.zeros(len(frequencies), dtype=torch.bool)
            inside[part] = True
            cases[f"{name} {frequencies[part][0]:g}-{frequencies[part][-1]:g} Hz"] = inside
    cases |= {f"{name} {f:g} Hz": frequencies == f for f in found.frequencies}
    return [
        line(operator, case, METRIC, errors[:, inside])
        for operator, errors in found.errors.items()
        for case, inside in cases.items()
    ]
