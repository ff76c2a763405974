"""The detector of fixed-depth artefacts, measured on exact kernels: false alarms, and what it finds of planted ones.

    python experiments/kernels/artefact_power.py [--trials 300] [--models 20] [--out FILE]

Every trial takes other models of a prior (weak, tectonic and lvz in turn) and calls their exact kernels, with errors,
the learned ones. Errors of the null cases are no artefact: none; rough ones; smooth ones that scale with the kernel and
travel with it; bumps that travel with it; the exact kernels of neighbouring earths (depths stretched by 10 %, speeds
changed by 3 %, both at random). A false alarm is any artefact in any of six kinds of kernels (two waves, three
parameters). A planted bump of 5-20 km width sits between 10 and 100 km, in all kernels, on top of rough errors; counted
is how often it is found within half its width, or 4 km, in the vs kernels of Rayleigh and of Love waves.
"""

import argparse
import csv
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from seisgrad.audit.artefact import Artefact, Artefacts
from seisgrad.audit.layout import Layout
from seisgrad.audit.linear import Pair
from seisgrad.dispersion import Physics
from seisgrad.dispersion.prior import DEPTH
from seisgrad.report.provenance import write_record
from seisgrad.report.reproduce.ensembles import models
from seisgrad.report.reproduce.kernels import BATCH, SURVEY, compared, exact_rows

PRIORS = ("weak", "tectonic", "lvz")
MODELS = 160
"""Of each prior; a trial takes some of them."""
STRENGTHS = (0.05, 0.1, 0.2, 0.3)
RESULTS = Path(__file__).parent / "results" / "artefact_power.csv"
OPERATOR = Physics(SURVEY, DEPTH)
LAYOUT = Layout.of(OPERATOR.domain, OPERATOR.codomain, inside=compared(DEPTH))


class Earths(NamedTuple):
    """Exact kernels [model, branch, output, parameter, position] of some earths and of a neighbour of each."""

    own: Tensor
    neighbours: Tensor


class Line(NamedTuple):
    """A line of the results: how many of so many trials found something, and how strong it was on average."""

    case: str
    wave: str
    found: int
    trials: int
    strength: float


Error = Callable[[Earths, torch.Generator], Tensor]


def kernels(x: Tensor) -> Tensor:
    """Exact kernels of earths [model, parameter, depth], in single precision."""
    return torch.cat([exact_rows(some, DEPTH).kernel.float() for some in x.split(BATCH)])


def neighbour(x: Tensor, generator: torch.Generator) -> Tensor:
    """Earths whose depths are stretched and whose parameters are changed, smoothly in depth, at random."""
    stretch = torch.exp(0.1 * torch.randn(len(x), 1, 1, generator=generator, dtype=x.dtype))
    at = (torch.arange(len(DEPTH)) * stretch).clamp(max=len(DEPTH) - 1).expand_as(x)
    low = at.floor().long().clamp(max=len(DEPTH) - 2)
    moved = torch.lerp(x.gather(-1, low), x.gather(-1, low + 1), at - low)
    knots = 0.03 * torch.randn(len(x), 1, 9, generator=generator, dtype=x.dtype)
    return moved * (1 + torch.nn.functional.interpolate(knots, len(DEPTH), mode="linear", align_corners=True))


def uniform(low: float, high: float, generator: torch.Generator) -> float:
    """One number."""
    return low + (high - low) * float(torch.rand((), generator=generator))


def scaled_depth(kernel: Tensor) -> Tensor:
    """Depth over the depth above which half of the mean kernel lies, [branch, output, parameter, position]."""
    share = kernel.abs().mean(0).cumsum(-1)
    middle = (share < share[..., -1:] / 2).sum(-1, keepdim=True).clamp(min=1)
    return torch.arange(kernel.shape[-1]) / middle


def none(earths: Earths, generator: torch.Generator) -> Tensor:
    """The exact kernels."""
    return earths.own


def rough(earths: Earths, generator: torch.Generator, size: float = 1.0) -> Tensor:
    """White errors as large as the kernel."""
    return earths.own * (1 + size * torch.randn(earths.own.shape, generator=generator))


def smooth(earths: Earths, generator: torch.Generator) -> Tensor:
    """Errors of 30 % of the kernel, smooth functions of scaled depth, the same for all models."""
    u = scaled_depth(earths.own).clamp(max=8.0)
    error = torch.zeros_like(u)
    for _ in range(6):
        wave, phase = uniform(1.0, 8.0, generator), uniform(0.0, 6.28, generator)
        error += 0.3 * (2 / 6) ** 0.5 * torch.cos(wave * u + phase)
    return earths.own * (1 + error)


def travelling(earths: Earths, generator: torch.Generator) -> Tensor:
    """A bump of 5-30 % that travels with the kernel."""
    u = scaled_depth(earths.own)
    at, width = 0.3 * 10 ** uniform(0.0, 1.0, generator), uniform(0.15, 0.45, generator)
    return plant(earths.own, torch.exp(-((u - at) / width).square() / 2), uniform(0.05, 0.3, generator))


def neighbours(earths: Earths, generator: torch.Generator) -> Tensor:
    """The kernels of other earths."""
    return earths.neighbours


NULLS: dict[str, Error] = {
    "exact": none,
    "rough errors": rough,
    "smooth errors that travel": smooth,
    "bumps that travel": travelling,
    "neighbouring earths": neighbours,
}


def plant(kernel: Tensor, shape: Tensor, strength: float) -> Tensor:
    """Kernels of which a bump of some shape holds a share of the L1 norm."""
    size = kernel.abs().sum(-1, keepdim=True) * strength / (1 - strength)
    return kernel + size * shape / shape.sum(-1, keepdim=True)


def search(exact: Tensor, learned: Tensor) -> list[Artefact]:
    """What the detector finds."""
    found, value = Artefacts(LAYOUT), exact[..., 0, 0]
    found.add(Pair(exact[:, 0, 0], value, value, exact, learned))
    return found.found()


def draws(bank: list[Earths], trials: int, number: int) -> Iterator[tuple[Earths, torch.Generator]]:
    """For each trial some earths and a generator."""
    for trial in range(trials):
        generator = torch.Generator().manual_seed(trial)
        earths = bank[trial % len(bank)]
        which = torch.randperm(len(earths.own), generator=generator)[:number]
        yield Earths(*(part[which] for part in earths)), generator


def false_alarms(bank: list[Earths], trials: int, number: int) -> Iterator[Line]:
    """For each null case, trials with any artefact."""
    for case, error in NULLS.items():
        found = [search(earths.own, error(earths, g)) for earths, g in draws(bank, trials, number)]
        strong = [artefact.strength for artefacts in found for artefact in artefacts]
        yield Line(case, "", sum(map(bool, found)), trials, sum(strong) / max(1, len(strong)))


def power(bank: list[Earths], trials: int, number: int) -> Iterator[Line]:
    """For each strength, trials that found the planted bump in the vs kernels of each wave."""
    for strength in STRENGTHS:
        hits: dict[str, list[float]] = {wave: [] for wave in LAYOUT.branches}
        for earths, generator in draws(bank, trials, number):
            at, width = uniform(10.0, 100.0, generator), uniform(5.0, 20.0, generator)
            shape = torch.exp(-((DEPTH.float() - at) / (width / 2.3548)).square() / 2)
            learned = plant(rough(earths, generator, 0.3), shape, strength)
            near, artefacts = max(4.0, width / 2), search(earths.own, learned)
            for wave in LAYOUT.branches:
                hits[wave] += [
                    artefact.strength
                    for artefact in artefacts
                    if (artefact.branch, artefact.parameter) == (wave, "vs")
                    and abs(artefact.position - at) <= near
                ][:1]
        for wave, found in hits.items():
            mean = sum(found) / max(1, len(found))
            yield Line(f"planted {strength:.0%}", wave, len(found), trials, mean)


def main() -> None:
    """Measure, print the table, and write it."""
    parser = argparse.ArgumentParser(description="False alarms and power of the detector of artefacts.")
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--models", type=int, default=20, help="in each trial")
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args()
    bank = []
    for prior in PRIORS:
        x = models(prior, MODELS)
        assert x is not None
        bank.append(Earths(kernels(x), kernels(neighbour(x, torch.Generator().manual_seed(1)))))
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    with asked.out.open("w", newline="", encoding="utf-8") as file:
        writers = [csv.writer(file, lineterminator="\n"), csv.writer(sys.stdout, delimiter="\t")]
        for writer in writers:
            writer.writerow(Line._fields)
        for measure, trials in ((false_alarms, asked.trials), (power, max(1, asked.trials // 3))):
            for line in measure(bank, trials, asked.models):
                for writer in writers:
                    writer.writerow(line._replace(strength=f"{line.strength:.3f}"))  # type: ignore[arg-type]
                sys.stdout.flush()
                file.flush()
    write_record(asked.out)


if __name__ == "__main__":
    main()
