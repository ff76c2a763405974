"""``audit.html``: the verdict in words, any kernel to look at, and the numbers behind the words."""

import math
from collections.abc import Mapping, Sequence

import torch

from seisgrad.audit.consequences import Consequences
from seisgrad.audit.report import Report, Row
from seisgrad.audit.verdict import inversion
from seisgrad.report.audit.explorer import add_explorer
from seisgrad.report.audit.words import Words, band, branch
from seisgrad.report.page import Page

CAPTIONS = {
    "kernels": "Exact (grey) and learned kernels (line) of the model in the middle, neither smoothed nor normalised.",
    "outputs": "Mean over models with its 95 % bootstrap interval. Cosine: shape alone. Relative L2: shape and "
    "amplitude; a kernel of zeros would get 1.",
    "subspace": "Left: the kernels' error inside the subspace that the training ensemble spans, and outside it, where "
    "values alone can teach nothing. Right: relative error of the derivative along the ensemble's own directions.",
    "spectrum": "Amplitude of the error by wavelength along the profile, relative to the whole exact kernel; dotted, "
    "the exact kernel itself. Where the line meets the dots, the learned kernel knows nothing.",
    "shift": "Every model of every set: the kernels' error against the distance from the training ensemble, in units "
    "of what training showed. 1 is a model like those of training.",
    "consequences": "One inversion per model, all but the Jacobian exact. Share of the inversions with at most this "
    "value; dashed, where the exact Jacobian stands. Bottom right: the deepest position that the data resolve.",
}
"""What each figure shows."""

DEFINITIONS = (
    "Raw metrics compare the derivatives as they are, per model and output, over the positions that count. Cosine: "
    "a·b/(‖a‖‖b‖). Relative L2: ‖a − b‖/‖b‖. Amplitude: ‖a‖/‖b‖. Wrong sign: share of the samples with at "
    "least 1 % of the kernel's largest magnitude that have the wrong sign.",
    "Peak drift: where the learned kernel is largest, less where the exact one is.",
    "Smoothed and normalised: running mean over nine samples, then divided by the L1 norm, as in arXiv:2604.04107. "
    "Most errors do not survive that, and an inversion does not do it.",
    "Inside and outside: the kernels' error split by the principal directions of the training ensemble that explain "
    "99.9 % of its variance. Values of earths from the ensemble determine the derivative inside and say nothing of it "
    "outside.",
    "Along the prior: the derivative along each principal direction times its standard deviation, which is what the "
    "ensemble does see.",
    "Intervals: 95 % of a bootstrap over models.",
)

INVERSION = (
    ("angle", "angle between the steps, posterior metric (degrees)"),
    ("plain_angle", "angle between the steps, over the prior's sigma (degrees)"),
    ("length_ratio", "length of the step, learned over exact"),
    ("gain", "gain of the step, fraction of the exact one's"),
    ("descent_gain", "gain of steepest descent, fraction of the exact one's"),
    ("trace_ratio", "posterior variance, learned over exact"),
)
"""What is told of the inversions."""
QUANTILES = torch.tensor([0.05, 0.5, 0.95])


def audit_page(name: str, sets: Mapping[str, Report], drawn: Mapping[str, bytes], words: Words) -> Page:
    """The page.

    Args:
        name: of the operator.
        sets: what was found on each set of models, by its name, the operator's own first.
        drawn: figures as PNG by the names of :data:`CAPTIONS`.
        words: units and names.
    """
    own_name, own = next(iter(sets.items()))
    page = Page(
        f"Audit of {name}",
        f"Where its derivative can be trusted: {own.models} models of {own_name}, against exact kernels.",
    )
    page.cards(*_cards(own, words))
    if own.verdict:
        page.heading("The verdict, band by band")
        page.definitions([(band(group), text) for group, text in own.verdict.items()])
    page.heading("Any kernel")
    page.text(
        "Choose a model, a wave and a period. The address of the page keeps the choice, so a kernel can be linked to."
    )
    add_explorer(page, own, words)
    _named_errors(page, own, words)
    _metrics(page, own, words, drawn)
    _subspace(page, own, drawn)
    page.heading("At which wavelengths")
    page.image(drawn["spectrum"], CAPTIONS["spectrum"])
    if len(sets) > 1 or own.shift is not None:
        _shift(page, sets, drawn)
    if own.consequences is not None:
        _consequences(page, own.consequences, words, drawn)
    page.heading("What the numbers are")
    page.points(*DEFINITIONS)
    return page


def _cards(report: Report, words: Words) -> list[tuple[str, str, str]]:
    """The worst band of the values and of the kernels, and what was found by name."""
    cards = []
    errors = _of(report.summary, "value_relative_error", "")
    if errors:
        worst = max(errors, key=lambda r: r.mean)
        cards.append(
            (f"{100.0 * worst.mean:.2g} %", f"largest mean error of a value, {band(worst.group)}", "")
        )
    for parameter in report.layout.parameters:
        if rows := _of(report.summary, "cosine", parameter):
            worst = min(rows, key=lambda r: r.mean)
            text = f"lowest mean cosine of the kernels of {words.parameter(parameter)}, {band(worst.group)}"
            cards.append((f"{worst.mean:.4f}", text, "good" if worst.mean > 0.99 else "warn"))
    found = len(report.artefacts)
    cards.append((str(found), "artefacts at a fixed position", "warn" if found else "good"))
    if report.consequences is not None:
        gain = float(report.consequences.gain.nanmedian())
        cards.append((f"{100.0 * gain:.0f} %", "of the exact step's gain, median inversion", ""))
    return cards


def _of(rows: Sequence[Row], metric: str, parameter: str) -> list[Row]:
    return [r for r in rows if (r.metric, r.parameter) == (metric, parameter) and math.isfinite(r.mean)]


def _named_errors(page: Page, report: Report, words: Words) -> None:
    page.heading("Errors with a name")
    faults = [f for f in report.faults if f.name != "artefact"]  # those have a table of their own
    if faults:
        rows = [(f.name, f.parameter, f"{f.size:.3g}", f.evidence) for f in faults]
        page.table(("fault", "kernels of", "size", "evidence"), rows)
    else:
        page.text(
            "No factor, no swapped parameters, no shifted positions and no noise were found that would explain the "
            "error in one sentence."
        )
    if not report.artefacts:
        page.text("No sensitivity stays at one position while that of theory moves.")
        return
    axis = report.layout.position_axis
    header = (
        "wave", "kernels of", f"{axis} ({words.position})", "share of the kernel", "p",
        f"{report.layout.output_axis} ({words.output})",
    )  # fmt: skip
    rows = [
        (
            branch(a.branch, report.layout.branches), words.parameter(a.parameter), f"{a.position:.3g}",
            f"{100.0 * a.strength:.2g} %", f"{a.p_value:.2g}", f"{min(a.outputs):g}–{max(a.outputs):g}",
        )
        for a in report.artefacts
    ]  # fmt: skip
    page.text("Sensitivity that stays where it is while that of theory moves away:")
    page.table(header, rows)


COLUMNS = (
    ("cosine", "cosine", 4),
    ("relative_l2", "relative L2", 3),
    ("amplitude_ratio", "amplitude", 3),
    ("sign_error", "wrong sign", 3),
    ("peak_drift", "peak drift", 2),
    ("paper_cosine", "smoothed cosine", 4),
)
"""Metric, heading and digits of the tables by band."""


def _metrics(page: Page, report: Report, words: Words, drawn: Mapping[str, bytes]) -> None:
    page.heading("Band by band")
    page.image(drawn["outputs"], CAPTIONS["outputs"])
    page.image(drawn["kernels"], CAPTIONS["kernels"])
    found = {(r.metric, r.parameter, r.group): r for r in report.summary}
    columns = [c for c in COLUMNS if any(metric == c[0] for metric, _, _ in found)]
    for parameter in report.layout.parameters:
        rows = [
            [
                band(group),
                *(_mean(found.get((metric, parameter, group)), digits) for metric, _, digits in columns),
            ]
            for group in report.layout.groups
        ]
        header = ["band", *(heading for _, heading, _ in columns)]
        page.table(header, rows, fold=f"Kernels of {words.parameter(parameter)}: means and their intervals")


def _mean(row: Row | None, digits: int) -> str:
    """A mean with its interval."""
    if row is None or not math.isfinite(row.mean):
        return "—"
    low, high = (f"{value:.{digits}f}" for value in (row.low, row.high))
    return f"{row.mean:.{digits}f} ({low} to {high})".replace("-", "−")


def _subspace(page: Page, report: Report, drawn: Mapping[str, bytes]) -> None:
    if not report.subspace:
        return
    page.heading("What the prior shows the network")
    page.text(f"The training ensemble varies along {report.rank} principal directions.")
    page.image(drawn["subspace"], CAPTIONS["subspace"])


def _shift(page: Page, sets: Mapping[str, Report], drawn: Mapping[str, bytes]) -> None:
    page.heading("Models that training has not shown")
    metrics = ("value_relative_error", "relative_l2", "cosine")
    header = ["models", "number", "distance", "not given", "error of the values (%)"]
    first = next(iter(sets.values()))
    parameter = _leading(first)
    header += [f"relative L2, {parameter}", f"cosine, {parameter}"]
    rows = []
    for name, report in sets.items():
        distance = "—" if report.shift is None else f"{float(report.shift.distance.mean()):.2f}"
        values = [_over_groups(report, metric, parameter if i else "") for i, metric in enumerate(metrics)]
        shown = (100.0 * values[0], *values[1:])
        missing = sum(report.missing.values())
        rows.append([name, str(report.models), distance, str(missing), *(_number(v) for v in shown)])
    page.table(header, rows)
    page.text(
        "Not given: values that one operator gives and the other does not, such as those of models that a surrogate "
        "refuses."
    )
    if "shift" in drawn:
        page.image(drawn["shift"], CAPTIONS["shift"])
    if first.shift is not None and first.shift.correlations:
        correlations = [
            (band(c.group), f"{c.value:.2f} ({c.low:.2f} to {c.high:.2f})".replace("-", "−"), str(c.n))
            for c in first.shift.correlations
        ]
        page.table(
            ("band", "rank correlation of error and distance", "models"),
            correlations,
            fold="Does the error grow with the distance?",
        )


def _leading(report: Report) -> str:
    """The parameter with the largest kernels."""
    sizes = report.examples.pair.reference.nan_to_num().abs().sum((0, 1, 2, 4))
    return report.layout.parameters[int(sizes.argmax())]


def _over_groups(report: Report, metric: str, parameter: str) -> float:
    """The mean over all groups, each weighed by its values."""
    rows = _of(report.summary, metric, parameter)
    total = sum(r.n for r in rows)
    return sum(r.mean * r.n for r in rows) / total if total else math.nan


def _number(value: float) -> str:
    return "—" if math.isnan(value) else f"{value:.4g}".replace("-", "−")


def _consequences(page: Page, found: Consequences, words: Words, drawn: Mapping[str, bytes]) -> None:
    page.heading("What it does to an inversion")
    page.text(
        "Linearised inversions of noisy data, each with the exact and with the learned Jacobian and everything else "
        "exact.",
        inversion(found),
    )
    rows = [
        (meaning, *(_number(float(q)) for q in getattr(found, name).nanquantile(QUANTILES.to(found.angle))))
        for name, meaning in INVERSION
    ]
    for p, parameter in enumerate(found.parameters):
        drift = (found.resolved_learned - found.resolved_exact)[:, p]
        quantiles = drift.nanquantile(QUANTILES.to(drift))
        meaning = f"resolved to, {words.parameter(parameter)}: learned less exact ({words.position})"
        rows.append((meaning, *(_number(float(q)) for q in quantiles)))
    page.table(("over the inversions", "5 %", "median", "95 %"), rows)
    page.image(drawn["consequences"], CAPTIONS["consequences"])
