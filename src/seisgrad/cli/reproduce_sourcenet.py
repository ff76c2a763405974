"""``seisgrad reproduce sourcenet``: moment tensors by a network of sources, after arXiv:2601.06320."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from seisgrad.cli.choices import OutFolder, whole_number
from seisgrad.cli.console import AsJson, Console, Quiet
from seisgrad.cli.outputs import check_folder, whole_folder, write_page
from seisgrad.cli.sourcenet_trial import foretold, numbers
from seisgrad.errors import InputError

if TYPE_CHECKING:
    from seisgrad.report.reproduce.sourcenet import Group
    from seisgrad.report.reproduce.sourcenet_tables import Row
    from seisgrad.report.reproduce.table import Line
    from seisgrad.source.judging import Errors
    from seisgrad.source.surrogate import SourceNet

EXAMPLE = (
    "Example: seisgrad reproduce sourcenet --events 500 --out sourcenet, then open sourcenet/report.html"
)
SHIPPED = "default"


def sourcenet(
    out: OutFolder = Path("sourcenet"),
    bank: Annotated[
        Path | None,
        typer.Option(
            help="Green's functions; models that they lack are added, at fifteen seconds of a core each. By default "
            "greens.zarr beside --out.",
            show_default=False,
            metavar="DIR",
        ),
    ] = None,
    events: Annotated[
        int,
        typer.Option(
            help="Events drawn through each group of earths; errors are of those with the stations of a case.",
            parser=whole_number,
            metavar="N",
        ),
    ] = 3000,
    operator: Annotated[
        list[str] | None,
        typer.Option(
            help="A shipped network, or a folder that a training has left; may be given several times: others are "
            "compared with the first in pairs. By default the one that is shipped.",
            metavar="NAME",
            show_default=False,
        ),
    ] = None,
    by_heart: Annotated[
        bool,
        typer.Option(
            "--by-heart/--no-by-heart", help="Also train a network on a hundred events: some minutes."
        ),
    ] = True,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Moment tensors of synthetic earthquakes by networks that learned from others: SourceNet, arXiv:2601.06320.

    What was judged is kept in OUT/state, and a command that was stopped goes on there.
    """
    if events < 1:
        raise InputError(f"--events {events} is too few, expected at least 1")
    names = tuple(dict.fromkeys(operator or (SHIPPED,)))
    check_folder(out)
    bank = check_folder(out.absolute().parent / "greens.zarr" if bank is None else bank)

    from seisgrad.report.reproduce.sourcenet import GROUPS
    from seisgrad.source.surrogate import load

    begin = time.perf_counter()
    with Console(len(GROUPS) + 10, quiet=quiet, as_json=as_json) as console:
        with console.step("Load the networks"):
            work = _Work({name: load(name) for name in names}, bank, events, out / "state", console)
        work.greens()
        with console.step("Draw events for a trial"):
            told = foretold(work.networks, bank, events, work.state, out, by_heart=by_heart)
        console.forecast.say(told)
        for group in GROUPS:
            work.judge(group)
        work.scalars()
        work.removals()
        work.latent()
        work.noise()
        if by_heart:
            work.by_heart()
        work.elsewhere()
        with console.step("Draw the figures"):
            work.figures()
        with console.step("Write the results and the report"), whole_folder(out) as folder:
            work.write(folder)
        seconds = time.perf_counter() - begin
        files = {"results": out / "results.csv", "report": out / "report.html"}
        summary = {"events": events, "seconds": seconds, "files": files}
        console.finish(summary, *work.in_short(), f"{seconds:.0f} s", f"wrote {out / 'report.html'}")


class _Work:
    """What has been found so far: lines of the table, and what the figures are drawn from."""

    def __init__(
        self, networks: "dict[str, SourceNet]", bank: Path, events: int, state: Path, console: Console
    ) -> None:
        self.networks, self.bank, self.events, self.state, self.console = (
            networks,
            bank,
            events,
            state,
            console,
        )
        self.number = numbers(events)
        self.shown = next(iter(networks))
        self.lines: list[Line] = []
        self.drawn: dict[str, bytes] = {}
        self.rows: list[Row] = []
        self.missing: list[str] = []
        self.found: dict[str, dict[str, Errors]] = {name: {} for name in networks}

    def greens(self) -> None:
        """The bank, or what it lacks."""
        from seisgrad.cli.greens import complete_bank, in_step
        from seisgrad.report.reproduce.sourcenet import GROUPS, elsewhere

        with self.console.step("Green's functions") as step:
            own = elsewhere()
            names = dict.fromkeys(name for group in GROUPS for name in group.models if name not in own)
            complete_bank(
                self.bank,
                tuple(names),
                None,
                in_step(step, self.bank, shown=self.console.forecast.shown),
                own,
            )
            step.say(f"{len(names) + len(own)} velocity models in {self.bank.name}")

    def judge(self, group: "Group") -> None:
        """Errors on the events of a group."""
        from seisgrad.report.reproduce.sourcenet import CASES, case_lines, errors_on

        with self.console.step(f"Events, {group.name}") as step:
            found = errors_on(group, self.networks, self.bank, self.events, self.state, step.at)
            step.say(f"{len(found[self.shown].kagan)} events, {', '.join(self._means(found))}")
        for name, errors in found.items():
            self.found[name][group.name] = errors
            for case in CASES:
                if case.group == group.name:
                    self.lines += case_lines(name, case, errors)

    def _means(self, found: "dict[str, Errors]") -> list[str]:
        return [f"{name} {float(errors.kagan.mean()):.1f}°" for name, errors in found.items()]

    def scalars(self) -> None:
        """Without the numbers beside the windows."""
        from seisgrad.report.reproduce.sourcenet_probes import scalar_lines

        with self.console.step("Without scalars") as step:
            for name, network in self.networks.items():
                step.at(name)
                self.lines += scalar_lines(name, network.network, _inner(), self.bank, self.number.scalars)

    def removals(self) -> None:
        """Attention, and what removing stations does."""
        from seisgrad.report.figures import png
        from seisgrad.report.reproduce.sourcenet_figures import attention_figure
        from seisgrad.report.reproduce.sourcenet_probes import removal_lines, remove_stations

        with self.console.step("Without some stations") as step:
            network = self.networks[self.shown].network
            found = remove_stations(network, _inner(), self.bank, self.number.removed, step.at)
            step.say(f"{len(found.error['all'])} events")
        self.lines += removal_lines(self.shown, found, _inner())
        self.drawn["attention"] = png(attention_figure(found))

    def latent(self) -> None:
        """Where events of other earths lie, and the one real event where its records are there."""
        from seisgrad.report.figures import png
        from seisgrad.report.reproduce.sourcenet import GROUPS
        from seisgrad.report.reproduce.sourcenet_figures import latent_figure
        from seisgrad.report.reproduce.sourcenet_latent import events_of, latent, latent_lines, one_event
        from seisgrad.report.reproduce.sourcenet_noise import CASE, byron

        with self.console.step("Features of events") as step:
            inner = [group._replace(stations=_inner().stations) for group in GROUPS if not group.mixed]
            of = {group.name: group for group in sorted(inner, key=lambda g: g.name != "training-columns")}
            gathers = events_of(of, self.bank, self.number.latent)
            event = byron()
            if event is not None:
                gathers[CASE] = one_event(event.gather())
            found = latent(self.networks[self.shown].network, gathers)
            step.say(", ".join(f"{name} mixed {value:.2f}" for name, value in found.mixing.items()))
        self.lines += latent_lines(self.shown, found)
        self.drawn["latent"] = png(latent_figure(found))

    def noise(self) -> None:
        """Spectra of drawn and of recorded noise, where there are records."""
        from seisgrad.report.figures import png
        from seisgrad.report.reproduce.sourcenet_figures import noise_figure
        from seisgrad.report.reproduce.sourcenet_noise import CASE, byron, noise_lines, noise_spectra

        with self.console.step("Noise") as step:
            event = byron()
            if event is None:
                step.say("left out: the records are not there, see SEISGRAD_DATA")
                self.missing.append(
                    f"The spectra of recorded noise and the real event were left out: {CASE} is not there, see "
                    "SEISGRAD_DATA."
                )
                return
            found = noise_spectra(event)
            step.say(f"{found.inside:.0%} of recorded spectra within 90 % of the drawn ones")
        self.lines += noise_lines(found)
        self.drawn["noise"] = png(noise_figure(found))

    def by_heart(self) -> None:
        """A hundred events over and over, by the kind of network that is shown."""
        from seisgrad.report.figures import png
        from seisgrad.report.reproduce.sourcenet import prior_of
        from seisgrad.report.reproduce.sourcenet_figures import heart_figure
        from seisgrad.report.reproduce.sourcenet_heart import STEPS, by_heart, heart_lines, kept_by_heart

        with self.console.step("A hundred events by heart") as step:
            kind = self.networks[self.shown].card["network"]
            course = kept_by_heart(
                self.state / f"by-heart-{kind}-{STEPS}.json",
                lambda: by_heart(prior_of(self.bank, _inner()), kind, tell=step.at),
            )
            step.say(f"{course.kagan[-1]:.1f}°")
        self.lines += heart_lines(kind, course)
        self.drawn["heart"] = png(heart_figure({kind: course}))

    def elsewhere(self) -> None:
        """Other trainings: those asked for beside the first one, or what was judged once, where the file is there."""
        from seisgrad.report.reproduce.sourcenet import random_lines
        from seisgrad.report.reproduce.sourcenet_pairs import pair_lines
        from seisgrad.report.reproduce.sourcenet_tables import FILE, read_rows, table_lines

        self.lines += random_lines()
        first, *others = self.found
        for name in others:
            self.lines += pair_lines(name, self.found[name], self.found[first])
        with self.console.step("What experiments have measured") as step:
            self.rows = read_rows()
            if not self.rows:
                step.say(f"left out: {FILE.name} is part of the repository and not of the package")
                self.missing.append(
                    "Baselines and ablations were left out: their table is part of the repository."
                )
                return
            step.say(f"read from experiments/{FILE.parent.parent.name}/results/{FILE.name}, not trained here")
        self.lines += table_lines(self.rows)

    def figures(self) -> None:
        """Those of the errors, and of the trainings that were read."""
        from seisgrad.report.figures import png
        from seisgrad.report.reproduce import sourcenet_figures as figures
        from seisgrad.report.reproduce.sourcenet_tables import ABLATIONS, BASELINES

        self.drawn["errors"] = png(figures.errors_figure(self.found[self.shown]))
        for name, of in (("baselines", BASELINES), ("ablations", ABLATIONS)):
            if any(row.network in of for row in self.rows):
                self.drawn[name] = png(figures.networks_figure(self.rows, of))
        if self.rows:
            self.drawn["teaching"] = png(figures.teaching_figure(self.rows))

    def write(self, folder: Path) -> None:
        """``results.csv``, ``distributions.csv``, the figures and ``report.html``."""
        from seisgrad.report.reproduce.sourcenet import EXPERIMENT
        from seisgrad.report.reproduce.sourcenet_page import sourcenet_page
        from seisgrad.report.reproduce.table import write_tables

        write_tables(folder, self.lines, EXPERIMENT)
        write_page(folder, sourcenet_page(self.lines, self.drawn, self.rows, self.missing), self.drawn)

    def in_short(self) -> list[str]:
        """Mean and median Kagan angle and the error of the magnitude on earths that were not taught."""
        said = []
        for name in self.networks:
            of = {(r.case, r.metric): r.mean for r in self.lines if r.operator == name}
            for case in ("15-24", "6-10", "hadley-kanamori"):
                if (case, "kagan_mean_deg") in of:
                    said.append(
                        f"{name}, {case}: Kagan angle {of[case, 'kagan_mean_deg']:.1f}° in the mean, "
                        f"{of[case, 'kagan_median_deg']:.1f}° in the median, Mw off by {of[case, 'mw_mae']:.3f}"
                    )
        return said


def _inner() -> "Group":
    """Events through the columns held out, with 15 to 24 stations."""
    from seisgrad.report.reproduce.sourcenet import GROUPS

    return GROUPS[0]._replace(stations=(15, 24))
