"""``seisgrad simulate``: datasets to train on, from an ensemble of earths and the exact physics."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seisgrad.cli.choices import check_scheduler, whole_number
from seisgrad.cli.console import AsJson, Console, Quiet
from seisgrad.cli.estimate import Estimate, Forecast
from seisgrad.cli.outputs import check_folder
from seisgrad.cli.progress import SampleBar
from seisgrad.cli.recipes import SYSTEMS, Asked, recipe_of
from seisgrad.errors import WorkError

if TYPE_CHECKING:
    from seisgrad.dataset import Manifest, Recipe

EXAMPLE = "Example: seisgrad simulate dispersion --prior weak --number 100000 --seed 1 --out data.zarr"


def simulate(
    system: Annotated[str, typer.Argument(help=", ".join(SYSTEMS), metavar="SYSTEM", show_default=False)],
    number: Annotated[
        int,
        typer.Option(
            help="Training samples; a twentieth as many, and at least 64 (elastic: 16), are made for validation.",
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
            "acoustic: von_karman (default), broad, layered, square, smooth or sharp; "
            "elastic: los_angeles (default), broad or basin.",
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
            help="In Hz, as 1:8:1 (acoustic's default) or as 2,4,8; elastic: 16 from 0.1247 to 0.4988.",
            show_default=False,
            metavar="LIST",
        ),
    ] = None,
    finer: Annotated[
        int | None,
        typer.Option(
            help="acoustic, elastic: on a grid with N times as many cells along each axis (1).",
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
    sources: Annotated[
        int | None,
        typer.Option(
            help="elastic: on each earth (1).", show_default=False, parser=whole_number, metavar="N"
        ),
    ] = None,
    shard: Annotated[
        int | None,
        typer.Option(
            help="Samples made and written together; 256, or 32 of acoustic and 4 of elastic.",
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
    check_scheduler(scheduler)
    check_folder(out)
    recipe, usual = recipe_of(system, Asked(prior, seed, rows, frequencies, times, finer, sources))

    from seisgrad.cli.costs import of_samples
    from seisgrad.dataset import simulate as make_dataset
    from seisgrad.dataset.workers import cores

    shard = usual if shard is None else shard
    busy = 1 if scheduler else workers or cores()

    def foretell(missing: int) -> Estimate:
        return of_samples(recipe, missing, busy, shard, out)

    shown = not quiet and not as_json
    forecast = Forecast(shown=shown)
    with SampleBar(shown=shown) as bar:
        try:
            manifest = make_dataset(
                recipe,
                number,
                out,
                shard=shard,
                workers=workers,
                scheduler=scheduler or None,
                progress=forecast.counted(bar.update, foretell),
            )
        except KeyboardInterrupt:
            raise typer.Abort(
                f"interrupted with {bar.done} of {bar.total} samples made; the same command resumes"
            ) from None
        except OSError as error:
            raise WorkError(
                f"{out} cannot be written ({error.strerror or error}); make room, and the same command resumes"
            ) from error
    _tell(recipe, manifest, out, Console(quiet=quiet, as_json=as_json), forecast)


def _tell(recipe: "Recipe", manifest: "Manifest", out: Path, console: Console, forecast: Forecast) -> None:
    rejected = {split: dict(counts) for split, counts in manifest.rejected.items()}
    summary = {
        "system": manifest.system,
        "number": dict(manifest.number),
        "rejected": rejected,
        "fields": {name: list(field.space.shape) for name, field in recipe.fields().items()},
        "files": {"data": out},
        **forecast.as_json(),
    }
    causes = ", ".join(f"{count} {cause}" for cause, count in rejected["train"].items())
    console.finish(
        summary,
        f"{manifest.number['train']} training and {manifest.number['validation']} validation samples",
        f"rejected draws in training: {causes or 'none'}",
        f"wrote {out}",
    )
