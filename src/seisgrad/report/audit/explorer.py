"""The part of the page that is asked: for a model, a branch and an output it shows both kernels with their numbers.

Markup, style and script stand in ``explorer.html``, ``explorer.css`` and ``explorer.js`` beside this file; here the
data for them are made. They stand in the page and nothing is fetched.
"""

import html
import json
from importlib.resources import files
from string import Template

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad import audit
from seisgrad.audit.layout import Layout
from seisgrad.audit.linear import Pair
from seisgrad.audit.report import Examples, Report
from seisgrad.report.audit.pack import in_steps, pack
from seisgrad.report.audit.words import Words, band, branch
from seisgrad.report.page import Page

WIDTH = 9
"""Samples in the running mean of the published view of a kernel."""


def _published_cosine(learned: Tensor, exact: Tensor) -> Tensor:
    return audit.cosine(*(audit.smooth_and_normalise(kernel, WIDTH) for kernel in (learned, exact)))


METRICS = (
    ("cosine", "cosine", 4, audit.cosine),
    ("correlation", "correlation", 4, audit.pearson),
    ("relative_l2", "relative L2 error", 4, audit.relative_l2),
    ("amplitude_ratio", "amplitude, learned over exact", 4, audit.amplitude_ratio),
    ("sign_error", "samples of the wrong sign", 4, audit.sign_error),
    ("paper_cosine", "cosine, smoothed and normalised", 4, _published_cosine),
)
"""The numbers of a single kernel: name, words, digits behind the point, and the measure."""


def add_explorer(page: Page, report: Report, words: Words) -> None:
    """The examples of a report, to be asked about one by one."""
    layout = report.layout
    places, data = pack(_arrays(report.examples.pair, layout))
    facts = _facts(report, words) | {"arrays": places}
    panels = "".join(f'<div id="explorer-kernel-{i}"></div>' for i in range(len(layout.parameters)))
    columns = "".join(
        f'<th class="number">{html.escape(words.parameter(name))}</th>' for name in layout.parameters
    )
    markup = Template(_read("explorer.html")).substitute(
        models=_choices(report.examples),
        branches=_branches(layout),
        output_name=html.escape(layout.output_axis.capitalize()),
        last=len(layout.outputs) - 1,
        panels=panels,
        columns=columns,
        facts=json.dumps(facts, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c"),
        data=data,
    )
    page.interactive(markup, _read("explorer.css"), _read("explorer.js"))


def _facts(report: Report, words: Words) -> dict[str, object]:
    """What the script must know beside the numbers."""
    layout = report.layout
    unit = "per " + words.position
    return {
        "models": list(report.examples.label),
        "branches": [branch(name, layout.branches) for name in layout.branches],
        "outputs": list(layout.outputs),
        "outputName": layout.output_axis.capitalize(),
        "outputUnit": words.output,
        "parameters": [
            {"name": words.parameter(name), "unit": words.kernels.get(name, unit)}
            for name in layout.parameters
        ],
        "edges": edges(layout).tolist(),
        "positionName": f"{layout.position_axis} ({words.position})",
        "modelUnit": words.model,
        "valueUnit": words.value,
        "width": WIDTH,
        "metrics": [{"name": name, "words": said, "digits": digits} for name, said, digits, _ in METRICS],
        "groups": [
            {"name": band(name), "verdict": report.verdict.get(name, ""), "members": mask.tolist()}
            for name, mask in layout.groups.items()
        ],
    }


def edges(layout: Layout) -> Float[Tensor, " edge"]:
    """The positions that count and, behind them, where the last one ends: at the next position of the profile, or as
    far on as it is from the one before."""
    tops = layout.compared
    beyond = layout.positions[layout.positions > tops[-1]]
    step = tops[-1] - tops[-2] if len(tops) > 1 else tops.new_ones(())
    end = beyond[:1] if len(beyond) else (tops[-1] + step)[None]
    return torch.cat([tops, end])


def _arrays(pair: Pair, layout: Layout) -> dict[str, np.ndarray]:
    """Everything that is drawn, the positions that count alone; kernels per unit of position."""
    length = edges(layout).diff()
    kernels = torch.stack([pair.reference[..., layout.inside], pair.learned[..., layout.inside]])
    steps, scale = in_steps((kernels / length).double().numpy())
    learned, exact = kernels[1], kernels[0]
    metrics = torch.stack([measure(learned, exact) for *_, measure in METRICS])
    values = torch.stack([pair.reference_value, pair.learned_value])
    return {
        "kernels": steps,
        "scale": scale,
        "metrics": metrics.float().numpy(),
        "values": values.float().numpy(),
        "models": pair.models[..., layout.inside].float().numpy(),
    }


def _choices(examples: Examples) -> str:
    """The models as entries of a list, each with its error."""
    rows = zip(examples.label, examples.error.tolist(), strict=True)
    return "".join(
        f'<option value="{i}">{html.escape(label)}: error {100.0 * error:.3g} %</option>'
        for i, (label, error) in enumerate(rows)
    )


def _branches(layout: Layout) -> str:
    return "".join(
        f'<label><input type="radio" name="explorer-branch" value="{i}"> '
        f"{html.escape(branch(name, layout.branches))}</label>"
        for i, name in enumerate(layout.branches)
    )


def _read(name: str) -> str:
    return (files("seisgrad.report.audit") / name).read_text(encoding="utf-8")
