"""How often does one walk end at the wrong maximum, and what do more starts repair?

    python experiments/inversion/maxima.py [--sites 256]

Synthetic sites drawn from the prior: 53 layers down to 130 km, vp and density by Brocher (2005); Rayleigh and Love
phase velocity at 2, 3, ... 60 s, with errors of 1 %. The prior is Gaussian around 3.0 + 1.6 (1 - exp(-z/25 km)) km/s,
correlated over 2 km + z/4, with a sigma of 6, 10 and 15 % of it. Each site is inverted from the prior mean alone, then
from eight starts. One row per sigma goes to results/maxima.csv.
"""

import argparse
import csv
from pathlib import Path

import torch
from torch import Tensor

from seisgrad.dispersion import Branch, Physics, Survey
from seisgrad.dispersion.starting_model import correlation_length, depth_grid
from seisgrad.earth import BrocherTie
from seisgrad.inversion import GaussianPrior, Posterior, Status, depth_covariance, gauss_newton, search
from seisgrad.report.provenance import write_record

SEED, NOISE, SIGMAS = 1, 0.01, (0.06, 0.10, 0.15)
DEPTH = depth_grid(thinnest=0.7, bottom=130.0)
PERIODS = torch.arange(2.0, 61.0, dtype=torch.float64)
RESULTS = Path(__file__).parent / "results" / "maxima.csv"
BETTER = 1.0
"""Nats of evidence by which a maximum has to win to count as another one."""


def prior_of(sigma: float) -> GaussianPrior:
    """The prior whose standard deviation is this fraction of its mean."""
    mean = 3.0 + 1.6 * (1.0 - torch.exp(-DEPTH / 25.0))
    middle = DEPTH + 0.5 * torch.cat([DEPTH.diff(), DEPTH.diff()[-1:]])
    return GaussianPrior(mean, depth_covariance(middle, sigma * mean, correlation_length(DEPTH, 2.0)))


def far(posterior: Posterior, truth: Tensor) -> Tensor:
    """Converged sites whose truth lies where a Gaussian has it once in 10 000: its squared distance from the mean."""
    factor = torch.linalg.cholesky(posterior.covariance)
    away = (truth - posterior.mean)[..., None]
    square = torch.linalg.solve_triangular(factor, away, upper=False).square().sum((-2, -1))
    half = torch.tensor(len(DEPTH) / 2.0, dtype=torch.float64)
    return (torch.special.gammaincc(half, square / 2.0) < 1e-4) & (posterior.status == Status.CONVERGED)


def row(sigma: float, number: int) -> dict[str, float | int]:
    """What became of the sites of one prior."""
    prior = prior_of(sigma)
    operator = Physics(Survey((Branch("rayleigh"), Branch("love")), PERIODS), DEPTH) @ BrocherTie(DEPTH)
    generator = torch.Generator().manual_seed(SEED)
    truth = prior.sample(number, generator)
    bounds = (0.2 * prior.mean, 1.8 * prior.mean)
    with torch.no_grad():
        clean = operator(truth)
    errors = (NOISE * clean).nan_to_num(1.0)
    data = clean + errors * torch.randn(clean.shape, generator=generator, dtype=clean.dtype)
    once = gauss_newton(operator, data, errors, prior, bounds=bounds)
    found = search(operator, data, errors, prior, bounds=bounds)
    best = found.best
    home = gauss_newton(operator, data, errors, prior, start=truth)
    lesser = (best.log_evidence - once.log_evidence > BETTER) & (once.status == Status.CONVERGED)
    doubtful = (once.status != Status.CONVERGED) | (once.p_prior < once.significance)
    repaired = (once.status != Status.CONVERGED) & (best.status == Status.CONVERGED)
    edge = once.blocked & (once.p_fit > once.significance)
    rest = data[edge].masked_fill(once.edge[edge], torch.nan)
    ended = gauss_newton(operator, rest, errors[edge], prior, bounds=bounds, start=once.mean[edge])
    counts = {f"once_{s.name.lower()}": once.status == s for s in Status}
    counts |= {f"best_{s.name.lower()}": best.status == s for s in Status}
    counts |= {
        "repaired": repaired,
        "converged_at_a_lesser_maximum": lesser,
        "of_those_doubtful": lesser & doubtful,
        "several_maxima": found.number > 1,
        "ambiguous": found.ambiguous,
        "better_from_the_truth": (home.log_evidence - best.log_evidence > BETTER)
        & (home.status != Status.STALLED),
        "once_at_an_edge": edge,
        "of_those_converged_without_it": ended.status == Status.CONVERGED,
        "once_truth_far": far(once, truth),
        "best_truth_far": far(best, truth),
    }
    return {"sigma": sigma, "sites": number} | {name: int(which.sum()) for name, which in counts.items()}


def main() -> None:
    """All priors, one row each."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--sites", type=int, default=256)
    number = arguments.parse_args().sites
    rows = []
    for sigma in SIGMAS:
        rows.append(row(sigma, number))
        print(rows[-1])
        with RESULTS.open("w", newline="") as file:
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        write_record(RESULTS)


if __name__ == "__main__":
    main()
