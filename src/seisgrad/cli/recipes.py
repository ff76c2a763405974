"""What ``seisgrad simulate`` makes: the recipe of a system from the options that belong to it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from seisgrad._lazy import require
from seisgrad.cli.periods import parse_frequencies, parse_times
from seisgrad.errors import InputError

if TYPE_CHECKING:
    from seisgrad.dataset import Recipe


@dataclass(frozen=True)
class Asked:
    """The options of the command that the samples depend on; None where one was not given."""

    prior: str
    seed: int
    rows: int | None
    frequencies: str | None
    times: str | None
    finer: int | None
    sources: int | None


class Made(NamedTuple):
    """A recipe, and the usual number of its samples in a shard."""

    recipe: "Recipe"
    shard: int


#: The systems an option belongs to, where not to all.
_BELONGS = {
    "rows": ("dispersion",),
    "frequencies": ("acoustic", "elastic"),
    "times": ("acoustic",),
    "finer": ("acoustic", "elastic"),
    "sources": ("elastic",),
}


def recipe_of(system: str, asked: Asked) -> Made:
    """The recipe of a system.

    Raises:
        InputError: an unknown system, an option of another one, or one that the recipe refuses.
    """
    if system not in SYSTEMS:
        raise InputError(f"there is no system {system!r} to simulate, expected {' or '.join(SYSTEMS)}")
    for option, systems in _BELONGS.items():
        if system not in systems and getattr(asked, option) is not None:
            raise InputError(f"--{option} belongs to {' and '.join(systems)}, not to {system}; leave it out")
    if asked.finer is not None and asked.finer < 1:
        raise InputError(f"--finer {asked.finer} is too few, expected at least 1")
    return SYSTEMS[system](asked)


def _dispersion(asked: Asked) -> Made:
    from seisgrad.dataset.simulation import SHARD
    from seisgrad.dispersion.simulation import ROWS, DispersionRecipe

    rows = ROWS if asked.rows is None else asked.rows
    return Made(DispersionRecipe(asked.prior or "weak", asked.seed, rows=rows), SHARD)


def _acoustic(asked: Asked) -> Made:
    if asked.frequencies is not None and asked.times is not None:
        raise InputError(
            "--frequencies and --times were both given, expected spectra or snapshots; leave one out"
        )
    require("datasets", "waves")
    from seisgrad.acoustic.prior import prior as ensemble
    from seisgrad.acoustic.recipe import FREQUENCIES, SHARD, AcousticRecipe

    prior = asked.prior or "von_karman"
    grid = ensemble(prior).grid.finer(asked.finer or 1)
    if asked.times is not None:
        from seisgrad.acoustic.snapshots import SnapshotRecipe

        return Made(SnapshotRecipe(prior, asked.seed, tuple(parse_times(asked.times)), grid=grid), SHARD)
    frequencies = FREQUENCIES if asked.frequencies is None else tuple(parse_frequencies(asked.frequencies))
    return Made(AcousticRecipe(prior, asked.seed, frequencies, grid=grid), SHARD)


def _elastic(asked: Asked) -> Made:
    from seisgrad.elastic.prior import prior as ensemble
    from seisgrad.elastic.recipe import FREQUENCIES, SHARD, ElasticRecipe

    prior = asked.prior or "los_angeles"
    grid = ensemble(prior).grid.finer(asked.finer or 1)
    frequencies = FREQUENCIES if asked.frequencies is None else tuple(parse_frequencies(asked.frequencies))
    sources = 1 if asked.sources is None else asked.sources
    return Made(ElasticRecipe(prior, asked.seed, frequencies, sources, grid=grid), SHARD)


SYSTEMS: dict[str, Callable[[Asked], Made]] = {
    "dispersion": _dispersion,
    "acoustic": _acoustic,
    "elastic": _elastic,
}
