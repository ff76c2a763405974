"""The audit of an elastic operator: gradients of the misfit of an inversion along a line, by band and depth."""

from collections.abc import Callable, Iterator, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from seisgrad.audit.gradients import WHOLE, compare_gradients
from seisgrad.elastic import Grid, Harmonic, Resolution, Spectra, Survey, prior
from seisgrad.elastic.masks import mask
from seisgrad.elastic.parameters import VsTie
from seisgrad.elastic.prior import line
from seisgrad.elastic.recipe import FREQUENCIES as ALL_FREQUENCIES
from seisgrad.elastic.recipe import RECEIVERS
from seisgrad.elastic.settings import Settings, default_stages
from seisgrad.inversion.waveform import Preconditioner
from seisgrad.inversion.waveform.misfits import misfit_named
from seisgrad.operator import Operator, Space, jvp
from seisgrad.report.audit import gradients as common
from seisgrad.report.audit.elastic_depths import (
    by_range,
    depth_figure,
    depth_tables,
    gradients_figure,
    profiles_figure,
)
from seisgrad.report.audit.gradients import (
    METRIC_WORDS,
    SEED,
    Found,
    bands_figure,
    lowest_cosine,
    write_numbers,
)
from seisgrad.report.figures import png
from seisgrad.report.page import Page

FREQUENCIES = ALL_FREQUENCIES[1::2]
"""Every other one of Zou et al. (2025), Hz: two in each band."""
BANDS = {
    "0.12–0.20 Hz": (0, 1),
    "0.20–0.30 Hz": (2, 3),
    "0.30–0.40 Hz": (4, 5),
    "0.40–0.50 Hz": (6, 7),
}
"""Parts of the data, as indices of frequencies."""
NODES = RECEIVERS
"""Along the line, each of them source and receiver."""
BEYOND = "basin"
"""The ensemble of earths that training has not shown."""
FINE = Resolution(length_cells=2.0)
"""Of the exact operator: its meshes see every node of the line. Those of coarser elements skip some, which gets no
gradient then, while their neighbours get more."""
_TO = ("tied vs", "vp", "vs", "density")
PARAMETERS = (*_TO, *(f"raw {name}" for name in _TO))
"""To what a gradient is taken: vs with vp and density tied to it by Brocher (2005), and each with the others held;
smoothed as before a step of the inversion, and then raw, as they come."""
_SHOWN = (0, 1, 2, 3, 4)  # in the figure of bands: the smoothed ones, and the raw one to tied vs

CAPTIONS = {
    "bands": "Every earth by band: cosine of the learned gradient with the exact one, and its relative L2 error. Lines "
    "and diamonds are medians.",
    "depth": "The gradient to tied vs depth by depth, bands from left to right. Above: cosine along each row "
    "of nodes, every earth and the median. Below: the size of the exact gradient (lines) and of the error (dashes) "
    "at each depth, over the largest exact one: where the first is small, the cosine does not matter.",
    "profiles": "Lateral averages of the gradients in the first earth of each ensemble, exact (lines) and learned "
    "(dashes), each over the largest exact one of its band and parameter.",
    "gradients": "Gradient to tied vs in the first earth, of the lowest and of the highest band: through the "
    "physics, through the learned operator, and the difference of the two on the same colours.",
}
"""What each figure shows."""
WORDS = (
    "Data are spectra of the exact operator in the true earth, both components, between all nodes of the line but not "
    "of a node to itself, by vertical forces, at two frequencies in each band. The misfit is that of the inversion: "
    "½ |p/|p| − d/|d||², which sees phases alone.",
    "Gradients are taken where an inversion begins: in the lateral average of the true vs, with vp and density by "
    "Brocher (2005). Phases there may be whole turns away from the data; this asks whether both operators walk the "
    "same way, not whether it leads to the earth.",
    "Tied vs is what the inversion sees where vs alone is unknown: g_vs + g_vp dvp/dvs + g_rho drho/dvs.",
    "Gradients are smoothed by a Gaussian of three nodes, as before a step of the inversion; raw ones, as they come, "
    "stand beside. An operator on a coarse mesh sees the earth at some nodes and not at their neighbours: its raw "
    "gradient is a comb, and smoothing shows what it is worth.",
    "Nodes at both ends and at the bottom are left out: they stand for all ground beyond them, which absorbs.",
    METRIC_WORDS,
)
"""How it was done."""


def survey_of(grid: Grid) -> Survey:
    """What is observed: every node of the line from every other."""
    places = line(grid, NODES)
    return Survey(places, places, torch.tensor(FREQUENCIES, dtype=torch.float64))


def compare(
    make: Callable[[Survey], Operator],
    name: str,
    grid: Grid,
    number: int,
    tell: Callable[[str], None] = lambda text: None,
) -> Found:
    """Audit an operator on unseen earths of an ensemble, and of :data:`BEYOND`.

    Args:
        make: the operator that is audited, for a part of the survey of :func:`survey_of`: one frequency.
        name: of the ensemble.
        grid: of the earths.
        number: of earths of each ensemble.
        tell: how far it has come, for a progress bar.

    Raises:
        InputError: an unknown ensemble, or an earth that one of the operators refuses.
    """
    ensembles = dict.fromkeys((name, BEYOND))
    parts = [survey_of(grid).select(frequency=[k]) for k in range(len(FREQUENCIES))]
    pairs = [(Harmonic(grid, part, resolution=FINE), make(part)) for part in parts]
    earths = [
        earth for each in ensembles for earth in prior(each).draw(number, SEED, split="test", grid=grid).earth
    ]

    def both() -> Iterator[tuple[Tensor, Tensor]]:
        for m, truth in enumerate(earths):
            found = []
            for k, (exact, learned) in enumerate(pairs):
                tell(f"{m * len(pairs) + k + 1} of {len(earths) * len(pairs)} at one frequency")
                found.append(torch.stack(_gradients((exact, learned), truth, grid)))
            exact, learned = torch.stack(found, 1)
            yield _in_bands(exact), _in_bands(learned)

    report = compare_gradients(both(), (*BANDS, WHOLE), _space(grid), axis="z", keep=len(earths))
    sorts = tuple(each for each in ensembles for _ in range(number))
    return Found(
        dict.fromkeys(ensembles, number), grid, report, "prior", sorts, (*range(number),) * len(ensembles)
    )


def _space(grid: Grid) -> Space:
    """Of what is compared: without the nodes at both ends and at the bottom."""
    z, x = grid.z[:-1], grid.x[1:-1]
    coords = {"parameter": PARAMETERS, "z": z, "x": x}
    return Space("gradient", ("parameter", "z", "x"), (len(PARAMETERS), len(z), len(x)), "1", coords)


def _gradients(
    operators: Sequence[Operator], truth: Float[Tensor, "3 z x"], grid: Grid
) -> list[Float[Tensor, "8 inner_z inner_x"]]:
    """Of the misfit at one frequency, through each of the operators; the first one gives the data."""
    tie, settings = VsTie(grid), Settings()
    vs = truth[1].mean(-1, keepdim=True).expand(grid.shape).contiguous()
    with torch.no_grad():
        observed = operators[0](truth)
    survey = operators[0].survey  # type: ignore[attr-defined]
    weight = mask(Spectra(survey, observed), settings.components, settings.offsets).weight
    misfit = misfit_named(settings.misfit, operators[0].codomain)
    slope = jvp(tie, vs, torch.ones_like(vs))  # node by node
    smooth = Preconditioner(_space(grid), default_stages(FREQUENCIES, grid.spacing)[0].smoothing)
    found = []
    for op in operators:
        start = tie(vs).requires_grad_()
        (gradient,) = torch.autograd.grad(misfit(op(start), observed, weight), start)
        raw = torch.stack([(gradient * slope).sum(0), *gradient])[:, :-1, 1:-1]
        found.append(torch.cat([smooth(raw), raw]))
    return found


def _in_bands(gradient: Float[Tensor, "frequency parameter z x"]) -> Float[Tensor, "band parameter z x"]:
    """Sums over the frequencies of each band, and over all: misfits add up."""
    return torch.stack([*(gradient[list(which)].sum(0) for which in BANDS.values()), gradient.sum(0)])


def verdict(found: Found) -> dict[str, str]:
    """What it means for tied vs, in words, by ensemble and band."""
    return {
        f"{sort}, {band}": text
        for sort, models in found.groups.items()
        for band, text in found.gradients.summary(models, [0]).items()
    }


def tables(found: Found) -> dict[str, str]:
    """``gradients.csv``, ``summary.csv``, and what :func:`.depth_tables` has."""
    return {**common.tables(found), **depth_tables(found)}


def figures(found: Found) -> dict[str, bytes]:
    """The figures by name, as PNG."""
    return {
        "bands": png(bands_figure(found, _SHOWN)),
        "depth": png(depth_figure(found)),
        "profiles": png(profiles_figure(found, len(_TO))),
        "gradients": png(gradients_figure(found)),
    }


def page(operator: str, found: Found, drawn: dict[str, bytes]) -> Page:
    """``audit.html``."""
    report = found.gradients
    of = " and ".join(f"{number} of {name}" for name, number in found.earths.items())
    made = Page(
        f"Audit of {operator}",
        f"Where its gradients can be trusted: in unseen earths, {of}, against gradients of the exact operator in the "
        "frequency domain.",
    )
    made.cards(
        *(
            card
            for sort, models in found.groups.items()
            for card in (
                lowest_cosine(report, models, 0, f"of the gradient to tied vs, {sort}"),
                (
                    f"{float(report.values['relative_l2'][models, -1, 0].quantile(0.5)):.1%}",
                    f"median relative L2 error, tied vs, all data, {sort}",
                    "",
                ),
            )
        )
    )
    made.heading("The verdict, band by band")
    made.text("Of the gradient to vs, vp and density tied to it, smoothed as before a step of the inversion.")
    made.definitions(list(verdict(found).items()))
    made.image(drawn["bands"], CAPTIONS["bands"])
    made.heading("Depth by depth")
    made.text("Median cosine of the gradient to tied vs, and its median relative L2 error.")
    made.table(*by_range(found))
    made.image(drawn["depth"], CAPTIONS["depth"])
    made.image(drawn["profiles"], CAPTIONS["profiles"])
    made.heading("What the gradients look like")
    made.image(drawn["gradients"], CAPTIONS["gradients"])
    made.heading("The numbers")
    write_numbers(made, found, "Every parameter, band and metric")
    made.heading("How it was done")
    made.points(*WORDS)
    return made
