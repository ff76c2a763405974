"""The page of the acoustic experiment: the paper's numbers beside ours, the figures, and what each number is."""

import math
from collections.abc import Mapping, Sequence

from seisgrad.report.page import Page
from seisgrad.report.reproduce import acoustic_time as in_time
from seisgrad.report.reproduce.acoustic import CASES
from seisgrad.report.reproduce.table import Line

TITLE = "Acoustic waves by a neural operator, the paper's and ours"
LEDE = (
    "Yang et al. (2021, doi:10.1785/0320210026): wavefields and waveform inversion with a learned operator."
)
CAPTIONS = {
    "errors": "Relative L2 error of the complex pressure at all nodes more than half a kilometre from the source. "
    "Left: by frequency on unseen models, mean (line) and middle 90 % of the models (shade). Right: means by kind of "
    "model.",
    "waveforms": "The models of the time-domain case that the operator does best and worst: velocity, source (star), "
    "receivers (triangles, numbered from the left), and the pressure of the physics (black) and of the operator.",
    "fields": "The first model of every case: its velocity, the wave of the physics and of the operator at the highest "
    "frequency, and their difference, to the same scale.",
    "sizes": "Error on unseen models against the number of models that a network learned from; grey: by frequency.",
    "fwi": "True velocity with the sources, what each way of inverting finds from a homogeneous start, and below it "
    "what is left of the error.",
    "source": "A source located by the derivative of its waves with respect to its position: from the first guess to "
    "the place of the source (star).",
}
"""What each figure shows, by the name of its file."""
TRUTHS = (
    "The truth is the physics on a grid fine enough for an error of 1 % after 40 wavelengths; models are of the test "
    "split, which shares no draw with training. background is the Green's function along straight rays and outgoing "
    "the wave that the learned operator starts from: neither has learned anything."
)
IN_TIME = (
    "In time, as in the paper: 4 s at 0.04 s of a Ricker wavelet of 8 Hz. Samples of 0.04 s hold nothing above 12.5 "
    "Hz, so that the wavelet is faded out from 10 to 12.5 Hz, for the truth and for the operators alike. Traces are "
    "made of spectra by steps of 0.125 Hz: what comes later than 8 s would wrap around. Above 8 Hz and below 1 Hz the "
    "operator works outside what it was trained on. The paper's 0.273 is the mean over its own 200 validation models, "
    "of another simulation at 2.3 points per wavelength."
)
INVERSION = (
    "Twenty sources, every node more than half a kilometre away a receiver, homogeneous start at 3 km/s, density tied "
    "to velocity, data simulated on a finer grid than any inversion uses. All ways take the same L-BFGS steps in four "
    "bands from low to high; the last one goes on from the learned operator's model with the physics in the last band "
    "alone. Misfits of the data are the physics' for all. A solve is one source, forward or "
    "adjoint; those at low frequencies are cheaper. Seconds are of one gradient of all sources and all frequencies, "
    "both operators in the same run on the same processor; the paper's are of one V100."
)
SIZES = (
    "Networks that differ only in how many models they learned from, for as many steps; 0 is the network before any "
    "training. Measured once by experiments/acoustic/size_curve.py and not in this run."
)
LABELS = {
    "fwi_model_misfit": "model misfit",
    "fwi_data_misfit": "data misfit",
    "fwi_physics_solves": "physics solves",
    "seconds_per_iteration": "seconds per iteration",
}


def acoustic_page(lines: Sequence[Line], drawn: Mapping[str, bytes]) -> Page:
    """The page.

    Args:
        lines: every metric of every operator and case.
        drawn: figures as PNG by name.
    """
    found = {(r.operator, r.case, r.metric): r for r in lines}
    page = Page(TITLE, LEDE)
    page.heading("Wavefields")
    page.text(TRUTHS)
    _errors(page, found)
    _image(page, drawn, "errors")
    _frequencies(page, found)
    page.heading("In time")
    page.text(IN_TIME)
    rows = [
        [operator, _say(r.paper, 3), _say(r.mean, 3), str(r.n)]
        for (operator, case, _), r in found.items()
        if case == in_time.CASE
    ]
    page.table(["operator", "paper", "ours", "models"], rows)
    _image(page, drawn, "waveforms")
    page.heading("Other models, and a finer grid")
    page.points(*(f"{case.name}: {case.words}" for case in CASES))
    _image(page, drawn, "fields")
    _sizes(page, found, drawn)
    _inversion(page, found, drawn)
    _source(page, found, drawn)
    return page


def _errors(page: Page, found: Mapping[tuple[str, str, str], Line]) -> None:
    """One row per case, one column per operator."""
    operators = _judged(found)
    rows = []
    for case in CASES:
        mine = [found.get((operator, case.name, "relative_l2")) for operator in operators]
        if mine and mine[0]:
            rows.append([case.name, *(_say(r.mean if r else math.nan, 3) for r in mine), str(mine[0].n)])
    page.table(["case", *operators, "models x frequencies"], rows)


def _judged(found: Mapping[tuple[str, str, str], Line]) -> list[str]:
    return [operator for operator, case, metric in found if (case, metric) == (CASES[0].name, "relative_l2")]


def _frequencies(page: Page, found: Mapping[tuple[str, str, str], Line]) -> None:
    """The validation case, one row per frequency and band."""
    first, operators = CASES[0].name, _judged(found)
    cases = dict.fromkeys(case for _, case, _ in found if case.startswith(f"{first} "))
    rows = [
        [case.removeprefix(f"{first} "), *(_say(found[o, case, "relative_l2"].mean, 3) for o in operators)]
        for case in cases
    ]
    page.table(["validation", *operators], rows, fold="By frequency")


def _sizes(page: Page, found: Mapping[tuple[str, str, str], Line], drawn: Mapping[str, bytes]) -> None:
    rows = [
        [case.removeprefix("train-"), _say(r.mean, 3)]
        for (_, case, _), r in found.items()
        if case.startswith("train-")
    ]
    if rows:
        page.heading("How many models it takes")
        page.text(SIZES)
        page.table(["models learned from", "relative L2"], rows)
        _image(page, drawn, "sizes")


def _inversion(page: Page, found: Mapping[tuple[str, str, str], Line], drawn: Mapping[str, bytes]) -> None:
    ends = [(operator, case) for operator, case, metric in found if metric == "fwi_model_misfit"]
    if not ends:
        return
    page.heading("Inversion")
    page.text(INVERSION)
    header = ["model", "operator"]
    for metric, label in LABELS.items():
        header += (
            [label] if metric in ("fwi_data_misfit", "fwi_physics_solves") else [f"{label}: paper", "ours"]
        )
    rows = []
    for operator, case in ends:
        row = [case, operator]
        for metric in LABELS:
            r = found.get((operator, case, metric))
            digits = {"fwi_physics_solves": 0, "seconds_per_iteration": 1}.get(metric, 4)
            ours, paper = (_say(value, digits) for value in ((r.mean, r.paper) if r else (math.nan,) * 2))
            row += [ours] if metric in ("fwi_data_misfit", "fwi_physics_solves") else [paper, ours]
        rows.append(row)
    page.table(header, rows)
    _image(page, drawn, "fwi")


def _source(page: Page, found: Mapping[tuple[str, str, str], Line], drawn: Mapping[str, bytes]) -> None:
    ends = {
        operator: r.mean for (operator, _, metric), r in found.items() if metric == "source_location_error_km"
    }
    if not ends:
        return
    page.heading("Where the source is")
    page.text(
        f"The physics is differentiable in the position of a source. Begun {1e3 * ends['start']:.0f} m away and given "
        f"spectra at eight receivers, it comes within {1e3 * ends['exact']:.1f} m of it in a known earth."
    )
    _image(page, drawn, "source")


def _image(page: Page, drawn: Mapping[str, bytes], name: str) -> None:
    if name in drawn:
        page.image(drawn[name], CAPTIONS[name])


def _say(value: float, digits: int) -> str:
    return "—" if math.isnan(value) else f"{value:.{digits}f}"
