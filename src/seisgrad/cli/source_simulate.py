"""``seisgrad source simulate``: earthquakes at random, as networks of stations record them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seisgrad.cli.choices import whole_number
from seisgrad.cli.console import AsJson, Console, Quiet
from seisgrad.cli.estimate import Forecast
from seisgrad.cli.greens import complete_bank
from seisgrad.cli.outputs import check_folder
from seisgrad.cli.progress import SampleBar
from seisgrad.errors import InputError, WorkError

if TYPE_CHECKING:
    from seisgrad.source.randomisation import Randomisation

EXAMPLE = "Example: seisgrad source simulate --number 10000 --seed 1 --out events.zarr"


def simulate(
    number: Annotated[
        int,
        typer.Option(
            help="Training events; a twentieth as many, and at least 64, are made for validation.",
            parser=whole_number,
            metavar="N",
        ),
    ],
    seed: Annotated[int, typer.Option(help="Of all random draws.", parser=whole_number, metavar="S")],
    out: Annotated[
        Path, typer.Option(help="The Zarr store to make, to go on with, or to grow.", metavar="DIR")
    ],
    bank: Annotated[
        Path | None,
        typer.Option(
            help="Green's functions to use; models that they lack are added, at ten seconds of a core each. By default "
            "greens.zarr beside --out.",
            show_default=False,
            metavar="DIR",
        ),
    ] = None,
    models: Annotated[
        str,
        typer.Option(
            help="Velocity models: train (14 columns of CRUST1.0 in Southern California), held_out (3 others), other "
            "(hadley_kanamori and gil7), or names separated by commas.",
            metavar="NAMES",
        ),
    ] = "train",
    config: Annotated[
        Path | None,
        typer.Option(
            help="What varies and how widely: YAML or JSON with fields of seisgrad.source.Randomisation.",
            show_default=False,
            metavar="FILE",
        ),
    ] = None,
    clean: Annotated[
        bool, typer.Option("--clean", help="No noise, no errors, no scatter; --config changes that.")
    ] = False,
    noise: Annotated[
        Path | None,
        typer.Option(
            help="Folder of records to take noise from, of three components; by default noise by Peterson's models.",
            show_default=False,
            metavar="DIR",
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
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Simulate earthquakes recorded by networks of stations; the same command resumes it after a stop."""
    check_folder(out)
    bank = check_folder(out.absolute().parent / "greens.zarr" if bank is None else bank)
    if number < 1:
        raise InputError(f"--number is {number}, expected at least 1")
    if workers is not None and workers < 1:
        raise InputError(f"--workers is {workers}, expected at least 1")
    randomisation = _randomisation(config, clean=clean)

    from seisgrad.cli.costs import of_earths, of_samples
    from seisgrad.dataset import simulate as make_dataset
    from seisgrad.dataset.workers import cores
    from seisgrad.source.earths import names_in
    from seisgrad.source.recipe import SHARD, SourceRecipe

    names, shown = names_in(models), not quiet and not as_json
    bar = SampleBar(shown=shown, unit="velocity models")
    busy, forecast = workers or cores(), Forecast(shown=shown)
    try:
        with bar:
            told = Forecast(shown=shown).counted(bar.update, lambda missing: of_earths(missing, busy, bank))
            complete_bank(bank, names, workers, told)
        recipe = SourceRecipe(str(bank), names, seed, randomisation, str(noise or ""))
        with SampleBar(shown=shown, unit="events") as bar:
            told = forecast.counted(bar.update, lambda missing: of_samples(recipe, missing, busy, SHARD, out))
            manifest = make_dataset(recipe, number, out, shard=SHARD, workers=workers, progress=told)
    except KeyboardInterrupt:
        raise typer.Abort(
            f"interrupted with {bar.done} of {bar.total} made; the same command resumes"
        ) from None
    except OSError as error:
        raise WorkError(
            f"{error.filename or out} cannot be written ({error.strerror or error}); make room, and the same command "
            "resumes"
        ) from error
    summary = {
        "system": "source",
        "number": dict(manifest.number),
        "models": names,
        "fields": {name: list(field.space.shape) for name, field in recipe.fields().items()},
        "files": {"data": out, "greens": bank},
        **forecast.as_json(),
    }
    made = manifest.number
    Console(quiet=quiet, as_json=as_json).finish(
        summary,
        f"{made['train']} training and {made['validation']} validation events through {len(names)} velocity models",
        f"Green's functions in {bank}",
        f"wrote {out}",
    )


def _randomisation(config: Path | None, *, clean: bool) -> "Randomisation":
    """The fields of a file over the usual or the clean ones."""
    from dataclasses import asdict

    from seisgrad.config import from_mapping, read_config
    from seisgrad.source.randomisation import CLEAN, Randomisation

    base = CLEAN if clean else Randomisation()
    if config is None:
        return base
    return from_mapping(Randomisation, {**asdict(base), **read_config(config)}, str(config))
