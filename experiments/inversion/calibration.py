"""Can one bet on the uncertainty? Synthetic sites, inverted by every method: how often do its intervals hold the truth?

    python experiments/inversion/calibration.py METHOD [--setting regional|precise|wide] [--sites N]
    python experiments/inversion/calibration.py summary

| METHOD | what | sites |
|---|---|---|
| laplace | Gauss-Newton on the exact operator | 20000 |
| search | the best of eight starts | 2000 |
| surrogate | Gauss-Newton on the learned operator, the data from the exact one | 5000 |
| doubting | the same, with the error that the network expects of itself added to the noise | 5000 |
| finished | the learned operator, then steps of the exact one | 1000 |
| nuts | the No-U-Turn sampler | 300 |
| rml | randomised maximum likelihood | 300 |

Each works in pieces that it writes to --work, and finds there when it is started again; `summary` counts what is there
into results/. The sites are those of synthetic.py, the same for all methods.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from summary import summarise
from synthetic import BLOCK, SAMPLES, SEED, SETTINGS, Laboratory, Sites
from torch import Tensor

from seisgrad.dispersion.invert import STEPS
from seisgrad.inversion import (
    Posterior,
    Status,
    finish,
    gauss_newton,
    nonlinearity,
    nuts,
    randomised_maximum_likelihood,
    ranks,
    search,
)

WARM_UP = 50
SPARE = 41
"""Members of an ensemble beyond SAMPLES, in the place of those that do not converge."""

Found = dict[str, Tensor]
Method = Callable[[Laboratory, Sites], Found]


def laplace(lab: Laboratory, sites: Sites) -> Found:
    """Gauss-Newton on the exact operator, and how far it bends."""
    posterior = gauss_newton(lab.exact, sites.data, lab.sigma, lab.prior, max_iterations=STEPS)
    return gaussian(sites, posterior) | {"nonlinearity": nonlinearity(lab.exact, posterior, lab.sigma)}


def best_of_several(lab: Laboratory, sites: Sites) -> Found:
    """The maximum with the largest evidence among those reached from eight starts."""
    found = search(lab.exact, sites.data, lab.sigma, lab.prior, max_iterations=STEPS)
    bends = nonlinearity(lab.exact, found.best, lab.sigma)
    return gaussian(sites, found.best) | {
        "nonlinearity": bends,
        "maxima": found.number,
        "ambiguous": found.ambiguous,
    }


def surrogate(lab: Laboratory, sites: Sites) -> Found:
    """Gauss-Newton on the learned operator."""
    return gaussian(sites, gauss_newton(lab.learned, sites.data, lab.sigma, lab.prior, max_iterations=STEPS))


def doubting(lab: Laboratory, sites: Sites) -> Found:
    """The same once more, with the error that the network expects at the model found added to the noise."""
    before = gauss_newton(lab.learned, sites.data, lab.sigma, lab.prior, max_iterations=STEPS)
    expected = lab.net.uncertainty(lab.tie(before.mean))
    sigma = torch.hypot(lab.sigma, expected).where(expected.isfinite(), lab.sigma)
    after = gauss_newton(lab.learned, sites.data, sigma, lab.prior, start=before.mean, max_iterations=STEPS)
    return gaussian(sites, after) | {"expected": expected}


def finished(lab: Laboratory, sites: Sites) -> Found:
    """The surrogate's model taken further by steps of the exact operator."""
    before = gauss_newton(lab.learned, sites.data, lab.sigma, lab.prior, max_iterations=STEPS)
    after = finish(lab.exact, before, sites.data, lab.sigma, max_iterations=STEPS).posterior
    return gaussian(sites, after) | {"steps": after.iterations}


def gaussian(sites: Sites, posterior: Posterior) -> Found:
    """Scores of Gaussian posteriors."""
    error = sites.truth - posterior.mean
    return {"error": error, "sigma": posterior.sigma, "status": posterior.status, "truth": sites.truth}


def sampled(lab: Laboratory, sites: Sites) -> Found:
    """The No-U-Turn sampler, one chain for all sites of the piece."""
    drawn = nuts(
        lab.exact, sites.data, lab.sigma, lab.prior, SAMPLES, seed=sites.first, warm_up=WARM_UP, max_tree_depth=3,
        max_iterations=STEPS,
    )  # fmt: skip
    found = of_samples(sites.truth, drawn.models)
    found |= {"effective": drawn.effective, "divergences": torch.full((len(sites.truth),), drawn.divergences)}
    return found | {"status": torch.full((len(sites.truth),), Status.CONVERGED, dtype=torch.uint8)}


def ensemble(lab: Laboratory, sites: Sites) -> Found:
    """Randomised maximum likelihood, its first members that converged."""
    each = []
    for i, (truth, data) in enumerate(zip(sites.truth, sites.data, strict=True)):
        members = randomised_maximum_likelihood(
            lab.exact, data, lab.sigma, lab.prior, SAMPLES + SPARE, seed=sites.first + i, max_iterations=STEPS
        )
        good = members.mean[members.status == Status.CONVERGED]
        enough = torch.tensor(Status.CONVERGED if len(good) >= SAMPLES else Status.STALLED)
        each.append(
            of_samples(truth, good[:SAMPLES]) | {"status": enough, "converged": torch.tensor(len(good))}
        )
    return {name: torch.stack([one[name] for one in each]) for name in each[0]}


def of_samples(truth: Tensor, models: Tensor) -> Found:
    """Where the truth ranks among samples, and their mean and spread."""
    return {
        "error": truth - models.mean(0),
        "sigma": models.std(0),
        "rank": ranks(truth, models),
        "truth": truth,
    }


METHODS: dict[str, tuple[Method, int, int]] = {
    "laplace": (laplace, 20000, BLOCK),
    "search": (best_of_several, 2000, BLOCK),
    "surrogate": (surrogate, 5000, BLOCK),
    "doubting": (doubting, 5000, BLOCK),
    "finished": (finished, 1000, BLOCK),
    "nuts": (sampled, 300, 10),
    "rml": (ensemble, 300, 10),
}
"""What runs, on how many sites, and how many of them make a piece."""


def run(name: str, setting: str, number: int, seed: int, work: Path) -> None:
    """Do the pieces that are not there."""
    method, _, together = METHODS[name]
    lab, folder = Laboratory(setting, seed), work / f"{setting}-{name}"
    folder.mkdir(parents=True, exist_ok=True)
    for first in range(0, number, together):
        path = folder / f"{first:05d}.npz"
        if path.exists():
            continue
        sites = lab.sites(first, together)
        started, cpu = time.perf_counter(), time.process_time()
        found = method(lab, sites)
        spent = time.process_time() - cpu
        missing = sites.data.isnan().flatten(1).any(1)
        part = path.with_suffix(".part.npz")
        arrays = {key: value.numpy() for key, value in found.items()}
        arrays |= {"cpu_s": np.array(spent), "missing": missing.numpy()}
        np.savez(part, allow_pickle=False, **arrays)
        part.rename(path)
        print(f"{path}: {spent:.1f} s of a core, {time.perf_counter() - started:.1f} s", flush=True)


def main() -> None:
    """Run one method, or count what is there."""
    parser = argparse.ArgumentParser(description="Coverage of posterior intervals over synthetic sites.")
    parser.add_argument("method", choices=[*METHODS, "summary"])
    parser.add_argument("--setting", choices=list(SETTINGS), default="regional")
    parser.add_argument("--sites", type=int, help="how many, in whole pieces")
    parser.add_argument("--seed", type=int, default=SEED, help="of the sites")
    parser.add_argument("--work", type=Path, default=Path("build/calibration"), help="where the pieces are")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    if asked.method == "summary":
        summarise(asked.work)
    else:
        number = asked.sites or METHODS[asked.method][1]
        run(asked.method, asked.setting, number, asked.seed, asked.work)


if __name__ == "__main__":
    main()
