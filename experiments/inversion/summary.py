"""From the pieces of calibration.py to the tables in results/: one line per depth, per method, and per nonlinearity."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from synthetic import DEPTH, SAMPLES, Laboratory
from torch import Tensor

from seisgrad.inversion import Coverage, Status, chance_band, inside_samples, uniformity
from seisgrad.inversion.calibration import LEVELS
from seisgrad.inversion.linearity import NEAR_LINEAR
from seisgrad.report.provenance import write_record

RESULTS = Path(__file__).parent / "results"
BINS = 20
FEWEST = 5 * BINS
"""Sites without which a method is not counted yet."""
EDGES = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 1.0, float("inf"))

Line = dict[str, object]


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a method found at all sites of a setting."""

    setting: str
    method: str
    found: dict[str, Tensor]  # first axis site
    seconds: float

    @classmethod
    def read(cls, folder: Path) -> "Outcome":
        """Put the pieces together."""
        setting, method = folder.name.split("-")
        pieces = [dict(np.load(path)) for path in sorted(folder.glob("?????.npz"))]
        seconds = sum(float(piece.pop("cpu_s")) for piece in pieces)
        found = {name: torch.from_numpy(np.concatenate([p[name] for p in pieces])) for name in pieces[0]}
        return cls(setting, method, found, seconds / len(found["status"]))

    def first(self, number: int) -> "Outcome":
        """The first sites alone."""
        found = {name: values[:number] for name, values in self.found.items()}
        return Outcome(self.setting, f"{self.method} (first {number})", found, self.seconds)

    def good(self, name: str) -> Tensor:
        """What was found at the sites that converged."""
        return self.found[name][self.found["status"] == Status.CONVERGED]

    def coverage(self) -> Coverage:
        """Of Gaussians; of samples too, by their mean and spread."""
        error = self.good("error")
        domain = Laboratory(self.setting).exact.domain
        return Coverage(domain, LEVELS, error / self.good("sigma"), error, self.found["status"])

    def inside(self) -> Tensor:
        """Share of truths inside, [level, depth]; of samples, by their ranks."""
        if "rank" in self.found:
            return inside_samples(self.good("rank"), SAMPLES)
        return self.coverage().inside

    def near_linear(self) -> Tensor:
        """At which depths the median nonlinearity is low; everywhere where it was not asked for."""
        if "nonlinearity" not in self.found:
            return torch.ones(len(DEPTH), dtype=torch.bool)
        return self.good("nonlinearity").median(0).values <= NEAR_LINEAR


def by_depth(outcome: Outcome) -> Iterator[Line]:
    """Coverage and recovery at every depth."""
    prior, coverage, inside = Laboratory(outcome.setting).prior, outcome.coverage(), outcome.inside()
    away = (outcome.good("truth") - prior.mean).abs().median(0).values
    ranked = "rank" in outcome.found
    p = uniformity(outcome.good("rank"), SAMPLES, BINS) if ranked else None
    bends = outcome.good("nonlinearity").median(0).values if "nonlinearity" in outcome.found else None
    for i, depth in enumerate(DEPTH.tolist()):
        yield {
            "setting": outcome.setting,
            "method": outcome.method,
            "depth_km": f"{depth:.1f}",
            "nonlinearity": "" if bends is None else f"{float(bends[i]):.3f}",
            "coverage_68": f"{float(inside[0, i]):.4f}",
            "coverage_95": f"{float(inside[1, i]):.4f}",
            "scale": f"{float(coverage.scale[i]):.3f}",
            "bias": f"{float(coverage.score.mean(0)[i]):.3f}",
            "uniformity_p": "" if p is None else f"{float(p[i]):.3g}",
            "posterior_sigma": f"{float(outcome.good('sigma').mean(0)[i]):.4f}",
            "prior_sigma": f"{float(prior.sigma[i]):.4f}",
            "median_error": f"{float(coverage.error.abs().median(0).values[i]):.4f}",
            "median_prior_error": f"{float(away[i]):.4f}",
        }


def of_method(outcome: Outcome) -> Line:
    """How the sites ended, and the depth where coverage is farthest from what is claimed."""
    status, good = outcome.found["status"], outcome.good("status")
    near, inside = outcome.near_linear(), outcome.inside()
    band = chance_band(LEVELS, len(good), len(DEPTH))
    held = (inside >= band[:, :1]) & (inside <= band[:, 1:])
    off = (inside - torch.tensor(LEVELS, dtype=inside.dtype)[:, None]) * 100.0
    line: Line = {"setting": outcome.setting, "method": outcome.method, "sites": len(status)}
    line |= {name.name.lower(): int((status == name).sum()) for name in Status}
    line |= {"missing_data": int(outcome.found["missing"].sum()), "near_linear_depths": int(near.sum())}
    for level, gap, limits, kept in zip(LEVELS, off, band, held, strict=True):
        name, worst = f"{level:.0%}".rstrip("%"), gap[near][gap[near].abs().argmax()] if near.any() else None
        line |= {
            f"worst_{name}": "" if worst is None else f"{float(worst):+.2f}",
            f"worst_{name}_any_depth": f"{float(gap[gap.abs().argmax()]):+.2f}",
            f"band_{name}": f"{100 * float(limits[0]):.1f}-{100 * float(limits[1]):.1f}",
            f"depths_in_band_{name}": int(kept.sum()),
        }
    ranked = "rank" in outcome.found
    p = float(uniformity(outcome.good("rank"), SAMPLES, BINS).min()) if ranked else 1.0
    mean = {name: f"{float(outcome.found[name].double().mean()):.3g}" for name in ("effective", "ambiguous")
            if name in outcome.found}  # fmt: skip
    line["uniformity_p"] = f"{min(1.0, p * len(DEPTH)):.3g}" if ranked else ""
    line |= {"effective": mean.get("effective", ""), "ambiguous": mean.get("ambiguous", "")}
    return line | {"core_seconds": f"{outcome.seconds:.3f}"}


def by_nonlinearity(outcome: Outcome) -> Iterator[Line]:
    """Coverage of all depths and sites whose own posterior bends as much."""
    bends, score = outcome.good("nonlinearity").flatten(), outcome.coverage().score.flatten().abs()
    limits = torch.special.ndtri(0.5 + 0.5 * torch.tensor(LEVELS, dtype=score.dtype))
    for low, high in pairwise(EDGES):
        which = (bends >= low) & (bends < high)
        if which.sum() >= 100:
            shares = [f"{float((score[which] <= limit).double().mean()):.4f}" for limit in limits]
            yield {
                "setting": outcome.setting, "method": outcome.method, "from": low, "to": high,
                "pairs": int(which.sum()), "coverage_68": shares[0], "coverage_95": shares[1],
                "scale": f"{float(score[which].square().mean().sqrt()):.3f}",
            }  # fmt: skip


def histogram(outcome: Outcome) -> Iterator[Line]:
    """How many truths have which rank, in twenty bins."""
    which = outcome.good("rank") * BINS // (SAMPLES + 1)
    for depth, column in zip(DEPTH.tolist(), which.T, strict=True):
        counts = torch.bincount(column, minlength=BINS).tolist()
        line: Line = {"setting": outcome.setting, "method": outcome.method, "depth_km": f"{depth:.1f}"}
        yield line | {f"bin_{i}": count for i, count in enumerate(counts)}


def write(name: str, lines: Iterable[Line]) -> None:
    """A table with a header; none where there is nothing to tell."""
    rows = list(lines)
    if not rows:
        return
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    write_record(RESULTS / name)
    print(f"{name}: {len(rows)} lines")


def summarise(work: Path) -> None:
    """Count what is there."""
    found = (Outcome.read(folder) for folder in sorted(work.iterdir()) if any(folder.glob("?????.npz")))
    outcomes = [one for one in found if len(one.found["status"]) >= FEWEST]
    bent = [one for one in outcomes if "nonlinearity" in one.found]
    ranked = [one for one in outcomes if "rank" in one.found]
    early = [one.first(5000) for one in bent if len(one.found["status"]) > 5000]
    write("depths.csv", (line for one in outcomes for line in by_depth(one)))
    write(
        "methods.csv", map(of_method, sorted([*outcomes, *early], key=lambda one: (one.setting, one.method)))
    )
    write("nonlinearity.csv", (line for one in bent for line in by_nonlinearity(one)))
    write("ranks.csv", (line for one in ranked for line in histogram(one)))
