"""``seisgrad noise correlate``: from a folder of continuous records to stacked correlations of all pairs of
stations."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from seisgrad._lazy import require
from seisgrad.cli.choices import check_scheduler, number, whole_number
from seisgrad.cli.console import AsJson, Quiet
from seisgrad.cli.estimate import Estimate, Forecast
from seisgrad.cli.noise_correlated import tell
from seisgrad.cli.options_file import own_section
from seisgrad.cli.outputs import check_folder, whole_file
from seisgrad.cli.progress import SampleBar
from seisgrad.errors import InputError, WorkError

if TYPE_CHECKING:
    from seisgrad.noise import Settings

EXAMPLE = "Example: seisgrad noise correlate records --stations stations --band 0.1,0.5 --out cc.zarr"

# The same words as in noise.settings and noise.stacking, which are not imported here because they need torch.
Normalisation = Literal["none", "one-bit", "running-mean", "clip"]
Stack = Literal["linear", "phase-weighted", "robust"]


def correlate(
    records: Annotated[
        Path,
        typer.Argument(help="Folder of miniSEED or SAC files, in any order and depth.", metavar="RECORDS"),
    ],
    stations: Annotated[
        Path, typer.Option(help="StationXML or dataless SEED: a file, or a folder of them.", metavar="DIR")
    ],
    band: Annotated[str, typer.Option(help="In Hz, as 0.1,0.5.", metavar="LOW,HIGH")],
    out: Annotated[
        Path,
        typer.Option(
            help="The correlations to write, as Zarr; beside it cc.days.zarr has them by day, and cc.rejected.csv what "
            "was left out.",
            metavar="cc.zarr",
        ),
    ],
    segment: Annotated[
        float | None,
        typer.Option(
            help="Length of the stretches that are correlated, s (3600).",
            show_default=False,
            parser=number,
            metavar="S",
        ),
    ] = None,
    components: Annotated[
        str | None,
        typer.Option(
            help="At A and at B, of Z, R and T, as ZZ,ZR; or all nine (ZZ).",
            show_default=False,
            metavar="LIST",
        ),
    ] = None,
    lag: Annotated[
        float | None,
        typer.Option(
            help="Largest lag, s; by default long enough for 1 km/s between the stations farthest apart, or that of "
            "the days that are there.",
            show_default=False,
            parser=number,
            metavar="S",
        ),
    ] = None,
    normalisation: Annotated[
        Normalisation | None,
        typer.Option(help="In time, shared by the components (running-mean).", show_default=False),
    ] = None,
    whiten: Annotated[
        bool | None,
        typer.Option(help="The spectra, shared by the components; by default they are.", show_default=False),
    ] = None,
    response: Annotated[
        bool | None,
        typer.Option(help="Remove the instruments' responses; by default they are.", show_default=False),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            help="YAML or JSON with these and further settings; the command line wins.", metavar="FILE"
        ),
    ] = None,
    stack: Annotated[Stack, typer.Option(help="Over days.")] = "linear",
    bootstrap: Annotated[
        int, typer.Option(help="Stacks of days drawn with replacement.", parser=whole_number, metavar="N")
    ] = 0,
    seed: Annotated[int, typer.Option(help="Of those draws.", parser=whole_number, metavar="S")] = 0,
    memory: Annotated[
        float,
        typer.Option(help="GB for two blocks of stations, more or less.", parser=number, metavar="GB"),
    ] = 1.0,
    workers: Annotated[
        int,
        typer.Option(help="Processes, each on days of its own.", parser=whole_number, metavar="N"),
    ] = 1,
    scheduler: Annotated[
        str, typer.Option(help="Work on the Dask cluster of this scheduler instead.", metavar="tcp://…")
    ] = "",
    device: Annotated[str, typer.Option(help="Where torch works: cpu or cuda.")] = "cpu",
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Correlate ambient noise between all pairs of stations; the same command goes on after a stop."""
    check_scheduler(scheduler)
    _check_numbers(bootstrap, workers, memory)
    _check_device(device)
    if out.suffix != ".zarr":  # names of what is written beside it are made by putting others in its place
        raise InputError(f"--out {out} ends in {out.suffix or 'nothing'}, expected .zarr")
    check_folder(out)
    days = out.with_suffix(".days.zarr")

    require("datasets", "records")
    from seisgrad.cli.costs import of_days
    from seisgrad.noise import correlate as correlate_folder
    from seisgrad.noise import read_stations, write_correlations, write_rejections

    inventory = read_stations(stations)
    given = {
        "band": band,
        "segment": segment,
        "components": components,
        "lag": lag,
        "normalisation": normalisation,
        "whiten": whiten,
        "response": response,
    }
    settings, longer = _settings(
        {name: value for name, value in given.items() if value is not None}, config, inventory, days
    )
    there = sum(len(network) for network in inventory)
    shown = not quiet and not as_json
    forecast = Forecast(shown=shown)

    def foretell(missing: int) -> Estimate:
        return of_days(missing, there, settings, bootstrap, memory, 1 if scheduler else workers, out)

    with SampleBar(shown=shown, unit="days") as bar:
        try:
            result = correlate_folder(
                records,
                inventory,
                days,
                settings,
                method=stack,
                replicates=bootstrap,
                seed=seed,
                memory=memory,
                workers=workers,
                scheduler=scheduler or None,
                device=device,
                progress=forecast.counted(bar.update, foretell),
            )
        except KeyboardInterrupt:
            raise typer.Abort(
                f"interrupted with {bar.done} of {bar.total} days correlated; the same command goes on"
            ) from None
        except OSError as error:
            raise WorkError(
                f"{days} cannot be written ({error.strerror or error}); make room, and the same command goes on"
            ) from error
    write_correlations(result.correlations, out)
    table = out.with_suffix(".rejected.csv")
    with whole_file(table) as path:
        write_rejections(result.rejected, path)
    files = {"correlations": out, "days": days, "rejected": table}
    tell(result, settings, longer, files, forecast, quiet=quiet, as_json=as_json)


def _check_numbers(bootstrap: int, workers: int, memory: float) -> None:
    for option, value, least in (("--bootstrap", bootstrap, 0), ("--workers", workers, 1)):
        if value < least:
            raise InputError(f"{option} is {value}, expected at least {least}")
    if not memory > 0:
        raise InputError(f"--memory is {memory:g} GB, expected more than 0")


def _check_device(device: str) -> None:
    import torch

    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:  # the latter where torch was built without CUDA
        raise InputError(
            f"--device {device} cannot be used here, expected cpu, or cuda where torch finds one"
        ) from error


def _settings(
    given: dict[str, Any], config: Path | None, inventory: Any, days: Path
) -> tuple["Settings", float | None]:
    """The settings of the file, with those of the command line in their place; and a longer lag, which the stations ask
    for now, where that of the days that are there is kept."""
    from seisgrad.config import from_mapping, read_config
    from seisgrad.noise import Settings, usual_lag
    from seisgrad.noise.daily_store import kept_lag

    where = str(config or "the command line")
    entries = dict(own_section(read_config(config), "correlate", where) if config else {}) | given
    if "band" in given:
        entries["band"] = _two_numbers(given["band"])
    components = entries.pop("components", "ZZ")
    if isinstance(components, str):
        components = [word.strip() for word in components.split(",")]
    if components == ["all"]:
        components = [a + b for a in "ZRT" for b in "ZRT"]
    if not isinstance(components, list) or not all(isinstance(name, str) for name in components):
        raise InputError(f"{where}: components are {components!r}, expected a list such as ZZ,ZR")
    usual = from_mapping(Settings, {"lag": 1.0} | entries, where)  # all but the lag is checked
    longer = usual_lag(inventory, usual)
    lag = entries.get("lag", kept_lag(days) or longer)
    settings = from_mapping(Settings, entries | {"lag": lag}, where).with_components(components)
    return settings, longer if "lag" not in entries and longer > settings.lag else None


def _two_numbers(text: str) -> list[float]:
    try:
        low, high = map(float, text.split(","))
    except ValueError as error:
        raise InputError(f"--band {text} is no two frequencies, expected some such as 0.1,0.5") from error
    return [low, high]
