"""``seisgrad simulate``: datasets to train on, from an ensemble of earths and the exact physics."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seisgrad.cli.choices import check_scheduler, whole_number
from seisgrad.cli.console import AsJson, Console, Quiet
from seisgrad.cli.outputs import check_folder
from seisgrad.cli.periods import parse_frequencies, parse_times
from seisgrad.cli.progress import SampleBar
from seisgrad.errors import InputError, WorkError

if TYPE_CHECKING:
    from seisgrad.dataset import Manifest, Recipe

EXAMPLE = "Example: seisgrad simulate dispersion --prior weak --number 100000 --seed 1 --out data.zarr"

SYSTEMS = ("dispersion", "acoustic")


def simulate(
    system: Annotated[str, typer.Argument(help=", ".join(SYSTEMS), metavar="SYSTEM", show_default=False)],
    number: Annotated[
        int,
        typer.Option(
            help="Training samples; a twentieth as many, and at least 64, are made for validation.",
            parser=whole_number,
            metavar="N",
        ),
    ],
    seed: Annotated[int, typer.Option(help="Of all random draws.", parser=whole_number, metavar="S")],
    out: Annotated[
        Path, typer.Option(help="The Zarr store to make, to go on with, or to grow.", metavar="DIR")
    ],
    prior: Annotated[
        str,
        typer.Option(
            help="dispersion: weak (default), weak_paper, wild, broad, tectonic, lvz, tectonic_lvz or near_surface; "
            "acoustic: von_karman (default), broad, layered, square, smooth or sharp.",
            metavar="NAME",
        ),
    ] = "",
    rows: Annotated[
        int | None,
        typer.Option(
            help="dispersion: exact kernel rows per sample (8).",
            show_default=False,
            parser=whole_number,
            metavar="N",
        ),
    ] = None,
    frequencies: Annotated[
        str | None,
        typer.Option(
            help="acoustic: in Hz, as 1:8:1 (default) or as 2,4,8.", show_default=False, metavar="LIST"
        ),
    ] = None,
    finer: Annotated[
        int | None,
        typer.Option(
            help="acoustic: on a grid with N times as many cells along each axis (1).",
            show_default=False,
            parser=whole_number,
            metavar="N",
        ),
    ] = None,
    times: Annotated[
        str | None,
        typer.Option(
            help="acoustic: snapshots at these times in s instead of spectra, as 0:4:0.04.",
            show_default=False,
            metavar="LIST",
        ),
    ] = None,
    shard: Annotated[
        int | None,
        typer.Option(
            help="Samples made and written together; 256, or 32 of the larger ones of acoustic.",
            show_default=False,
            parser=whole_number,
            metavar="N",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(
            help="Processes on this machine; by default one per core.",
            show_default=False,
            parser=whole_number,
            metavar="N",
        ),
    ] = None,
    scheduler: Annotated[
        str, typer.Option(help="Work on the Dask cluster of this scheduler instead.", metavar="tcp://…")
    ] = "",
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Simulate a dataset of earths, data and exact derivatives; the same command resumes it after a stop."""
    if system not in SYSTEMS:
        raise InputError(f"there is no system {system!r} to simulate, expected {' or '.join(SYSTEMS)}")
    check_scheduler(scheduler)
    check_folder(out)
    if system == "acoustic":
        recipe, usual = _acoustic(prior, seed, frequencies, times, finer, rows)
    else:
        recipe, usual = _dispersion(prior, seed, rows, frequencies, times, finer)

    from seisgrad.dataset import simulate as make_dataset

    with SampleBar(shown=not quiet and not as_json) as bar:
        try:
            manifest = make_dataset(
                recipe,
                number,
                out,
                shard=usual if shard is None else shard,
                workers=workers,
                scheduler=scheduler or None,
                progress=bar.update,
            )
        except KeyboardInterrupt:
            raise typer.Abort(
                f"interrupted with {bar.done} of {bar.total} samples made; the same command resumes"
            ) from None
        except OSError as error:
            raise WorkError(
                f"{out} cannot be written ({error.strerror or error}); make room, and the same command resumes"
            ) from error
    _tell(recipe, manifest, out, Console(quiet=quiet, as_json=as_json))


def _dispersion(
    prior: str,
    seed: int,
    rows: int | None,
    frequencies: str | None,
    times: str | None,
    finer: int | None,
) -> "tuple[Recipe, int]":
    """What to make, and the usual number of samples in a shard."""
    if finer is not None:
        raise InputError("--finer belongs to acoustic, and a dispersion dataset has no grid; leave it out")
    if frequencies is not None or times is not None:
        raise InputError(
            f"--{'frequencies' if times is None else 'times'} belongs to acoustic, and a dispersion dataset has the "
            "periods of its prior; leave it out"
        )
    from seisgrad.dataset.simulation import SHARD
    from seisgrad.dispersion.simulation import ROWS, DispersionRecipe

    return DispersionRecipe(prior or "weak", seed, rows=ROWS if rows is None else rows), SHARD


def _acoustic(
    prior: str,
    seed: int,
    frequencies: str | None,
    times: str | None,
    finer: int | None,
    rows: int | None,
) -> "tuple[Recipe, int]":
    """What to make, and the usual number of samples in a shard."""
    if rows is not None:
        raise InputError(
            "--rows belongs to dispersion, and an acoustic dataset holds no kernel rows; leave it out"
        )
    if frequencies is not None and times is not None:
        raise InputError(
            "--frequencies and --times were both given, expected spectra or snapshots; leave one out"
        )
    if finer is not None and finer < 1:
        raise InputError(f"--finer {finer} is too few, expected at least 1")
    from seisgrad.acoustic.prior import prior as ensemble
    from seisgrad.acoustic.recipe import FREQUENCIES, SHARD, AcousticRecipe

    prior = prior or "von_karman"
    grid = ensemble(prior).grid.finer(finer or 1)

    if times is not None:
        from seisgrad.acoustic.snapshots import SnapshotRecipe

        return SnapshotRecipe(prior, seed, tuple(parse_times(times)), grid=grid), SHARD

    asked = FREQUENCIES if frequencies is None else tuple(parse_frequencies(frequencies))
    return AcousticRecipe(prior, seed, asked, grid=grid), SHARD


def _tell(recipe: "Recipe", manifest: "Manifest", out: Path, console: Console) -> None:
    rejected = {split: dict(counts) for split, counts in manifest.rejected.items()}
    summary = {
        "system": manifest.system,
        "number": dict(manifest.number),
        "rejected": rejected,
        "fields": {name: list(field.space.shape) for name, field in recipe.fields().items()},
        "files": {"data": out},
    }
    causes = ", ".join(f"{count} {cause}" for cause, count in rejected["train"].items())
    console.finish(
        summary,
        f"{manifest.number['train']} training and {manifest.number['validation']} validation samples",
        f"rejected draws in training: {causes or 'none'}",
        f"wrote {out}",
    )
