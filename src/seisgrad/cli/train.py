"""``seisgrad train``: a network that learns a system from a dataset."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seisgrad._lazy import require
from seisgrad.cli.choices import number, whole_number
from seisgrad.cli.console import AsJson, Console, Quiet
from seisgrad.cli.costs import SAMPLE
from seisgrad.cli.estimate import Forecast
from seisgrad.cli.outputs import check_folder
from seisgrad.cli.training_plans import PLANS
from seisgrad.errors import InputError

if TYPE_CHECKING:
    from seisgrad.training import Progress, Result

EXAMPLE = "Example: seisgrad train dispersion --data data.zarr --minutes 60 --out checkpoint"


def train(
    system: Annotated[str, typer.Argument(help=", ".join(PLANS), metavar="SYSTEM", show_default=False)],
    data: Annotated[
        list[Path],
        typer.Option(
            help="Dataset, as made by seisgrad simulate; acoustic: several, of which the first gives the errors; "
            "source: the bank of Green's functions, greens.zarr, that seisgrad source simulate makes.",
            metavar="DIR",
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(help="Folder for weights, state and log; resumed where it is there.", metavar="DIR"),
    ],
    config: Annotated[
        Path | None,
        typer.Option(
            help="YAML or JSON: network, arguments, training; losses of dispersion, elastic and source; draws and "
            "randomisation of source, tuning with --from.",
            metavar="FILE",
        ),
    ] = None,
    network: Annotated[
        str | None,
        typer.Option(
            help="In place of the configuration's: modes, residual, transformer; of acoustic series, space_time; of "
            "elastic helmholtz; of source harmonic, sourcenet.",
            metavar="NAME",
            show_default=False,
        ),
    ] = None,
    before: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="source: a network, by name or folder, that goes on learning from labelled events; --data is then a "
            "folder with a folder for each event and its mechanism.",
            metavar="NAME",
            show_default=False,
        ),
    ] = None,
    epochs: Annotated[
        int | None,
        typer.Option(help="Passes through the data.", parser=whole_number, metavar="N", show_default=False),
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(help="Or a budget of time.", parser=number, metavar="MIN", show_default=False),
    ] = None,
    derivatives: Annotated[
        bool | None,
        typer.Option(
            "--derivatives/--values-only",
            help="dispersion: learn values and exact kernel rows, or values alone.",
            show_default=False,
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            help="Of weights, order and draws.", parser=whole_number, metavar="N", show_default=False
        ),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(help="Of the CPU.", parser=whole_number, metavar="N", show_default=False),
    ] = None,
    test_models: Annotated[
        int | None,
        typer.Option(
            help="Unseen earths on which the errors in the card are measured (200, 50 of acoustic, 20 of elastic; 3000 "
            "events of source); 0 for none.",
            parser=whole_number,
            metavar="N",
            show_default=False,
        ),
    ] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Train a network on exact data, of dispersion also on derivatives; the same command resumes it after a stop."""
    if system not in PLANS:
        raise InputError(f"there is no system {system!r} to train, expected {', '.join(PLANS)}")
    if threads is not None and threads < 1:
        raise InputError(f"--threads {threads} is too few, expected at least 1")
    if test_models is not None and test_models < 0:
        raise InputError(f"--test-models {test_models} is too few, expected at least 0")
    check_folder(out)
    # the errors of acoustic networks are measured against the physics, at the end
    require("training", *(["waves"] if system == "acoustic" and test_models != 0 else []))

    import torch

    from seisgrad.training import fit

    asked = {"epochs": epochs, "minutes": minutes, "seed": seed}
    if before is not None and system != "source":
        raise InputError(f"--from is for source, and a network of {system} begins anew; leave it out")
    more = {} if before is None else {"before": before}
    plan = PLANS[system](config, network, derivatives, asked, **more)
    if threads is not None:
        torch.set_num_threads(threads)
    task = plan.task(data)
    first = os.environ.get("LOCAL_RANK", "0") == "0"  # with several devices, the others run this file too
    number = plan.test_models if test_models is None else test_models
    after = number * SAMPLE[system]
    with _Bar(task.network, out, after, shown=first and not quiet and not as_json) as bar:
        try:
            result = fit(task, plan.settings, out, progress=bar.update)
        except KeyboardInterrupt:
            raise typer.Abort(
                f"interrupted; the same command resumes from the last checkpoint in {out}"
            ) from None
    if first:
        with Console(1, quiet=quiet, as_json=as_json) as console:
            if number > 0 and not result.was_finished:
                plan.measure(out, number, console)
            _tell(result, plan.network, task.network, console, bar.forecast)


class _Bar:
    """Progress with the loss and the time that is left, on a terminal alone.

    Args:
        network: that is trained.
        out: folder of the training.
        after: seconds of what follows it.
        shown: False for silence.
    """

    def __init__(self, network: Any, out: Path, after: float, *, shown: bool) -> None:
        from rich.console import Console as RichConsole
        from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        console = RichConsole()
        self._bar = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            console=console,
            transient=True,
            disable=not shown or not console.is_terminal,
        )
        self._task = self._bar.add_task("training", total=1.0, left="")
        self.forecast, self._out, self._after = Forecast(shown=shown), out, after
        # the weights, and the state with weights, their average and the two moments of each
        self._size = 5 * sum(p.numel() * p.element_size() for p in network.parameters()) / 1e9

    def __enter__(self) -> "_Bar":
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def update(self, at: "Progress") -> None:
        """Show where the training stands."""
        validation = "" if at.validation is None else f", validation {at.validation:.4g}"
        text = f"epoch {at.epoch + 1}  loss {at.loss:.4g}{validation}"
        # from the time used, over all resumptions, and the share of the budget that it was good for
        left = f"{at.seconds * (1 / at.share - 1) / 60:.0f} min left" if at.share > 0 else ""
        self._bar.update(self._task, completed=at.share, description=text, left=left)
        self.forecast.shared(at.share, self._size, self._out, self._after)


def _tell(result: "Result", name: str, network: Any, console: Console, forecast: Forecast) -> None:
    size = sum(p.numel() for p in network.parameters())
    best = result.history[result.best_epoch - 1]
    endings = {"epochs": "all epochs done", "minutes": "the time is up", "patience": "no longer improving"}
    summary = {
        "network": name,
        "parameters": size,
        "was_finished": result.was_finished,
        "resumed_at_step": result.resumed_at,
        "ending": result.ending,
        "epochs": result.epochs,
        "steps": result.steps,
        "seconds": result.seconds,
        "best_epoch": result.best_epoch,
        "validation": {
            k.removeprefix("validation_"): v for k, v in best.items() if k.startswith("validation_")
        },
        "files": {
            "card": result.folder / "card.json",
            "weights": result.folder / "weights.safetensors",
            "log": result.folder / "log.csv",
        },
        **forecast.as_json(),
    }
    errors = ", ".join(f"{name} {value:.4g}" for name, value in summary["validation"].items())
    console.finish(
        summary,
        f"{result.folder} holds a finished training; nothing was left to do"
        if result.was_finished
        else f"trained {name} ({size:,} parameters) for {result.epochs} epochs in "
        f"{result.seconds / 60:.1f} min: {endings[result.ending]}",
        f"best weights after epoch {result.best_epoch}: validation {errors}",
        f"wrote {result.folder}" if not result.was_finished else "train anew with another --out",
    )
