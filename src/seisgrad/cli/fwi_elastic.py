"""``seisgrad fwi elastic``: vs below a line from spectra of the motion of its surface."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seisgrad.cli.choices import own_operator
from seisgrad.cli.console import Console
from seisgrad.cli.outputs import file_name, whole_folder, write_page
from seisgrad.errors import InputError

if TYPE_CHECKING:
    from seisgrad.earth import SolidSection
    from seisgrad.elastic.grid import Grid
    from seisgrad.elastic.inversion import Inversion
    from seisgrad.elastic.survey import Survey
    from seisgrad.operator import Operator

EXACT = ("harmonic", "exact")
"""Names of the physics itself, the default first: in the frequency domain, and in time."""


def run(
    data: Path,
    start: Sequence[str],
    out: Path,
    operator: str,
    *,
    then_exact: bool,
    config: Path | None,
    bar: Any,
) -> "list[Inversion]":
    """Invert from every start, with progress on a bar."""
    from seisgrad.elastic.data import read_spectra
    from seisgrad.elastic.inversion import invert
    from seisgrad.elastic.settings import plan
    from seisgrad.elastic.start import read_start

    spectra = read_spectra(data)
    frequencies = spectra.survey.frequencies.tolist()
    settings = plan(config, frequencies).settings
    first = read_start(start[0], spectra.survey, settings.spacing, settings.depth)
    starts = [first, *(read_start(s, spectra.survey, settings.spacing, like=first) for s in start[1:])]
    chosen = plan(config, frequencies, first.spacing[0], in_time=operator == "exact")
    both = settings.unknowns != "vs"

    def finish(grid: "Grid", survey: "Survey", speeds: tuple[float, float]) -> "Operator":
        return _operator("harmonic", grid, survey, speeds)

    found = []
    for number, (name, section) in enumerate(zip(start, starts, strict=True), 1):
        bar.of = f"start {number} of {len(start)}  " if len(start) > 1 else ""
        bar.runs = len(start) - number + 1
        state = out / "state" / file_name(operator) / f"{number}-{file_name(Path(name).name)}"
        begin = partial(_begin, operator, name, section if both else replace(section, vp=None, rho=None))
        then = finish if then_exact else None
        found.append(
            invert(
                spectra,
                section,
                chosen,
                begin,
                then,
                folder=state,
                progress=bar.update,
                foretell=partial(bar.foretell, section.earth.nbytes),
            )
        )
    return found


def finish(
    results: "list[Inversion]", data: Path, start: Sequence[str], out: Path, operator: str, console: Console
) -> None:
    """Write the results, those of several starts in a folder each, and say what came out."""
    if len(results) == 1:
        told, lines = _write(results[0], data, out, operator, console)
        console.finish(told, *lines)
        return
    names = [f"{number}-{file_name(Path(name).stem)}" for number, name in enumerate(start, 1)]
    every, lines = {}, []
    for name, result in zip(names, results, strict=True):
        every[name], said = _write(result, data, out / name, operator, console)
        lines.append(f"{name}: {said[0]}")
    told = {"starts": every} | _compare(results, [Path(s).name for s in start], out, every)
    note = (
        "spread.nc is how far the models lie apart: it says how much the start decides, and is no posterior"
    )
    console.finish(told, *lines, note, f"wrote {out / 'spread.nc'} and {out / 'spread.png'}")


def _write(
    result: "Inversion", data: Path, out: Path, operator: str, console: Console
) -> tuple[dict[str, Any], list[str]]:
    """Write the results of one start; the summary and the lines to say."""
    from seisgrad.elastic.uncertainty import laplace
    from seisgrad.report.fwi_elastic import fit_of, fwi_page, notes_of, sensitivity, write_fwi
    from seisgrad.report.fwi_elastic_figures import fwi_figures

    with console.step("Draw the figures and write the report"):
        fit, notes = fit_of(result), [*notes_of(result), *_beyond(result)]
        nodes = result.plan.settings.uncertainty
        unsure = None if nodes is None else laplace(result, nodes)
        drawn = fwi_figures(result, fit, sensitivity(result), unsure)
        page = fwi_page(result, data.name, (operator, "harmonic"), fit, drawn, notes)
        with whole_folder(out) as folder:
            write_fwi(result, folder)
            if unsure is not None:
                unsure.write(folder / "uncertainty.nc", result)
            write_page(folder, page, drawn)
    found = result.result
    summary: dict[str, Any] = {
        "status": found.status,
        "message": found.message(),
        "stages": list(found.endings),
        "was_finished": found.was_finished,
        "records": result.mask.records,
        "used": result.mask.used,
        "left_out": result.mask.left_out,
        "at_bounds": result.held,
        "frequency": result.spectra.survey.frequencies,
        "misfit_start": fit.misfit[0],
        "misfit": fit.misfit[1],
        "correlation_start": fit.correlation[0],
        "correlation": fit.correlation[1],
        "notes": notes,
        "files": {name: out / f for name, f in (("model", "model.nc"), ("report", "report.html"))},
    }
    lines = [f"{out} held the end of this inversion; nothing was left to do"] if found.was_finished else []
    return summary, [*lines, found.message(), *notes, f"wrote {out / 'report.html'}"]


def _compare(
    results: "list[Inversion]", names: Sequence[str], out: Path, every: dict[str, Any]
) -> dict[str, Any]:
    """Write how far the models of several starts lie apart."""
    from seisgrad.elastic.spread import spread
    from seisgrad.report.figures import png
    from seisgrad.report.fwi_elastic_figures import spread_figure

    apart = spread([result.section for result in results])
    before = spread([result.start for result in results])
    with whole_folder(out) as folder:
        apart.write(folder / "spread.nc")
        (folder / "spread.png").write_bytes(png(spread_figure(apart, names)))
    return {
        "depth": results[0].grid.z,
        "spread": apart.by_depth,
        "spread_of_starts": before.by_depth,
        "misfit": {name: told["misfit"].nanmean() for name, told in every.items()},
    }


def _begin(
    operator: str,
    start: str,
    section: "SolidSection",
    grid: "Grid",
    survey: "Survey",
    speeds: tuple[float, float],
) -> "Operator":
    """The operator of the first stages; a surrogate must have learned of earths like the start.

    On its way a model may leave what was learned; :func:`_beyond` says so of the one that is found.
    """
    from seisgrad.elastic.surrogate import ElasticNet

    made = _operator(operator, grid, survey, speeds)
    if isinstance(made, ElasticNet):
        complaint = made.range.outside(section.earth[None], grid)
        if complaint is not None:
            raise InputError(f"{start}: {complaint}; begin with another model, or with --operator {EXACT[0]}")
        made.outside = "allow"
    return made


def _beyond(result: "Inversion") -> list[str]:
    """A note where the model that was found lies outside what the surrogate of the last stage has learned."""
    from seisgrad.elastic.surrogate import ElasticNet

    op = result.operator
    complaint = (
        op.range.outside(result.section.earth[None], result.grid) if isinstance(op, ElasticNet) else None
    )
    if complaint is None:
        return []
    return [
        f"Of the model found, {complaint}: the surrogate is not to be trusted there, finish with --then-exact."
    ]


def _operator(name: str, grid: "Grid", survey: "Survey", speeds: tuple[float, float]) -> "Operator":
    """The operator of this name; ``module:attribute`` is one, or makes one from ``(grid, survey)``."""
    from seisgrad import elastic

    if name == "harmonic":
        return elastic.Harmonic(grid, survey, slowest=speeds[0])
    if name == "exact":
        return elastic.Physics(grid, survey, velocity=speeds)
    if ":" in name:
        return own_operator(name, grid, survey)
    return elastic.load(name, grid, survey)
