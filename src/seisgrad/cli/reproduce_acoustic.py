"""``seisgrad reproduce acoustic``: learned wavefields and waveform inversion, after Yang et al. (2021)."""

import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seisgrad.cli.choices import OutFolder, own_operator, whole_number
from seisgrad.cli.console import AsJson, Console, Quiet
from seisgrad.cli.outputs import check_folder, whole_folder, write_page
from seisgrad.errors import InputError

if TYPE_CHECKING:
    from seisgrad.acoustic import Grid, Survey
    from seisgrad.operator import Operator
    from seisgrad.report.reproduce.acoustic import Maker, Setting
    from seisgrad.report.reproduce.acoustic_fields import Fields
    from seisgrad.report.reproduce.acoustic_fwi import Inversions
    from seisgrad.report.reproduce.table import Line

EXAMPLE = (
    "Example: seisgrad reproduce acoustic --models 20 --no-fwi --out acoustic, then open acoustic/report.html"
)

#: Those that have learned nothing, and the one that comes with the package.
BACKGROUNDS, SHIPPED = ("background", "outgoing"), "default"


def acoustic(
    out: OutFolder = Path("acoustic"),
    models: Annotated[
        int,
        typer.Option(
            help="Validation models; a quarter as many of every other kind.", parser=whole_number, metavar="N"
        ),
    ] = 200,
    operator: Annotated[
        list[str] | None,
        typer.Option(
            help="background, outgoing, exact, a shipped surrogate, a folder that seisgrad train has written, or "
            "module:attribute, called with a grid and a survey; may be given several times. By default background, "
            "outgoing and default. The first that has learned is inverted with.",
            metavar="NAME",
            show_default=False,
        ),
    ] = None,
    fwi: Annotated[
        bool, typer.Option("--fwi/--no-fwi", help="Also invert waveforms: most of the time.")
    ] = True,
    fwi_iterations: Annotated[
        int,
        typer.Option(
            help="Steps of every inversion in each of its four bands.", parser=whole_number, metavar="N"
        ),
    ] = 8,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Waves of learned acoustic operators and inversions with them: Yang et al. (2021).

    An inversion that was stopped goes on where it was.
    """
    for option, value in (("--models", models), ("--fwi-iterations", fwi_iterations)):
        if value < 1:
            raise InputError(f"{option} {value} is too few, expected at least 1")
    names = tuple(dict.fromkeys(operator or (*BACKGROUNDS, SHIPPED)))
    check_folder(out)

    from seisgrad.cli.costs import of_acoustic
    from seisgrad.report.reproduce.acoustic import CASES, Setting
    from seisgrad.report.reproduce.acoustic_fwi import CASES as TRUTHS

    begin = time.perf_counter()
    learned = [name for name in names if name not in (*BACKGROUNDS, "exact")]
    truths = TRUTHS if fwi and learned else ()
    with Console(len(CASES) + len(truths) + 6, quiet=quiet, as_json=as_json) as console:
        with console.step("Load the operators"):
            makers = {name: _maker(name) for name in names}
            work = _Work(makers, (learned or names)[0], Setting(), models, console)
        console.forecast.say(of_acoustic(models, len(truths), fwi_iterations, out))
        work.fields()
        work.in_time()
        work.sizes()
        work.locate()
        for truth in truths:
            work.invert(truth, learned[0], fwi_iterations, out / "state")
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
    from seisgrad.acoustic import Physics
    from seisgrad.acoustic.outgoing import Outgoing
    from seisgrad.acoustic.straight_ray import StraightRay

    known: dict[str, Maker] = {"background": StraightRay, "outgoing": Outgoing, "exact": Physics}
    if name in known:
        return known[name]

    def of_weights(grid: "Grid", survey: "Survey") -> "Operator":
        from seisgrad.acoustic.surrogate import load

        return load(name, grid, survey, outside="allow")

    if ":" in name:
        return partial(own_operator, name)
    from seisgrad.acoustic.surrogate import card_of

    card_of(name)  # says now what is missing
    return of_weights


class _Work:
    """What has been found so far: lines of the table, and what the figures are drawn from."""

    def __init__(
        self, makers: "Mapping[str, Maker]", shown: str, setting: "Setting", models: int, console: Console
    ) -> None:
        self.makers, self.shown, self.setting = makers, shown, setting
        self.models, self.console = models, console
        self.lines: list[Line] = []
        self.drawn: dict[str, bytes] = {}
        self._fields: list[Fields] = []
        self._inversions: list[Inversions] = []

    def fields(self) -> None:
        """Spectra at all nodes, of every kind of model."""
        from seisgrad.report.reproduce.acoustic import CASES
        from seisgrad.report.reproduce.acoustic_fields import evaluate, field_lines

        for case in CASES:
            with self.console.step(f"Waves, {case.name}") as step:
                found = evaluate(case, self.makers, case.number(self.models), self.setting, step.at)
                step.say(f"{len(found.errors[self.shown])} models")
            self._fields.append(found)
            self.lines += field_lines(found)

    def in_time(self) -> None:
        """Traces, as the paper has them."""
        from seisgrad.report.figures import png
        from seisgrad.report.reproduce.acoustic_figures import waveforms_figure
        from seisgrad.report.reproduce.acoustic_time import MOST, in_time, time_lines

        number = min(MOST, self.models)
        with self.console.step("Waves in time") as step:
            found = in_time(self.makers, number, self.setting, step.at)
            step.say(f"{number} models")
        self.lines += time_lines(found)
        self.drawn["waveforms"] = png(waveforms_figure(found, self.shown))

    def sizes(self) -> None:
        """How many models it takes, where the file that says so is there."""
        from seisgrad.report.figures import png
        from seisgrad.report.reproduce.acoustic_figures import sizes_figure
        from seisgrad.report.reproduce.acoustic_sizes import FILE, size_lines, sizes

        with self.console.step("How many models it takes") as step:
            found = sizes()
            if found is None:
                step.say(f"left out: {FILE.name} is part of the repository and not of the package")
                return
            step.say(f"as measured by {FILE.parent.parent.name}/size_curve.py")
        self.lines += size_lines(found)
        self.drawn["sizes"] = png(sizes_figure(found))

    def locate(self) -> None:
        """A source by the derivative with respect to its position."""
        from seisgrad.report.figures import png
        from seisgrad.report.reproduce.acoustic_figures import source_figure
        from seisgrad.report.reproduce.acoustic_source import locate, source_lines

        with self.console.step("Locate a source"):
            found = locate(self.setting)
        self.lines += source_lines(found)
        self.drawn["source"] = png(source_figure(found))

    def invert(self, case: str, name: str, iterations: int, folder: Path) -> None:
        """One true model, in every way."""
        from seisgrad.report.reproduce.acoustic_fwi import Truth, fwi_lines, invert_all

        with self.console.step(f"Inversions, {case}") as step:
            label = _label(name, self.makers[name], self.setting)
            truth = Truth(case, self.setting)
            found = invert_all(truth, name, self.makers[name], iterations, folder / case, label, step.at)
            ends = (f"{way} {end.model_misfit:.4f}" for way, end in found.found.items())
            step.say(f"model misfit: {', '.join(ends)}")
        self._inversions.append(found)
        self.lines += fwi_lines(found)

    def figures(self) -> dict[str, bytes]:
        """All figures as PNG."""
        from seisgrad.report.figures import png
        from seisgrad.report.reproduce import acoustic_figures as figures

        drawn = self.drawn | {
            "errors": png(figures.errors_figure(self._fields)),
            "fields": png(figures.fields_figure(self._fields, self.shown)),
        }
        if self._inversions:
            drawn["fwi"] = png(figures.fwi_figure(self._inversions))
        return drawn

    def write(self, drawn: dict[str, bytes], folder: Path) -> None:
        """``results.csv``, ``distributions.csv``, the figures and ``report.html``."""
        from seisgrad.report.reproduce.acoustic import EXPERIMENT
        from seisgrad.report.reproduce.acoustic_page import acoustic_page
        from seisgrad.report.reproduce.table import write_tables

        write_tables(folder, self.lines, EXPERIMENT)
        write_page(folder, acoustic_page(self.lines, drawn), drawn)

    def in_short(self) -> list[str]:
        """The errors on the validation models, and in time."""
        said = []
        for case in ("validation", "time-domain"):
            found = [r for r in self.lines if r.case == case and r.metric == "relative_l2"]
            said.append(f"{case}: relative L2 " + ", ".join(f"{r.operator} {r.mean:.3f}" for r in found))
        return said


def _label(name: str, make: "Maker", setting: "Setting") -> str:
    """A name for the state of inversions with these weights and no other ones."""
    op = make(setting.grid, setting.survey(0.5 * setting.grid.nodes[-1:]))
    digest = str(getattr(op, "card", {}).get("sha256", ""))[:8]
    plain = "".join(letter if letter.isalnum() else "-" for letter in name).strip("-")
    return f"{plain}-{digest}" if digest else plain
