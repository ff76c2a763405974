"""The page of the sourcenet experiment: the paper's numbers beside ours, the figures, and what each number is."""

import math
from collections.abc import Mapping, Sequence

from seisgrad.report.page import Page
from seisgrad.report.reproduce.sourcenet import CASES
from seisgrad.report.reproduce.sourcenet_tables import (
    ABLATIONS,
    BASELINES,
    MODELS,
    OURS,
    Row,
    chosen,
    operator_of,
)
from seisgrad.report.reproduce.table import Line

TITLE = "Earthquake sources from any stations, the paper's and ours"
LEDE = (
    "SourceNet (arXiv:2601.06320): moment tensor and magnitude from whatever stations recorded an earthquake."
)
CAPTIONS = {
    "errors": "The share of events whose mechanism is nearer to the truth than this. Left: by number of stations. "
    "Right: by earth.",
    "baselines": "The network of the paper, and networks without a part of it, after as many events as ours. Lines: "
    "the best and the worst of several trainings. Diamonds: what the paper gives for its own, on other events.",
    "ablations": "Ours, not taught a part of what varies. models-1 was taught one velocity model. Diamonds: what the "
    "paper gives for its own, on other events.",
    "teaching": "Mean Kagan angle against how many velocity models and how many events the network was taught.",
    "attention": "Left: one event with the attention of every station and how far the answer turns without it. Right: "
    "errors without the stations that have most attention, are nearest, or are chosen by chance.",
    "latent": "Features of events after pooling, on the two axes along which events of the training vary most. Grey: "
    "training.",
    "noise": "Spectra of ground velocity in the band of the windows before the earthquake of Byron 2019, and of the "
    "noise that events are drawn with; each over the mean power of its station.",
    "heart": "A hundred events, learned over and over.",
}
"""What each figure shows, by the name of its file."""
OTHER_EVENTS = (
    "The paper's numbers are of 244 real events of Southern California, judged against a catalogue whose own "
    "uncertainty it puts at 19.5 degrees. Ours are of synthetic events with a known truth, through columns of the "
    "crust that the training has not seen, drawn with the same noise, timing errors and dropout as the training. They "
    "are not the same question, and nothing here is said about real events of Southern California."
)
SCALARS = (
    "The numbers that a station has beside its windows (distance, depth, levels of P and S) are set to zero. The paper "
    "finds the error of the magnitude 2.5 times as large. In its network the size of the event is known from these "
    "numbers alone; ours takes the common size of all records apart, and keeps it."
)
REMOVED = (
    "Does the network look at the stations that matter? Every station is taken away alone; the rank correlation says "
    "how well attention, or being near, foretells how far the answer turns. Then the first five by each are taken away "
    "together."
)
LATENT = (
    "latent_between is the share of the variance of two groups that lies between their means, 0 where nothing tells "
    "them apart. latent_mixing is how many of the ten nearest neighbours of an event are of the training, over what "
    "chance would give: 1 where they are mixed. Events of all groups are different ones."
)
COMPARED = (
    "Trained for this comparison and judged on the events of the table by experiments/sourcenet/judge.py; read from "
    "its result and not trained in this run. The last column is the mean Kagan angle less that of ours after as many "
    "events, with the 95 % interval of a paired bootstrap over events and trainings; where one training stands, "
    "nothing is said of how much another one would differ."
)
HEART = "The first thing that must work: the error on a hundred events that are shown again and again goes to nothing."


def sourcenet_page(
    lines: Sequence[Line], drawn: Mapping[str, bytes], rows: Sequence[Row] = (), missing: Sequence[str] = ()
) -> Page:
    """The page.

    Args:
        lines: every metric of every operator and case.
        drawn: figures as PNG by name.
        rows: of the trainings that were compared.
        missing: what was left out, and why.
    """
    page = Page(TITLE, LEDE)
    page.heading("Errors")
    page.text(OTHER_EVENTS)
    page.points(*missing)
    _errors(page, lines)
    _image(page, drawn, "errors")
    told = False
    for heading, names, figure in (
        ("Baselines", BASELINES, "baselines"),
        ("Without a part of the randomisation", ABLATIONS, "ablations"),
        ("Velocity models, and events", tuple(MODELS), "teaching"),
    ):
        shown = chosen(rows, names, "15-24")
        if shown:
            page.heading(heading)
            page.text("" if told else COMPARED)
            told = True
            _compared(page, rows, shown)
            _image(page, drawn, figure)
    _section(page, "Without scalars", SCALARS, [r for r in lines if "zeroed" in r.case])
    words = ("removal", "by attention", "by nearness", "by chance", "all stations")
    _section(page, "Stations that matter", REMOVED, [r for r in lines if any(w in r.case for w in words)])
    _image(page, drawn, "attention")
    _section(page, "Events of other earths", LATENT, [r for r in lines if r.metric.startswith("latent_")])
    _image(page, drawn, "latent")
    _section(page, "Noise", "", [r for r in lines if r.operator == "noise"])
    _image(page, drawn, "noise")
    _section(page, "By heart", HEART, [r for r in lines if "by heart" in r.case])
    _image(page, drawn, "heart")
    return page


def _errors(page: Page, lines: Sequence[Line]) -> None:
    """One table for every operator that was judged in this run, one row per case."""
    metrics = ("kagan_mean_deg", "kagan_median_deg", "mw_mae", "coverage_90")
    found = {(r.operator, r.case, r.metric): r for r in lines}
    asked = dict.fromkeys(
        r.operator for r in lines if r.case == "as-trained" and r.metric == "kagan_mean_deg"
    )
    header = [
        "case",
        "what it is",
        "mean (°)",
        "paper",
        "median (°)",
        "paper",
        "Mw",
        "paper",
        "in the ball",
        "events",
    ]
    for operator in asked:
        rows = []
        for case in CASES:
            row = [case.name, case.words]
            cells = [found.get((operator, case.name, metric)) for metric in metrics]
            if cells[0] is None:
                continue
            for r, digits in zip(cells[:3], (1, 1, 3), strict=True):
                row += [
                    _say(r.mean if r else math.nan, digits),
                    _say(r.paper if r else math.nan, min(digits, 2)),
                ]
            covered = f"{cells[3].mean:.0%}" if cells[3] else "—"
            rows.append([*row, covered, str(cells[0].n)])
        page.text(f"{operator}:")
        page.table(header, rows)


def _compared(page: Page, rows: Sequence[Row], shown: Sequence[Row]) -> None:
    table = []
    for row in shown:
        others = [
            next((r for r in rows if (r.network, r.passes, r.case) == (row.network, row.passes, case)), None)
            for case in ("6-10", "hadley-kanamori")
        ]
        apart = f"{row.further:+.1f} ({row.further_low:+.1f} to {row.further_high:+.1f})"
        table.append(
            [
                operator_of(row, rows),
                str(12_800 * row.passes),
                str(row.seeds),
                *(
                    _say(x, d)
                    for x, d in ((row.kagan_mean_deg, 1), (row.kagan_median_deg, 1), (row.mw_mae, 3))
                ),
                *(_say(r.kagan_mean_deg if r else math.nan, 1) for r in others),
                "—" if math.isnan(row.further) else apart,
            ]
        )
    header = [
        "network",
        "events taught",
        "trainings",
        "15-24: mean (°)",
        "median (°)",
        "Mw",
        "6-10: mean (°)",
    ]
    page.table([*header, "Hadley-Kanamori: mean (°)", f"further off than {OURS} (°)"], table)


def _section(page: Page, heading: str, text: str, lines: Sequence[Line]) -> None:
    if not lines:
        return
    page.heading(heading)
    page.text(text)
    rows = [[r.operator, r.case, r.metric, _say(r.mean, 3), _say(r.paper, 1), str(r.n)] for r in lines]
    page.table(["operator", "case", "metric", "ours", "paper", "n"], rows)


def _image(page: Page, drawn: Mapping[str, bytes], name: str) -> None:
    if name in drawn:
        page.image(drawn[name], CAPTIONS[name])


def _say(value: float, digits: int) -> str:
    return "—" if math.isnan(value) else f"{value:.{digits}f}"
