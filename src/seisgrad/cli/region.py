"""``seisgrad invert`` on a table of many sites: batches that are kept as they are done, and a region in the end."""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from seisgrad.cli.choices import load_operator
from seisgrad.cli.console import Console
from seisgrad.cli.costs import PAGES
from seisgrad.cli.estimate import Forecast
from seisgrad.cli.kept import Kept, fingerprint
from seisgrad.cli.outputs import whole_folder, write_page
from seisgrad.cli.progress import SampleBar

if TYPE_CHECKING:
    from seisgrad.dispersion import DispersionCurves
    from seisgrad.dispersion.outcome import Outcome
    from seisgrad.dispersion.region import Batch, Done, Inverter
    from seisgrad.dispersion.sites import Sites
    from seisgrad.dispersion.starting_model import StartingModel
    from seisgrad.dispersion.survey import Earth

PARTS = "parts"
"""Folder of the batches that are done, inside the output folder while the work goes on."""
FEW = 4
"""Batches below which processes take longer to start than to work."""


def invert_region(
    picks: "DispersionCurves",
    starting: "StartingModel",
    source: Path,
    out: Path,
    *,
    earth: "Earth",
    floor: float,
    operator: str,
    exact_end: bool = False,
    scheduler: str,
    quiet: bool,
    as_json: bool,
) -> None:
    """Invert all sites with one prior, and write the region.

    Raises:
        InputError: a site at two places, parts of another work in the output folder, or no scheduler.
        WorkError: a worker ended before its work.
    """
    from seisgrad.dataset.workers import cluster
    from seisgrad.dispersion import region
    from seisgrad.dispersion.sites import Sites

    sites = Sites.of(picks, earth)
    settings = {
        "curves": fingerprint(
            sites.names, sites.survey.branches, sites.survey.periods, sites.velocity, sites.sigma
        ),
        "places": fingerprint(sites.latitude, sites.longitude),
        "prior": fingerprint(starting.prior.mean, starting.prior.covariance, starting.depth),
        "earth": earth,
        "floor": floor,
        "operator": operator,
        "finish": exact_end,
        "batches": [region.TOGETHER, region.STARTS],
    }
    # a scheduler that does not answer is known before anything is written
    with cluster(scheduler) if scheduler else nullcontext() as client:
        kept = Kept(out / PARTS, settings)
        forecast = Forecast(shown=not quiet and not as_json)
        with SampleBar(shown=not quiet and not as_json) as bar:
            try:
                outcome = region.invert_sites(
                    sites,
                    starting,
                    floor=floor,
                    operator=partial(load_operator, operator),
                    exact_end=exact_end,
                    spread=_Run(kept, bar, client, forecast),
                )
            except KeyboardInterrupt:
                raise typer.Abort(
                    f"interrupted with {bar.done} of {bar.total} sites done; the same command goes on"
                ) from None
    words = f"{operator}, then exact steps" if exact_end else operator
    console = Console(1, quiet=quiet, as_json=as_json)
    console.forecast = forecast
    _write(sites, starting, outcome, words, source, out, console)
    kept.clear()


@dataclass
class _Run:
    """One run of the command: inverts the batches that no earlier one has left, and keeps them."""

    kept: Kept
    bar: SampleBar
    client: Any
    forecast: Forecast
    before: int = 0
    """Sites that were there when it began."""

    def __call__(self, inverter: "Inverter", batches: "Sequence[Batch]") -> "Iterator[Done]":
        known = [self.kept.read(batch.name) for batch in batches]
        missing = [batch for batch, part in zip(batches, known, strict=True) if part is None]
        there = sum(len(part.site) for part in known if part is not None)
        done, total = self.bar.done + there, self.bar.total + sum(len(batch.site) for batch in batches)
        self.before += there
        self.bar.update(self.before, done, total)
        self.forecast.shared(done / total, PAGES, self.kept.folder)
        yield from (part for part in known if part is not None)
        with closing(_work(inverter, missing, self.client)) as parts:
            for part in parts:
                self.kept.write(part)
                done += len(part.site)
                self.bar.update(self.before, done, total)
                self.forecast.shared(done / total, _each(part) * total + PAGES, self.kept.folder)
                yield part


def _each(part: "Done") -> float:
    """GB of a site, among the parts and in the region."""
    outcome = part.outcome
    arrays = [getattr(outcome, name) for name in outcome.__dataclass_fields__ if name != "message"]
    return 2 * sum(array.nbytes for array in arrays) / len(part.site) / 1e9


def _work(inverter: "Inverter", batches: "Sequence[Batch]", client: Any) -> "Generator[Done, None, None]":
    """On the cluster of ``client`` where there is one, on every core where that pays, or here."""
    from seisgrad.dataset.workers import cores, on_cluster, on_this_machine

    work: Iterable[Done]
    if client is not None:
        work = on_cluster(inverter, batches, client)
    elif len(batches) < FEW or cores() == 1:
        work = map(inverter, batches)
    else:
        work = on_this_machine(inverter, batches, cores())
    yield from work


def _write(
    sites: "Sites",
    starting: "StartingModel",
    outcome: "Outcome",
    operator: str,
    source: Path,
    out: Path,
    console: Console,
) -> None:
    from seisgrad.report.figures import png
    from seisgrad.report.region import (
        Region,
        counts,
        maps_figure,
        region_dataset,
        region_page,
        sections_figure,
        sites_csv,
    )

    region = Region(sites, starting, outcome, operator)
    placed = bool((sites.latitude.isfinite() & sites.longitude.isfinite()).all())
    with console:
        with console.step("Draw the maps and write the region"), whole_folder(out) as folder:
            drawn = {}
            if placed and bool(outcome.vs.isfinite().any()):
                drawn = {"maps": png(maps_figure(region)), "sections": png(sections_figure(region))}
            region_dataset(region).to_netcdf(folder / "region.nc", engine="h5netcdf")
            (folder / "sites.csv").write_text(sites_csv(region), encoding="utf-8")
            page = region_page(region, source.name, drawn)
            write_page(folder, page, drawn)
        ended = counts(outcome)
        files = {"region": out / "region.nc", "sites": out / "sites.csv", "report": out / "report.html"}
        console.finish(
            {"sites": len(sites), "status": ended, "files": files},
            f"{len(sites)} sites: " + ", ".join(f"{n} {name}" for name, n in ended.items() if n),
            f"wrote {out / 'region.nc'} and {out / 'report.html'}",
        )
