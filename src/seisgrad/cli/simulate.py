"""``seisgrad simulate``: datasets to train on, from an ensemble of earths and the exact physics."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seisgrad.cli.choices import check_scheduler, whole_number
from seisgrad.cli.console import AsJson, Console, Quiet
from seisgrad.cli.outputs import check_folder
from seisgrad.cli.progress import SampleBar
from seisgrad.errors import InputError, WorkError

if TYPE_CHECKING:
    from seisgrad.dataset import Manifest, Recipe

EXAMPLE = "Example: seisgrad simulate dispersion --prior weak --number 100000 --seed 1 --out data.zarr"

SYSTEMS = ("dispersion",)


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
            help="weak, weak_paper, wild, broad, tectonic, lvz, tectonic_lvz or near_surface.", metavar="NAME"
        ),
    ] = "weak",
    rows: Annotated[
        int, typer.Option(help="Exact kernel rows per sample.", parser=whole_number, metavar="N")
    ] = 8,
    shard: Annotated[
        int,
        typer.Option(help="Samples made and written together.", parser=whole_number, metavar="N"),
    ] = 256,
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

    from seisgrad.dataset import simulate as make_dataset
    from seisgrad.dispersion import DispersionRecipe

    recipe = DispersionRecipe(prior, seed, rows=rows)
    with SampleBar(shown=not quiet and not as_json) as bar:
        try:
            manifest = make_dataset(
                recipe,
                number,
                out,
                shard=shard,
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
