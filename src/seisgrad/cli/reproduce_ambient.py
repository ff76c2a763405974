"""``seisgrad reproduce ambient-noise``: surface waves and waveform inversion along a line, after Zou et al. (2025)."""

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seisgrad.cli.choices import OutFolder, own_operator, whole_number
from seisgrad.cli.console import AsJson, Console, Quiet
from seisgrad.cli.outputs import check_folder, file_name, whole_folder, write_page
from seisgrad.errors import InputError

if TYPE_CHECKING:
    from seisgrad.report.reproduce.ambient import Maker
    from seisgrad.report.reproduce.ambient_fwi import End, Inversions
    from seisgrad.report.reproduce.table import Line

EXAMPLE = "Example: seisgrad reproduce ambient-noise --models 2 --no-fwi --out ambient, then open ambient/report.html"
SHIPPED = "default"


def ambient_noise(
    out: OutFolder = Path("ambient-noise"),
    models: Annotated[
        int,
        typer.Option(
            help="Earths of the training ensemble; of every other kind one.", parser=whole_number, metavar="N"
        ),
    ] = 8,
    operator: Annotated[
        str,
        typer.Option(
            help="A shipped surrogate, a folder that seisgrad train has written, harmonic for the exact operator, or "
            "module:attribute, called with a grid and a survey.",
            metavar="NAME",
        ),
    ] = SHIPPED,
    fwi: Annotated[
        bool, typer.Option("--fwi/--no-fwi", help="Also invert waveforms: most of the time.")
    ] = True,
    fwi_epochs: Annotated[
        int,
        typer.Option(
            help="Passes through the data in each of the four bands.", parser=whole_number, metavar="N"
        ),
    ] = 5,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Surface waves of a learned operator and ambient-noise inversions with it: Zou et al. (2025), synthetic part.

    An inversion that was stopped goes on where it was.
    """
    for option, value in (("--models", models), ("--fwi-epochs", fwi_epochs)):
        if value < 1:
            raise InputError(f"{option} {value} is too few, expected at least 1")
    check_folder(out)

    from seisgrad.cli.costs import of_ambient
    from seisgrad.report.reproduce.ambient import CASES, Setting
    from seisgrad.report.reproduce.ambient_fwi import TRIALS, Inversions

    begin = time.perf_counter()
    with Console(len(CASES) + (len(TRIALS) + 3 if fwi else 0) + 5, quiet=quiet, as_json=as_json) as console:
        with console.step("Load the operators"):
            setting = Setting()
            work = _Work(operator, _maker(operator), Inversions(setting, fwi_epochs, out / "state"), console)
        console.forecast.say(of_ambient(models, fwi_epochs if fwi else 0, out))
        work.waves(models)
        work.kernels()
        if fwi:
            work.invert()
        work.elsewhere()
        with console.step("Draw the figures"):
            drawn = work.figures()
        with console.step("Write the results and the report"), whole_folder(out) as folder:
            work.write(drawn, folder)
        seconds = time.perf_counter() - begin
        files = {"results": out / "results.csv", "report": out / "report.html"}
        summary = {"models": models, "seconds": seconds, "files": files}
        console.finish(summary, *work.in_short(), f"{seconds:.0f} s", f"wrote {out / 'report.html'}")


def _maker(name: str) -> "Maker":
    """What makes the operator of this name; what lies outside the range of its training is judged too.

    Raises:
        InputError: nothing of this name is there.
    """
    from seisgrad.elastic import card_of, load
    from seisgrad.report.reproduce.ambient import exact

    if name == "harmonic":
        return exact
    if ":" in name:
        return partial(own_operator, name)
    card_of(name)  # says now what is missing
    return lambda grid, survey: load(name, grid, survey, outside="allow")


class _Work:
    """What has been found so far: lines of the table, and what the figures are drawn from."""

    def __init__(self, name: str, make: "Maker", inversions: "Inversions", console: Console) -> None:
        self.name, self.make, self.inversions, self.console = name, make, inversions, console
        self.lines: list[Line] = []
        self.drawn: dict[str, bytes] = {}
        self.ends: list[End] = []

    def waves(self, models: int) -> None:
        """Spectra of every kind of earth."""
        from seisgrad.elastic import Background
        from seisgrad.report.figures import png
        from seisgrad.report.reproduce import ambient_figures as figures
        from seisgrad.report.reproduce.ambient import CASES, exact
        from seisgrad.report.reproduce.ambient_waves import ALL, evaluate, wave_lines

        makers: dict[str, Maker] = {"background": Background, self.name: self.make, "exact": exact}
        every = []
        for case in CASES:
            with self.console.step(f"Records, {case.name}") as step:
                found = evaluate(case, makers, models, self.inversions.truth, step.at)
                lines = wave_lines(found)
                told = {
                    r.operator: r.mean for r in lines if r.case.endswith(ALL) and r.metric == "correlation"
                }
                step.say("correlation " + ", ".join(f"{name} {value:.4f}" for name, value in told.items()))
            every.append(found)
            self.lines += lines
        self.drawn["correlation"] = png(figures.correlation_figure(every[:3]))
        self.drawn["records"] = png(figures.records_figure(every[1], self.name))

    def kernels(self) -> None:
        """Gradients at the 1-D start."""
        from seisgrad.report.figures import png
        from seisgrad.report.reproduce.ambient import BASIN, exact
        from seisgrad.report.reproduce.ambient_figures import kernels_figure
        from seisgrad.report.reproduce.ambient_fwi import ADJOINT
        from seisgrad.report.reproduce.ambient_kernels import kernel_lines, kernels

        with self.console.step("Sensitivity at the start") as step:
            truth = self.inversions.truth(BASIN)
            makers: dict[str, Maker] = {self.name: self.make, ADJOINT: exact}
            found = kernels(truth, makers, self.inversions.setting, step.at)
        self.lines += kernel_lines(found)
        self.drawn["kernels"] = png(kernels_figure(found))

    def invert(self) -> None:
        """Every trial of the learned operator, and the controls of the first one."""
        from seisgrad.report.reproduce.ambient_fwi import NOISE_FREE, TRIALS, fwi_lines

        label = file_name(f"{self.name}-{self._digest()}".strip("-"))
        runs = [
            (trial.name, lambda t, tell: self.inversions.learned(self.name, self.make, t, label, tell), trial)
            for trial in TRIALS
        ]
        runs += [
            ("adjoint", lambda t, tell: self.inversions.adjoint(t, tell), NOISE_FREE),
            ("adjoint, full batch", lambda t, tell: self.inversions.adjoint(t, tell, full=True), NOISE_FREE),
            (
                "then exact",
                lambda t, tell: self.inversions.then_exact(self.name, self.make, t, label, tell),
                NOISE_FREE,
            ),
        ]
        for name, run, trial in runs:
            with self.console.step(f"Inversion, {name}") as step:
                end = run(trial, step.at)
                step.say(f"error of vs {end.errors[0]:.3f} to {end.errors[-1]:.3f} km/s, {end.ratio:.0%}")
            self.ends.append(end)
        self.lines += fwi_lines(self.ends)

    def elsewhere(self) -> None:
        """What was measured once: noise to velocities, and training in a new region, where the files are there."""
        from seisgrad.report.figures import png
        from seisgrad.report.reproduce.ambient_figures import tuning_figure
        from seisgrad.report.reproduce.ambient_noise import noise_lines
        from seisgrad.report.reproduce.ambient_tuning import tuning, tuning_lines

        with self.console.step("What experiments have measured") as step:
            found, noise = tuning(), noise_lines()
            if found is None or not noise:
                step.say("left out in part: its files belong to the repository and not to the package")
        self.lines += noise
        if found is None:
            return
        self.lines += tuning_lines(found)
        self.drawn["tuning"] = png(tuning_figure(found))

    def figures(self) -> dict[str, bytes]:
        """All figures as PNG."""
        from seisgrad.report.figures import png
        from seisgrad.report.reproduce import ambient_figures as figures
        from seisgrad.report.reproduce.ambient import BASIN, SEED

        if not self.ends:
            return self.drawn
        truth = self.inversions.truth(BASIN)
        of = {(end.operator, end.trial.name): end for end in self.ends}
        controls = [end for end in self.ends if end.trial.name == "noise-free"]
        noise = [of[self.name, f"noise-{k}x"] for k in (5, 10)]
        starts = [of[self.name, name] for name in ("noise-free", "start-los-angeles", "start-straight")]
        others = [of[self.name, name] for name in ("basin-2", "short-1", "short-2")]
        truths = {end.trial.name: self.inversions.truth(end.trial.earth) for end in others}
        return self.drawn | {
            "course": png(figures.course_figure(controls)),
            "noise": png(figures.noise_figure(truth, (0.0, 5.0, 10.0), SEED)),
            "sections": png(figures.sections_figure(truth, [*controls, *noise])),
            "starts": png(figures.sections_figure(truth, starts)),
            "others": png(figures.others_figure(truths, others)),
        }

    def write(self, drawn: dict[str, bytes], folder: Path) -> None:
        """``results.csv``, the figures and ``report.html``."""
        from seisgrad.report.reproduce.ambient import EXPERIMENT
        from seisgrad.report.reproduce.ambient_page import ambient_page
        from seisgrad.report.reproduce.table import write_tables

        write_tables(folder, self.lines, EXPERIMENT)
        write_page(folder, ambient_page(self.lines, drawn), drawn)

    def in_short(self) -> list[str]:
        """The error ratio of every inversion."""
        return [
            f"{r.case}, {r.operator}: error of vs {r.mean:.0%} of the start's"
            for r in self.lines
            if r.metric == "fwi_vs_error_ratio"
        ]

    def _digest(self) -> str:
        """Tells the weights of states from others."""
        truth = next(iter(self.inversions.truths.values()))
        op = self.make(truth.grid, truth.survey)
        return str(getattr(op, "card", {}).get("sha256", ""))[:8]
