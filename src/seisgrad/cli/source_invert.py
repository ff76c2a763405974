"""``seisgrad source invert``: the mechanism, magnitude and depth of one earthquake from its records."""

import time
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seisgrad.cli.choices import OutFolder, number, whole_number
from seisgrad.cli.console import AsJson, Console, Quiet
from seisgrad.cli.outputs import check_folder, whole_folder, write_page
from seisgrad.cli.periods import parse_depths
from seisgrad.errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

    from seisgrad.source.event import Event
    from seisgrad.source.layered import Column
    from seisgrad.source.picker import Picks
    from seisgrad.source.refine import Refinement
    from seisgrad.source.surrogate import Estimate

EXAMPLE = "Example: seisgrad source invert byron2019 --model gil7 --out byron, then open byron/report.html"


def invert(
    event: Annotated[
        Path,
        typer.Argument(
            help="Folder of one earthquake: miniSEED or SAC and StationXML anywhere below it; event.xml (QuakeML) or "
            "origin.json (time,latitude,longitude,depth in km); picks.csv (network,station,phase,time) where there are "
            "picks.",
            metavar="EVENT_DIR",
        ),
    ],
    model: Annotated[
        str,
        typer.Option(
            help="Velocities: gil7, hadley_kanamori, a column of CRUST1.0 such as crust1_34.5_-117.5, prem, ak135, or "
            "a file as seisgrad forward reads; an ocean is taken away.",
            metavar="MODEL",
        ),
    ],
    out: OutFolder = Path("source"),
    operator: Annotated[
        str,
        typer.Option(
            help="A network that answers first, by name or as the folder of its training; exact for none.",
            metavar="NAME",
        ),
    ] = "exact",
    band: Annotated[str, typer.Option(help="Band of the fit, Hz.", metavar="LOW,HIGH")] = "0.02,0.05",
    depths: Annotated[
        str, typer.Option(help="Depths that are tried, km, as a:b:step or a list.", metavar="DEPTHS")
    ] = "2:25:1",
    shift: Annotated[
        float | None,
        typer.Option(
            help="Longest shift in time of a station, s; by default a quarter of the shortest period, 5 s.",
            show_default=False,
            parser=number,
            metavar="S",
        ),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Let the moment tensor change the volume.")] = False,
    seed: Annotated[
        int,
        typer.Option(help="Of the stations drawn with replacement.", parser=whole_number, metavar="S"),
    ] = 0,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> None:
    """Moment tensor, magnitude and depth with error bars, as QuakeML and a report.

    A network answers from windows around P and S, where one is asked for; then long-period waves are fitted by linear
    least squares over depth, each station shifted in time, with exact Green's functions of the same earth.
    """
    corners, tried = _settings(band, depths, shift, seed)
    check_folder(out)
    if event.is_dir() and event.resolve() in (out.resolve(), *out.resolve().parents):
        raise InputError(
            f"--out {out} is the folder of the earthquake or lies in it, where results would be taken for input: "
            "choose another folder"
        )
    begin = time.perf_counter()
    with Console(4 + (operator != "exact"), quiet=quiet, as_json=as_json) as console:
        column = _column(model)
        with console.step("Read the records") as step:
            from seisgrad.source.event import read_event
            from seisgrad.source.sites import arrivals_in

            read = read_event(event, arrivals_in(column))
            step.say(f"{len(read.stations)} stations, {len(read.remarks)} remarks")
        learned, refused, picks = None, "", None
        if operator != "exact":
            with console.step("Ask the network") as step:
                from seisgrad.source.picker import measure_picks

                picks = measure_picks(read)
                learned, refused = _ask(operator, read, picks)
                step.say(refused if learned is None else f"Mw {learned.magnitude:.2f}")
        with console.step("Fit the records") as step:
            from seisgrad.source.refine import refine

            found = refine(
                read, column, band=corners, depths=tried, kind="full" if full else "deviatoric",
                longest_shift=shift, seed=seed,
            )  # fmt: skip
            step.say(f"{len(found.stations)} stations at {len(found.depths)} depths")
        if learned is not None:
            learned = _compared(learned, found)
        with console.step("Draw the figures"):
            from seisgrad.report.source import source_figures

            drawn = source_figures(found, learned)
        with console.step("Write the results and the report"):
            _write(out, found, learned, picks, drawn, model, corners, operator, refused)
        from seisgrad.report.source import DOUBTS, remarks_of, source_depth

        said = remarks_of(found, learned)
        summary = _summary(found, learned, picks, out) | {"seconds": time.perf_counter() - begin}
        summary["remarks"] = [remark._asdict() for remark in said]
        summary["doubts"] = [remark.reason for remark in said if remark.what in DOUBTS]
        planes = " or ".join("{:.0f}/{:.0f}/{:.0f}".format(*plane) for plane in _planes(found.moment))
        console.finish(
            summary,
            f"Mw {found.mw:.2f} ± {found.mw_sigma:.2f} at {source_depth(found)}, "
            f"strike/dip/rake {planes}, ± {found.mechanism_spread:.0f}° (Kagan)",
            f"{100 * found.variance_reduction:.0f} % of the variance of {len(found.stations)} stations explained",
            *(f"beware: {remark.what}: {remark.reason}" for remark in said if remark.what in DOUBTS),
            f"wrote {out / 'report.html'}",
        )


def _settings(
    band: str, depths: str, shift: float | None, seed: int
) -> tuple[tuple[float, float], tuple[float, ...]]:
    """The band and the depths, all of it checked before anything is read."""
    from seisgrad.source.long_period import check_band, check_depths, check_shift

    corners, tried = _band(band), tuple(parse_depths(depths))
    checks = [
        (f"--band {band}", lambda: check_band(corners)),
        (f"--depths {depths}", lambda: check_depths(tried)),
    ]
    if shift is not None:
        checks.append((f"--shift {shift:g}", lambda: check_shift(shift, corners)))
    for option, check in checks:
        try:
            check()
        except InputError as error:
            raise InputError(f"{option}: {error}") from error
    if not 0 <= seed < 2**63:
        raise InputError(f"--seed is {seed}, expected a whole number of at least 0")
    return corners, tried


def _band(text: str) -> tuple[float, float]:
    parts = text.split(",")
    try:
        low, high = (float(part) for part in parts)
    except ValueError:
        raise InputError(
            f"--band {text} is no band, expected two frequencies in Hz such as 0.02,0.1"
        ) from None
    return low, high


def _column(model: str) -> "Column":
    """The velocities by name or from a file, with the attenuation that belongs to them."""
    from seisgrad.source.earths import NAMES, named_column, with_attenuation

    if model in NAMES:
        return named_column(model)
    from seisgrad.earth import read_model
    from seisgrad.earth.reference import REFERENCES

    if model not in REFERENCES and not Path(model).is_file():
        near = get_close_matches(model, (*NAMES, *REFERENCES), 1)
        raise InputError(
            f"--model {model} is neither a velocity model by name nor a file, expected gil7, hadley_kanamori, a column "
            f"of CRUST1.0 such as {NAMES[0]}, {', '.join(REFERENCES)}, or a file as seisgrad forward reads"
            + (f"; did you mean {near[0]}?" if near else "")
        )
    try:
        layers = read_model(model)
    except InputError as error:
        raise InputError(f"--model {error}") from error
    rock = slice(layers.water, None)
    return with_attenuation(*(x[rock].numpy() for x in (layers.thickness, layers.vp, layers.vs, layers.rho)))


def _ask(operator: str, event: "Event", picks: "Picks") -> "tuple[Estimate | None, str]":
    """What the network says, or why it says nothing about these records."""
    from seisgrad.source.surrogate import load

    network = load(operator)
    try:
        said = network.answer(event.gather(picks.times), event.stations)
    except InputError as error:
        return None, str(error)
    known = event.picked | picks.measured
    predicted = [name for name, one in zip(event.stations, known.all(-1).tolist(), strict=True) if not one]
    if not predicted:
        return said, ""
    return said.unsure(
        f"P or S of {', '.join(predicted)} could not be measured and is predicted by the velocity model, which may be "
        "wrong by more than picks are: give picks.csv"
    ), ""


def _compared(learned: "Estimate", found: "Refinement") -> "Estimate":
    """The network's answer, which claims nothing where the fit is outside what it claims."""
    from seisgrad.source.kagan import kagan_angle

    angle = float(kagan_angle(learned.moment.double(), found.moment))
    if angle <= float(learned.radius) + found.mechanism_spread:
        return learned
    return learned.unsure(
        f"its mechanism is {angle:.0f}° (Kagan) from that of the fit, further than both allow"
    )


def _write(
    out: Path,
    found: "Refinement",
    learned: "Estimate | None",
    picks: "Picks | None",
    drawn: dict[str, bytes],
    model: str,
    band: tuple[float, float],
    operator: str,
    refused: str,
) -> None:
    from seisgrad.report import source
    from seisgrad.source.event_files import Remark
    from seisgrad.source.quakeml import write_quakeml

    said = source.remarks_of(found, learned) + ([Remark("network", refused)] if refused else [])
    with whole_folder(out) as folder:
        write_quakeml(found.solution(), folder / "event.xml")
        (folder / "stations.csv").write_text(source.stations_csv(found, learned), encoding="utf-8")
        if picks is not None:
            (folder / "picks.csv").write_text(source.picks_csv(found.event, picks), encoding="utf-8")
        (folder / "depths.csv").write_text(source.depths_csv(found), encoding="utf-8")
        (folder / "remarks.csv").write_text(source.remarks_csv(said), encoding="utf-8")
        page = source.source_page(found, drawn, model, band, said, learned, operator)
        write_page(folder, page, drawn)


def _planes(moment: "Tensor") -> list[list[float]]:
    from seisgrad.source.axes import nodal_planes

    return [plane.tolist() for plane in nodal_planes(moment)]


def _summary(
    found: "Refinement", learned: "Estimate | None", picks: "Picks | None", out: Path
) -> dict[str, Any]:
    from seisgrad.source.axes import decompose
    from seisgrad.source.moment_tensor import COMPONENTS

    parts = decompose(found.moment)
    names = ["event.xml", "stations.csv", "depths.csv", "remarks.csv", "report.html"]
    names += ["picks.csv"] if picks is not None else []
    summary: dict[str, Any] = {
        "mw": found.mw,
        "mw_sigma": found.mw_sigma,
        "depth": found.depth,
        "depth_sigma": found.depth_sigma,
        "planes": _planes(found.moment),
        "moment_tensor": dict(zip(COMPONENTS, found.moment.tolist(), strict=True)),
        "double_couple_percent": float(parts.double_couple),
        "mechanism_spread": found.mechanism_spread,
        "variance_reduction": found.variance_reduction,
        "stations": list(found.stations),
        "files": {name.partition(".")[0]: out / name for name in names},
    }
    if learned is not None:
        summary["network"] = {
            "mw": float(learned.magnitude),
            "planes": _planes(learned.moment.double()),
            "radius": float(learned.radius),
            "warnings": list(learned.warnings),
        }
    return summary
