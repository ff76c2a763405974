"""``seisgrad reproduce``: the papers' tables and figures, with ours beside them."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seisgrad.cli import reproduce_acoustic, reproduce_ambient, reproduce_sourcenet
from seisgrad.cli.choices import OutFolder, check_operator, load_operator, shipped_operators, whole_number
from seisgrad.cli.console import AsJson, Console, Quiet
from seisgrad.cli.outputs import check_folder, whole_folder
from seisgrad.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

    from seisgrad.operator import Operator
    from seisgrad.report.reproduce.kernels import Comparison
    from seisgrad.report.reproduce.table import Line

HELP = "Make the table and figures of a paper, with ours beside its own."
EXAMPLE = "Example: seisgrad reproduce kernels --out kernels, then open kernels/report.html"

app = typer.Typer(help=HELP, epilog=EXAMPLE, no_args_is_help=True)


@app.callback()
def _group() -> None:
    """One experiment per word."""


app.command("acoustic", epilog=reproduce_acoustic.EXAMPLE)(reproduce_acoustic.acoustic)
app.command("ambient-noise", epilog=reproduce_ambient.EXAMPLE)(reproduce_ambient.ambient_noise)
app.command("sourcenet", epilog=reproduce_sourcenet.EXAMPLE)(reproduce_sourcenet.sourcenet)


@app.command("kernels", epilog=EXAMPLE)
def kernels(
    out: OutFolder = Path("kernels"),
    models: Annotated[
        int, typer.Option(help="Models drawn from each prior.", parser=whole_number, metavar="N")
    ] = 1000,
    operator: Annotated[
        list[str] | None,
        typer.Option(
            help="A shipped operator, a folder that seisgrad train has written, or module:attribute for a callable of "
            "your own; may be given several times. All shipped ones by default.",
            metavar="NAME",
            show_default=False,
        ),
    ] = None,
    train: Annotated[
        bool,
        typer.Option(
            "--train",
            help="Make the shipped operators again from nothing first, data included, as their cards say, in "
            "OUT/training: hours, and resumed after a stop.",
        ),
    ] = False,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Kernels of learned dispersion operators: Table 1 of arXiv:2604.04107, and the raw kernels behind it."""
    if models < 1:
        raise InputError(f"--models {models} is too few, expected at least 1")
    names = tuple(dict.fromkeys(operator or shipped_operators()))
    for name in names:
        check_operator(name)
    check_folder(out)

    from seisgrad.cli.costs import of_kernels
    from seisgrad.report.reproduce.ensembles import ensembles_of

    ensembles = tuple(dict.fromkeys(ensemble for name in names for ensemble in ensembles_of(name)))
    begin = time.perf_counter()
    new = _trained_again(names, out / "training", quiet=quiet or as_json) if train else {}
    with Console(len(ensembles) + 5, quiet=quiet, as_json=as_json) as console:
        with console.step("Load the operators"):
            operators = {name: _load(new.get(name, name)) for name in names}
        console.forecast.say(of_kernels(models, len(ensembles), out))
        work = _Work(operators)
        for ensemble in ensembles:
            work.compare(ensemble, models, console)
        work.artefacts(models, console)
        work.recover(models, console)
        with console.step("Draw the figures"):
            drawn = work.figures()
        with console.step("Write the results and the report"), whole_folder(out) as folder:
            work.write(drawn, folder)
        seconds = time.perf_counter() - begin
        files = {"results": out / "results.csv", "distributions": out / "distributions.csv"}
        summary = {
            "models": work.counts,
            "seconds": seconds,
            "files": files | {"report": out / "report.html"},
        }
        console.finish(summary, *work.in_short(), f"{seconds:.0f} s", f"wrote {out / 'report.html'}")


def _trained_again(names: Sequence[str], folder: Path, *, quiet: bool) -> dict[str, str]:
    """New weights of all of them that are shipped surrogates, by name."""
    from seisgrad.cli.training_again import train_again

    shipped = set(shipped_operators()) - {"exact"}
    return {name: str(train_again(name, folder / name, quiet=quiet)) for name in names if name in shipped}


def _load(name: str) -> "Operator":
    """An operator on the grid and, at least, the branches and periods of the table."""
    import torch

    from seisgrad.dispersion import Physics
    from seisgrad.dispersion.prior import DEPTH
    from seisgrad.operator import Function, Operator
    from seisgrad.report.reproduce.kernels import SURVEY

    found = load_operator(name, SURVEY, DEPTH, "nan")  # what a surrogate refuses is counted as missing
    if isinstance(found, Operator):
        return found
    weight = next(found.parameters(), None) if isinstance(found, torch.nn.Module) else None
    dtype = DEPTH.dtype if weight is None else weight.dtype
    exact = Physics(SURVEY, DEPTH)
    return Function(lambda x: found(x.to(dtype)).to(x.dtype), exact.domain, exact.codomain)


class _Work:
    """What has been found so far: lines of the table, and what the figures are drawn from."""

    def __init__(self, operators: "dict[str, Operator]") -> None:
        self.operators = operators
        self.lines: list[Line] = []
        self.counts: dict[str, int] = {}
        self.own: dict[str, tuple[Comparison, Tensor]] = {}
        self.recovery: dict[str, bytes] = {}

    def compare(self, ensemble: str, number: int, console: Console) -> None:
        """All operators that are judged on this ensemble."""
        from seisgrad.dispersion.prior import DEPTH
        from seisgrad.report.reproduce.ensembles import ensembles_of, models
        from seisgrad.report.reproduce.kernels import evaluate
        from seisgrad.report.reproduce.table import lines

        judged = {name: op for name, op in self.operators.items() if ensemble in ensembles_of(name)}
        with console.step(f"Compare on {ensemble}") as step:
            earths = models(ensemble, number)
            if earths is None:
                step.say("left out: its file is not there, see SEISGRAD_DATA")
                return
            count = self.counts[ensemble] = len(earths)
            found = evaluate(judged, earths, DEPTH, lambda done: step.at(f"{done} of {count} models"))
            step.say(f"{count} models, {', '.join(judged)}")
        for name, comparison in found.items():
            self.lines += lines(name, ensemble, comparison)
            if not ensembles_of(name)[ensemble]:
                self.own[name] = (comparison, earths)

    def figures(self) -> dict[str, bytes]:
        """Three figures for every operator that is not the exact one, on its own prior."""
        from seisgrad.dispersion.prior import DEPTH
        from seisgrad.report.figures import png
        from seisgrad.report.reproduce import figures
        from seisgrad.report.reproduce.ensembles import OWN
        from seisgrad.report.reproduce.table import PAPER_PRIORS

        drawn = {}
        for name, (comparison, earths) in self.own.items():
            if name == "exact":
                continue
            shown = figures.typical(self.operators[name], comparison, earths, DEPTH)
            beside_paper = OWN.get(name, PAPER_PRIORS[0]) in PAPER_PRIORS
            drawn[f"table-{name}"] = png(figures.table_figure(comparison, beside_paper=beside_paper))
            drawn[f"kernels-{name}"] = png(figures.kernels_figure(shown, name))
            drawn[f"cosine-{name}"] = png(figures.cosine_figure(comparison))
        return drawn | self._imprint() | self.recovery

    def _imprint(self) -> dict[str, bytes]:
        """The prior experiment, where its operators are among those asked for."""
        from seisgrad.dispersion.surrogate import DispersionNet
        from seisgrad.report.reproduce.imprint import drawable, experiment

        nets = {name: op for name, op in self.operators.items() if isinstance(op, DispersionNet)}
        if not drawable(nets):
            return {}
        priors = {name: net.card["data"]["settings"]["prior"] for name, net in nets.items()}
        return {"imprint": experiment(nets, priors)}

    def artefacts(self, number: int, console: Console) -> None:
        """Every operator's fixed-depth artefacts on the same earths, those of the weak prior."""
        from seisgrad.report.reproduce.ensembles import models
        from seisgrad.report.reproduce.imprint import ENSEMBLE, MOST, artefact_lines, artefacts

        earths = models(ENSEMBLE, min(number, MOST))
        assert earths is not None
        with console.step("Look for artefacts") as step:
            for name, operator in self.operators.items():
                step.at(name)
                self.lines += artefact_lines(name, artefacts(operator, earths), len(earths))
            step.say(f"{len(earths)} models of {ENSEMBLE}")

    def recover(self, number: int, console: Console) -> None:
        """Earths of the weak prior from their curves, by every operator that belongs to it."""
        from seisgrad.report.figures import png
        from seisgrad.report.reproduce.ensembles import OWN
        from seisgrad.report.reproduce.recovery import recover, recovery_lines
        from seisgrad.report.reproduce.recovery_figure import recovery_figure
        from seisgrad.report.reproduce.recovery_sites import ENSEMBLE, LEAST, drawn

        with console.step("Recover earths") as step:
            if number < LEAST:
                step.say(f"left out: it takes at least {LEAST} models")
                return
            setting, earths = drawn(number)
            found, refused = {}, ""
            for name, operator in self.operators.items():
                if OWN.get(name, ENSEMBLE) == ENSEMBLE:
                    step.at(name)
                    try:
                        found[name] = recover(
                            operator, setting, lambda done, n=name: step.at(f"{n}: {done} earths")
                        )
                        self.lines += recovery_lines(name, found[name], setting)
                    except InputError as reason:
                        refused += f"; {name} left out: {reason}"
            if found:
                name = "default" if "default" in found else next(iter(found))
                self.recovery = {"recovery": png(recovery_figure(found[name], setting, earths, name))}
            step.say(", ".join((f"{len(earths)} models of {ENSEMBLE}", *found)) + refused)

    def write(self, drawn: dict[str, bytes], folder: Path) -> None:
        """``results.csv``, ``distributions.csv``, the figures and ``report.html``."""
        from seisgrad.report.reproduce.page import kernels_page
        from seisgrad.report.reproduce.table import write_tables

        write_tables(folder, self.lines)
        for name, png in drawn.items():
            (folder / f"{name.replace(':', '-').replace('/', '-')}.png").write_bytes(png)
        page = kernels_page(self.lines, drawn, self.counts)
        (folder / "report.html").write_text(page.html(), encoding="utf-8")

    def in_short(self) -> list[str]:
        """One line per operator: the worst band of the velocity and of the kernels on its own prior."""
        said = []
        for name in self.operators:
            own = [r for r in self.lines if r.operator == name and r.case.split()[0] in ("rayleigh", "love")]
            error = max((r for r in own if r.metric == "mape_percent"), key=lambda r: r.mean)
            angle = min((r for r in own if r.metric == "raw_cosine_vs"), key=lambda r: r.mean)
            said.append(
                f"{name}: velocity off by at most {error.mean:.2g} % ({error.case} s), raw cosine of the kernels of "
                f"vs at least {angle.mean:.4f} ({angle.case} s), means of a band"
            )
        return said
