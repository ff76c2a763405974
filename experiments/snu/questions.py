"""The questions that are asked of the dispersion values of station SNU; each writes its answer as numbers."""

import csv
import math
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

import torch
from jaxtyping import Float
from picks import SETS, Fit, Picks, fit
from torch import Tensor

import seisgrad as sg
from seisgrad.dispersion.invert import invert
from seisgrad.dispersion.starting_model import StartingModel, at_period, from_data, from_reference
from seisgrad.earth import read_model
from seisgrad.inversion import (
    Posterior,
    Status,
    depth_average,
    estimate_noise,
    gauss_newton,
    nonlinearity,
    nuts,
    randomised_maximum_likelihood,
    robust,
)
from seisgrad.report.findings import SPEAKS
from seisgrad.report.provenance import write_record

RANGES = ((5, 15), (15, 32), (38, 80), (80, 150), (150, 220), (220, 300), (300, 400))
"""km; means over these depths are compared. None holds the Moho of ak135."""
LID, ZONES = (38, 80), ((80, 150), (80, 220))
"""km; a low-velocity zone is asked for as the mean over the lid minus that over a zone: the upper half of PREM's zone,
and all of it. They are no depths of the profile's own extremes, which differ in any earth."""
PRIORS = {
    "ak135 5 %": ("ak135", 0.05),
    "ak135 8 %": ("ak135", 0.08),
    "prem 5 %": ("prem", 0.05),
    "data 15 %": ("data", 0.15),
    "data 30 %": ("data", 0.3),
}
BANDS = ((0, 15), (15, 25), (25, 40), (40, 60), (60, 100), (100, 300))
"""s; upper ends excluded."""
SURROGATE_BAND = 60.0
SHARED = 2e-3
"""Relative distance of two periods that count as one when sets are compared."""
SEED = 1


@dataclass
class Numbers:
    """The answers as rows: question, case, quantity, value, sigma, unit."""

    rows: list[tuple[str, str, str, str, str, str]] = field(default_factory=list)

    def add(
        self, question: str, case: str, quantity: str, value: float, sigma: float = math.nan, unit: str = ""
    ) -> None:
        """One row; a sigma that is NaN stays empty."""
        doubt = "" if math.isnan(sigma) else f"{sigma:.4g}"
        self.rows.append((question, case, quantity, f"{value:.4g}", doubt, unit))

    def means(self, question: str, case: str, posterior: Posterior, tops: Float[Tensor, " rock"]) -> None:
        """All :func:`quantities` of a posterior."""
        for quantity, weights in quantities(tops).items():
            mean = posterior.average(weights)
            self.add(question, case, quantity, float(mean.value), float(mean.sigma), "km/s")

    def write(self, path: Path) -> None:
        """As CSV."""
        with path.open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(("question", "case", "quantity", "value", "sigma", "unit"))
            table.writerows(self.rows)
        write_record(path)


def drop(tops: Float[Tensor, " rock"], zone: tuple[float, float] = ZONES[0]) -> Float[Tensor, " rock"]:
    """Weights of the mean vs over the lid minus that over a zone."""
    return depth_average(tops, *LID) - depth_average(tops, *zone)


def quantities(tops: Float[Tensor, " rock"]) -> dict[str, Float[Tensor, " rock"]]:
    """The weights of what is compared, by name: means over :data:`RANGES`, and the drops from the lid to both zones."""
    means = {f"vs {top}-{bottom} km": depth_average(tops, top, bottom) for top, bottom in RANGES}
    return means | {f"drop to {top}-{bottom} km": drop(tops, (top, bottom)) for top, bottom in ZONES}


def beginning(picks: Picks, name: str) -> StartingModel:
    """One of :data:`PRIORS`, set up by the picks' wavelengths."""
    reference, sigma = PRIORS[name]
    if reference == "data":
        return from_data(picks.curves, sigma)
    return from_reference(picks.curves, read_model(reference), reference, sigma)


def errors(picks: Picks, begin: StartingModel, op: sg.Operator, best: Fit, numbers: Numbers) -> None:
    """Are the given errors right?"""
    ask = "errors"
    plain = gauss_newton(op, picks.velocity, picks.given, begin.prior, max_iterations=200)
    numbers.add(ask, "as given", "chi2 per datum", float(plain.chi2))
    numbers.add(ask, "as given", "p_fit", float(plain.p_fit))
    one = estimate_noise(op, picks.velocity, picks.given, begin.prior, max_iterations=200)
    numbers.add(ask, "one factor", "factor", float(one.factor), float(one.factor * one.factor_sigma))
    numbers.add(ask, "two numbers", "factor P1", best.factor)
    numbers.add(ask, "two numbers", "floor", 100 * best.floor, unit="%")
    numbers.add(ask, "two numbers", "chi2 per datum", float(best.posterior.chi2))
    numbers.add(ask, "two numbers", "p_fit", float(best.posterior.p_fit))
    numbers.add(ask, "two numbers", "parameters determined", float(best.posterior.information))
    miss = picks.velocity - best.posterior.prediction
    for name in SETS:
        which = picks.of(name)
        numbers.add(ask, name, "chi2 per datum as given", float(plain.residual[which].square().mean()))
        numbers.add(ask, name, "chi2 per datum", float(best.posterior.residual[which].square().mean()))
        numbers.add(ask, name, "misfit r.m.s.", 1e3 * float(miss[which].square().mean().sqrt()), unit="m/s")
        numbers.add(ask, name, "mean misfit", 1e3 * float(miss[which].mean()), unit="m/s")
    for first, second in combinations([name for name, (_, kind, _) in SETS.items() if kind == "group"], 2):
        apart = difference(picks, first, second)
        numbers.add(ask, f"{first} - {second}", "shared periods", len(apart))
        numbers.add(ask, f"{first} - {second}", "mean", 1e3 * float(apart.mean()), unit="m/s")
        numbers.add(
            ask, f"{first} - {second}", "r.m.s.", 1e3 * float(apart.square().mean().sqrt()), unit="m/s"
        )


def difference(picks: Picks, first: str, second: str) -> Float[Tensor, " shared"]:
    """Velocities of one set minus those of another at the periods that both have, km/s."""
    a, b = picks.select(picks.of(first)), picks.select(picks.of(second))
    distance = (a.period[:, None] / b.period - 1.0).abs()
    near = distance.min(-1)
    return (a.velocity - b.velocity[near.indices])[near.values < SHARED]


def kinds(picks: Picks, begin: StartingModel, op: sg.Operator, best: Fit, numbers: Numbers) -> None:
    """Are phase and group velocities consistent? Each alone, and what it predicts of the other."""
    for kind in ("phase", "group"):
        alone = fit(op, picks, begin.prior, picks.only(picks.of_kind(kind))).posterior
        numbers.means("phase or group", f"{kind} alone", alone, begin.rock_depth)
        slope = sg.jacobian(op, alone.mean)
        expected, doubt = op(alone.mean), ((slope @ alone.covariance) * slope).sum(-1).sqrt()
        for name in (name for name, (_, other, _) in SETS.items() if other != kind):
            which = picks.of(name)
            miss = (picks.velocity - expected)[which]
            score = miss / torch.hypot(doubt, best.sigma)[which]
            case = f"{name} from {kind} alone"
            numbers.add("phase or group", case, "mean miss", 1e3 * float(miss.mean()), unit="m/s")
            numbers.add("phase or group", case, "r.m.s. miss / sigma", float(score.square().mean().sqrt()))


def outliers(picks: Picks, begin: StartingModel, op: sg.Operator, best: Fit, numbers: Numbers) -> None:
    """Do a few values decide?"""
    found = robust(op, picks.velocity, best.sigma, begin.prior, max_iterations=200)
    moved = ((found.posterior.mean - best.posterior.mean) / best.posterior.sigma).abs()
    light = found.weight < 0.5
    numbers.add("outliers", "weight below 0.5", "number", int(light.sum()))
    numbers.add("outliers", "robust", "largest change", float(moved.max()), unit="sigma")
    for i in light.nonzero()[:, 0].tolist():
        case = f"{picks.member[i]} at {float(picks.period[i]):g} s"
        numbers.add("outliers", case, "weight", float(found.weight[i]))
    numbers.means("outliers", "robust", found.posterior, begin.rock_depth)


def resolution(picks: Picks, begin: StartingModel, best: Fit, numbers: Numbers) -> None:
    """What is resolved, how sharply, and which values carry it?"""
    posterior, tops = best.posterior, begin.rock_depth
    spread = posterior.spread("depth")
    for depth in (0.0, 10.0, 20.0, 40.0, 60.0, 100.0, 150.0, 200.0, 300.0, 400.0, 500.0):
        i = int((tops <= depth).sum()) - 1
        case = f"{depth:g} km"
        numbers.add("resolution", case, "vs", float(posterior.mean[i]), float(posterior.sigma[i]), "km/s")
        numbers.add("resolution", case, "sigma after over before", float(posterior.shrinkage[i]))
        numbers.add("resolution", case, "averages over", float(spread[i]), unit="km")
    for top, bottom in RANGES:
        case, weights = f"{top}-{bottom} km", depth_average(tops, top, bottom)
        mean = posterior.average(weights)
        numbers.add("resolution", case, "sigma after over before", float(mean.shrinkage))
        change = float(mean.log_ratio(mean.prior_value)) / math.log(10.0)
        numbers.add("resolution", case, "log10 evidence ratio of a change from ak135", change)
    speaking = tops[posterior.shrinkage <= SPEAKS]
    numbers.add("resolution", f"sigma ratio up to {SPEAKS:g}", "from", float(speaking.min()), unit="km")
    numbers.add("resolution", f"sigma ratio up to {SPEAKS:g}", "to", float(speaking.max()), unit="km")
    for name in SETS:
        share = float(posterior.importance[picks.of(name)].sum())
        numbers.add("importance", name, "parameters", share)
    for low, high in BANDS:
        inside = (picks.period >= low) & (picks.period < high)
        for kind in ("phase", "group"):
            share = float(posterior.importance[inside & picks.of_kind(kind)].sum())
            numbers.add("importance", f"{kind} {low}-{high} s", "parameters", share)


def priors(picks: Picks, numbers: Numbers) -> dict[str, tuple[StartingModel, Fit]]:
    """Does the prior decide?"""
    found = {}
    for name in PRIORS:
        begin = beginning(picks, name)
        best = fit(picks.operator(begin), picks, begin.prior)
        numbers.means("prior", name, best.posterior, begin.rock_depth)
        numbers.add("prior", name, "p_prior", float(best.posterior.p_prior))
        numbers.add("prior", name, "floor", 100 * best.floor, unit="%")
        found[name] = begin, best
    return found


def without(
    picks: Picks, begin: StartingModel, op: sg.Operator, best: Fit, numbers: Numbers
) -> list[Posterior]:
    """Does one set decide? Each left out in turn, errors estimated again; and the jackknife of it."""
    found = []
    for name in SETS:
        left = fit(op, picks, begin.prior, picks.only(~picks.of(name))).posterior
        numbers.means("without a set", f"without {name}", left, begin.rock_depth)
        found.append(left)
    for quantity, weights in quantities(begin.rock_depth).items():
        values = torch.stack([left.average(weights).value for left in found])
        jackknife = ((len(values) - 1) / len(values) * (values - values.mean()).square().sum()).sqrt()
        ratio = float(jackknife / best.posterior.average(weights).sigma)
        numbers.add("without a set", quantity, "jackknife sigma over posterior sigma", ratio)
    return found


def sampled(
    picks: Picks, begin: StartingModel, op: sg.Operator, best: Fit, draws: int, numbers: Numbers
) -> dict[str, Float[Tensor, "draw rock"]]:
    """Is the posterior a Gaussian? Laplace beside an ensemble of maxima and beside samples."""
    ask, posterior = "gaussian", best.posterior
    many = randomised_maximum_likelihood(
        op, picks.velocity, best.sigma, begin.prior, draws, SEED, max_iterations=200
    )
    chain = nuts(op, picks.velocity, best.sigma, begin.prior, draws, SEED)
    drawn = {"maxima": many.mean[many.status != Status.STALLED], "NUTS": chain.models}
    bend = nonlinearity(op, posterior, best.sigma)
    numbers.add(ask, "Laplace", "largest nonlinearity", float(bend.max()), unit="sigma")
    numbers.add(ask, "NUTS", "smallest effective number", float(chain.effective.min()))
    numbers.add(ask, "NUTS", "divergences", chain.divergences)
    numbers.means(ask, "Laplace", posterior, begin.rock_depth)
    for name, models in drawn.items():
        numbers.add(ask, name, "models", len(models))
        for quantity, weights in quantities(begin.rock_depth).items():
            values = models @ weights
            numbers.add(ask, name, quantity, float(values.mean()), float(values.std()), "km/s")
            if quantity.startswith("drop"):
                numbers.add(ask, name, f"models without a {quantity}", int((values <= 0).sum()))
    return drawn


def zone(begin: StartingModel, best: Fit, numbers: Numbers) -> float:
    """Is a low-velocity zone required, and what would attenuation make? For the first zone that is returned, km/s."""
    ask, tops, made = "low-velocity zone", begin.rock_depth, []
    # the waves that feel the lid have periods near 30 s, those that feel a zone near 100 s
    lid, low = (at_period(begin.reference, period).vs[begin.reference.water :] for period in (30.0, 100.0))
    for top, bottom in ZONES:
        case, mean = f"{top}-{bottom} km", best.posterior.average(drop(tops, (top, bottom)))
        slow = float(depth_average(tops, *LID) @ lid - depth_average(tops, top, bottom) @ low)
        made.append(slow - float(mean.prior_value))
        numbers.add(
            ask, case, "drop before the data", float(mean.prior_value), float(mean.prior_sigma), "km/s"
        )
        numbers.add(ask, case, "drop", float(mean.value), float(mean.sigma), "km/s")
        numbers.add(ask, case, "drop that attenuation of PREM makes in ak135", made[-1], unit="km/s")
        for against, value in (("no drop", 0.0), ("what attenuation makes", made[-1])):
            ratio = float(mean.log_ratio(value)) / math.log(10.0)
            numbers.add(ask, case, f"log10 evidence ratio against {against}", ratio)
    return made[0]


def learned(picks: Picks, numbers: Numbers) -> None:
    """Does the surrogate agree on the periods that it covers?"""
    some = picks.select(picks.period <= SURROGATE_BAND)
    begin = beginning(some, "ak135 5 %")
    exact = fit(some.operator(begin), some, begin.prior)

    def surrogate(survey: sg.dispersion.Survey, depth: Tensor) -> sg.Operator:
        return sg.dispersion.load("default", survey, depth)

    found = gauss_newton(some.operator(begin, surrogate), some.velocity, exact.sigma, begin.prior)
    apart = (found.mean - exact.posterior.mean).abs()
    heard = exact.posterior.shrinkage <= SPEAKS
    ask, case = "surrogate", f"up to {SURROGATE_BAND:g} s"
    numbers.add(ask, case, "picks", len(some.rows))
    largest = float((apart / exact.posterior.sigma)[heard].max())
    numbers.add(ask, case, "largest change where the data speak", largest, unit="sigma")
    numbers.add(ask, case, "the same in vs", 1e3 * float(apart[heard].max()), unit="m/s")
    ratio = found.sigma / exact.posterior.sigma
    numbers.add(ask, case, "smallest sigma over exact", float(ratio.min()))
    numbers.add(ask, case, "largest sigma over exact", float(ratio.max()))


def command(picks: Picks, begin: StartingModel, best: Fit, numbers: Numbers) -> None:
    """What ``seisgrad invert --floor 0.02`` gives, where the picks of one period are combined first."""
    plain = invert(picks.curves, begin, earth="spherical", floor=0.02).posterior
    numbers.add("command", "--floor 0.02", "data", int(plain.count))
    numbers.add("command", "--floor 0.02", "chi2 per datum", float(plain.chi2))
    numbers.means("command", "--floor 0.02", plain, begin.rock_depth)
    moved = ((plain.mean - best.posterior.mean) / best.posterior.sigma).abs()
    numbers.add("command", "--floor 0.02", "largest change", float(moved.max()), unit="sigma")
