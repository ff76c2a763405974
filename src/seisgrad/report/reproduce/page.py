"""The page of the kernels experiment: the paper's table beside ours, the figures, and what the metrics mean."""

import math
from collections.abc import Mapping, Sequence

from seisgrad.report.page import Page
from seisgrad.report.reproduce.ensembles import FROZEN, ensembles_of
from seisgrad.report.reproduce.kernels import WAVES
from seisgrad.report.reproduce.recovery import ALONE, CASE, RECOVERED
from seisgrad.report.reproduce.table import BANDS, PAPER_PRIORS, Line, band_case

TITLE = "Sensitivity kernels, the paper's and ours"
LEDE = "Table 1 of Yu, Cai & Liu (2026, arXiv:2604.04107): velocities and kernels of networks against the exact ones."
CAPTIONS = {
    "table": "Left: mean absolute error of the velocity. Right: mean cosine between the kernels of vs; smoothed over "
    "nine samples and divided by their L1 norm as in the paper (full line), and raw (dotted). Open circles: the paper.",
    "kernels": "Kernels of vs of the model whose mean raw cosine is the median of the ensemble: exact (grey) and "
    "learned (line), neither smoothed nor normalised. The depth shown grows with the period.",
    "cosine": "Raw cosine of every model and period: 5th to 95th percentile (thin), middle half (box), median (line); "
    "the axis is logarithmic in 1 − cosine. Love waves have no kernel of vp.",
}
"""What each figure shows, by the first word of its name."""
IMPRINT = (
    "One representative earth of the ensemble weak, given to operators that differ in what they were trained on. Left: "
    "the ensemble of each (shades), its median (white) and the earth (line). Middle and right: kernels of vs at six "
    "periods, learned (line) and exact (grey), smoothed over nine samples and divided by their L1 norm. Orange: where "
    "the prior lvz puts its low-velocity zones, mean and standard deviation. weak and lvz learned values alone, "
    "default exact kernels too."
)
ARTEFACTS = (
    "Fixed-depth artefacts in the kernels of vs, on the same earths of the ensemble weak for every operator: "
    "sensitivity that stays at one depth at all periods while theory's moves away. Strength is the share of the "
    "kernel's L1 norm that it holds beyond theory's; reported is what is significant (p < 0.01) and holds at least 2 %."
)
RECOVERY = (
    "The first four earths of the ensemble weak, not chosen. Above: vs of the true earth, of the prior and of the "
    "most probable model, the last two with two standard deviations. Below: Rayleigh and Love waves with noise of "
    "0.5 %, what the most probable model predicts (line) and what the prior mean does (dashed)."
)
INTERVALS = (
    "Earths of the ensemble weak are recovered from exact curves with noise of 0.5 %, with each operator in turn, and "
    "the intervals of vs at the control points down to 110 km are held against the truth. Covered: share of the "
    "intervals of 68 and of 95 % that hold it. Scale: root mean square of (truth − mean)/σ, by which σ would have to "
    "be multiplied; 1 where it is right. The errors of the data are those of noise, of structure between the control "
    "points and of the operator; or, in the last two columns, those of the noise alone, which is what an operator that "
    "is taken for exact claims."
)
HEADER = (
    "operator", "earths", "converged", "median error of vs, of the prior's (%)", "covered, 68 %", "95 %", "scale",
    "noise alone: covered, 95 %", "scale",
)  # fmt: skip
DEFINITIONS = (
    "MAE and MAPE: mean absolute error of the phase velocity, in km/s and relative to the exact value.",
    "Raw metrics compare layer-integrated derivatives at the nodes with tops above 110 km, per model and period. "
    "Relative L2 includes the amplitude. Wrong sign: fraction of the nodes with at least 1 % of the kernel's largest "
    "magnitude. Depth integral: error of the sum over depth, relative to the sum of magnitudes.",
    "Smoothed: running mean over nine samples, then divided by the L1 norm, learned and exact alike.",
    "As published: the same, with the learned kernel multiplied by vs/c and the exact one not, as the paper's "
    "evaluation does. Even the exact operator does not reach 1 there: see its rows.",
    "All numbers are means over the models and periods of a band. results.csv holds every metric and every case, with "
    "the half-space's node apart; distributions.csv holds medians and percentiles.",
)


def kernels_page(lines: Sequence[Line], drawn: Mapping[str, bytes], counts: Mapping[str, int]) -> Page:
    """The page.

    Args:
        lines: every metric of every operator and case.
        drawn: figures as PNG by ``table-NAME``, ``kernels-NAME`` and ``cosine-NAME`` of the operators, ``imprint`` and
            ``recovery``.
        counts: the number of models of each ensemble.
    """
    page = Page(TITLE, LEDE)
    found = {(r.operator, r.case, r.metric): r for r in lines}
    for operator in dict.fromkeys(r.operator for r in lines):
        _operator(page, operator, found, drawn, counts)
    page.heading("What a prior imprints")
    if "imprint" in drawn:
        page.image(drawn["imprint"], IMPRINT)
    _artefacts(page, found)
    _recovery(page, found, drawn)
    page.heading("What the numbers are")
    page.points(*DEFINITIONS)
    return page


def _operator(
    page: Page,
    operator: str,
    found: Mapping[tuple[str, str, str], Line],
    drawn: Mapping[str, bytes],
    counts: Mapping[str, int],
) -> None:
    page.heading(f"Operator {operator}")
    for ensemble, prefix in ensembles_of(operator).items():
        if ensemble not in counts:
            continue
        words = (
            f"{counts[ensemble]} models of the ensemble {ensemble}{' (test split)' * (ensemble != FROZEN)}."
        )
        beside_paper = not prefix and ensemble in PAPER_PRIORS
        tables = [
            _rows(operator, prefix, found, columns, beside_paper=beside_paper) for columns in (PUBLISHED, RAW)
        ]
        if prefix:
            for (header, rows), what in zip(tables, ("as in Table 1", "raw kernels"), strict=True):
                page.table(header, rows, fold=f"{words[:-1]}, {what}")
            continue
        page.text(words)
        for header, rows in tables:
            page.table(header, rows)
        for figure, caption in CAPTIONS.items():
            if f"{figure}-{operator}" in drawn:
                page.image(drawn[f"{figure}-{operator}"], caption)


def _artefacts(page: Page, found: Mapping[tuple[str, str, str], Line]) -> None:
    """What of the kernels of vs stays at one depth while theory's moves with period."""
    rows = []
    for (operator, wave, metric), line in found.items():
        if metric == "artefact_strength":
            depth = found[operator, wave, "artefact_depth_km"].mean
            rows.append(
                [operator, wave, _say(depth, 0), f"{line.mean:.3f}" if line.mean else "none", str(line.n)]
            )
    page.text(ARTEFACTS)
    page.table(["operator", "wave", "depth (km)", "strength", "models"], rows)


def _recovery(page: Page, found: Mapping[tuple[str, str, str], Line], drawn: Mapping[str, bytes]) -> None:
    """What inversions make of the operators, where there were earths enough for it."""
    rows = []
    for operator in dict.fromkeys(operator for operator, case, _ in found if case == CASE):
        full, alone = ({m: found[operator, c, m].mean for m in RECOVERED} for c in (CASE, f"{CASE} {ALONE}"))
        error, prior = (found[operator, CASE, f"vs_error_median_percent{end}"].mean for end in ("", "_prior"))
        converged = found[operator, CASE, "converged"]
        rows.append([
            operator, str(converged.n), _say(converged.mean, 2), f"{error:.1f} of {prior:.1f}",
            *(_say(full[metric], 2) for metric in RECOVERED),
            *(_say(alone[metric], 2) for metric in RECOVERED[1:]),
        ])  # fmt: skip
    if not rows:
        return
    page.heading("Inversion")
    if "recovery" in drawn:
        page.image(drawn["recovery"], RECOVERY)
    page.text(INTERVALS)
    page.table(HEADER, rows)


# Metric, heading, digits behind the point, and whether the paper has it.
PUBLISHED = (
    ("mae", "MAE (km/s)", 5, True),
    ("mape_percent", "MAPE (%)", 3, True),
    ("paper_cosine_vs_scaled", "cosine, as published", 4, True),
    ("paper_correlation_vs_scaled", "correlation, as published", 4, True),
    ("paper_cosine_vs", "cosine, smoothed", 4, False),
)
RAW = (
    ("raw_cosine_vs", "raw cosine, vs", 4, False),
    ("raw_cosine_vp", "vp", 4, False),
    ("raw_cosine_rho", "density", 4, False),
    ("relative_l2_vs", "relative L2, vs", 3, False),
    ("relative_l2_vp", "vp", 3, False),
    ("relative_l2_rho", "density", 3, False),
    ("sign_error_vs", "wrong sign, vs", 4, False),
    ("depth_integral_error_vs", "depth integral, vs", 4, False),
)


def _rows(
    operator: str,
    prefix: str,
    found: Mapping[tuple[str, str, str], Line],
    columns: Sequence[tuple[str, str, int, bool]],
    *,
    beside_paper: bool,
) -> tuple[list[str], list[list[str]]]:
    """Header and one row per wave and band; the paper's number before ours where it has one."""
    header, rows = ["wave and periods (s)", "values"], []
    for _, heading, _, published in columns:
        header += [f"{heading}: paper", "ours"] if published and beside_paper else [heading]
    for wave in WAVES:
        for band in BANDS:
            case = f"{prefix}{band_case(wave, band)}"
            row = [band_case(wave.capitalize(), band).replace("-", "–"), str(found[operator, case, "mae"].n)]
            for metric, _, digits, published in columns:
                line = found[operator, case, metric]
                row += [_say(line.paper, digits)] if published and beside_paper else []
                row.append(_say(line.mean, digits))
            rows.append(row)
    return header, rows


def _say(value: float, digits: int) -> str:
    return "—" if math.isnan(value) else f"{value:.{digits}f}"
