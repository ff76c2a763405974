"""The page of the ambient-noise experiment: the paper's numbers beside ours, the figures, and what each number is."""

import math
from collections.abc import Mapping, Sequence

from seisgrad.report.page import Page
from seisgrad.report.reproduce.ambient import CASES, per_hundred
from seisgrad.report.reproduce.ambient_fwi import TRIALS
from seisgrad.report.reproduce.table import Line

TITLE = "Ambient-noise waveform inversion, the paper's and ours"
LEDE = (
    "Zou et al. (2025, doi:10.1029/2025JB031624): surface waves along a line by a learned operator, and full-waveform "
    "inversion with it."
)
CAPTIONS = {
    "correlation": "Correlation of the complex spectra of both components at all nodes beyond a kilometre from the "
    "source, the mean over sources (and earths).",
    "records": "An unseen basin, and the vertical motion along the line by a source in the middle (real part), at the "
    "highest frequency of each band.",
    "kernels": "Above: the gradient of the misfit at the 1-D start, all pairs together, averaged along the line. "
    "Below: the gradient by vs along the line, all frequencies together.",
    "course": "The misfit of every step, of one frequency each or of all (full batch), and the error of vs in the "
    "upper 5 km after every stage.",
    "noise": "Traces of one shot (vertical motion, Ricker wavelet) of the frequencies that are inverted. The noise is "
    "white to 5 Hz; what of it lies at these frequencies is shown.",
    "sections": "What is sought, the 1-D start, and what every inversion finds; error of vs in the upper 5 km, and its "
    "share of the start's.",
    "starts": "The same data from three starts.",
    "others": "Another basin, and two shorter lines with the same operator.",
    "tuning": "A new region (sharp-edged basins): networks trained before on the first region, and from nothing.",
}
"""What each figure shows, by the name of its file."""
TRUTHS = (
    "The truth is the exact operator on meshes far finer than those of any operator judged; earths are of the test "
    "split, which shares no draw with training. background has learned nothing: the Rayleigh wave of every column from "
    "the exact dispersion operator, its phase integrated along the line."
)
INVERSION = (
    "All nodes are sources and receivers; the misfit compares phases (unit amplitude); Adam in four cumulative bands, "
    "one frequency with all sources in a step, as the paper's workflow has it otherwise. The start is the lateral "
    "average of the truth. adjoint is the exact operator's gradient with the same steps; adjoint-full-batch takes all "
    "frequencies of the band in every step, as many passes through the data; …-then-exact adds one pass of the exact "
    "operator. Noise is white in time and independent from trace to trace, A to B and B to A too, its standard "
    "deviation 5 and 10 times that of the trace."
)
SECONDS = (
    "Seconds of one pass through all pairs of nodes at all frequencies, forward and with the gradient, in this run on "
    "one processor. The paper's (one shot forward; one iteration of a batch of 64 pairs, on a GPU): 7.18 s by spectral "
    "elements and 0.18 s by its network; 128.5 s and 0.45 s."
)
TUNING = (
    "Measured once by experiments/elastic/fine_tuning.py and not in this run: as many steps on a few earths of the new "
    "region, begun at what was learned before or at nothing."
)
NOISE = (
    "The records of the paper's line are not open. What the way from noise to velocities comes to is shown on open "
    "correlations of a local array (feidong), against velocities of another program, and on synthetic noise over a "
    "known layered earth. Measured once by experiments/noise and not in this run."
)
Found = Mapping[tuple[str, str, str], Line]


def ambient_page(lines: Sequence[Line], drawn: Mapping[str, bytes]) -> Page:
    """The page.

    Args:
        lines: every metric of every operator and case.
        drawn: figures as PNG by name.
    """
    found = {(r.operator, r.case, r.metric): r for r in lines}
    page = Page(TITLE, LEDE)
    page.heading("Records")
    page.text(TRUTHS)
    page.points(*(f"{case.name}: {case.words}" for case in CASES))
    _correlations(page, found)
    for name in ("correlation", "records"):
        _image(page, drawn, name)
    page.heading("Sensitivity")
    _gradients(page, found)
    _image(page, drawn, "kernels")
    _seconds(page, found)
    _inversions(page, found, drawn)
    _tuning(page, found, drawn)
    _noise(page, found)
    return page


def _correlations(page: Page, found: Found) -> None:
    operators = list(dict.fromkeys(o for o, _, metric in found if metric == "correlation"))
    rows = []
    for case in dict.fromkeys(c for _, c, metric in found if metric == "correlation"):
        mine = [found[o, case, "correlation"] for o in operators if (o, case, "correlation") in found]
        paper = next((r.paper for r in mine if not math.isnan(r.paper)), math.nan)
        rows.append([f"{case} Hz", _say(paper, 2), *(_say(r.mean, 4) for r in mine)])
    page.table(["correlation", "paper", *operators], rows)


def _gradients(page: Page, found: Found) -> None:
    metrics = (
        "gradient_cosine_vs",
        "gradient_relative_l2_vs",
        "gradient_cosine_vp",
        "gradient_relative_l2_vp",
    )
    rows = [
        [operator, f"{case} Hz", *(_say(found[operator, case, m].mean, 3) for m in metrics)]
        for operator, case, metric in found
        if metric == metrics[0]
    ]
    if rows:
        page.text(
            "Gradients at the 1-D start, smoothed by three cells as before a step of the inversion, against those of "
            "the adjoint: cosine and relative L2, unscaled."
        )
        page.table(["operator", "band", "cosine vs", "L2 vs", "cosine vp", "L2 vp"], rows)


def _seconds(page: Page, found: Found) -> None:
    rows = [
        [operator, _say(found[operator, case, "seconds_forward"].mean, 1), _say(r.mean, 1)]
        for (operator, case, metric), r in found.items()
        if metric == "seconds_per_iteration"
    ]
    if rows:
        page.heading("Seconds")
        page.text(SECONDS)
        page.table(["operator", "forward, all pairs", "forward and gradient"], rows)


def _inversions(page: Page, found: Found, drawn: Mapping[str, bytes]) -> None:
    rows = []
    for trial in TRIALS:
        for (operator, case, metric), r in found.items():
            if case == trial.name and metric == "fwi_vs_error_ratio":
                start, end = (found[o, case, "fwi_vs_error"].mean for o in ("start", operator))
                took = found.get((operator, case, "fwi_seconds"))
                seconds = _say(took.mean if took else math.nan, 0)
                rows.append([case, operator, _say(start, 3), _say(end, 3), per_hundred(r.mean), seconds])
    if not rows:
        return
    page.heading("Inversion")
    page.text(INVERSION)
    page.table(["case", "operator", "error of the start, km/s", "of the model", "ratio", "seconds"], rows)
    for name in ("noise", "sections", "course", "starts", "others"):
        _image(page, drawn, name)


def _tuning(page: Page, found: Found, drawn: Mapping[str, bytes]) -> None:
    if "tuning" not in drawn:
        return
    page.heading("A new region")
    page.text(TUNING)
    rows = [
        [operator, case.removeprefix("fine-tuning "), _say(r.mean, 4)]
        for (operator, case, _), r in found.items()
        if case.startswith("fine-tuning ")
    ]
    page.table(["network", "after", "relative L2"], rows, fold="All numbers")
    _image(page, drawn, "tuning")


def _noise(page: Page, found: Found) -> None:
    rows = []
    for (operator, case, metric), r in found.items():
        if operator == "noise" and metric.endswith("_median_percent"):
            bias = found[operator, case, metric.replace("_median_", "_bias_")].mean
            about = metric.removesuffix("_median_percent").replace("_", " ")
            rows.append([case, about, _say(r.mean, 2), _say(bias, 2), str(r.n)])
    if rows:
        page.heading("From noise to velocities")
        page.text(NOISE)
        page.table(
            ["correlations", "velocity", "median size of the difference, %", "bias, %", "points"], rows
        )


def _image(page: Page, drawn: Mapping[str, bytes], name: str) -> None:
    if name in drawn:
        page.image(drawn[name], CAPTIONS[name])


def _say(value: float, digits: int) -> str:
    return "—" if math.isnan(value) else f"{value:.{digits}f}"
