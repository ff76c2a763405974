"""Many sites at once: the curves of a region, one inversion each, in batches; a site that fails stops no other.

Sites whose walk is soon done, which most are, are inverted in a first round. The others, and those whose data are
not explained, walk on in a second round and from other starts: so no batch waits for the few that take long.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seisgrad.dispersion.invert import FASTEST, SLOWEST, STEPS, operator_of
from seisgrad.dispersion.outcome import REFUSED, Outcome
from seisgrad.dispersion.sites import Sites, complaints
from seisgrad.dispersion.starting_model import StartingModel
from seisgrad.dispersion.survey import Survey
from seisgrad.errors import InputError
from seisgrad.inversion import Posterior, Search, finish, gauss_newton, search
from seisgrad.inversion.posterior import SPEAKS
from seisgrad.operator import Operator

TOGETHER = 256
"""Sites in a batch."""
SOON = 20
"""Steps of the first round: where the data explain themselves it takes three to ten."""
STARTS = 4
"""Walks of a doubtful site in the second round."""


class Batch(NamedTuple):
    """Sites that are inverted together."""

    name: str
    """Tells it from the other batches of the region; sorts by round and site."""
    site: Int[Tensor, " some"]
    velocity: Float[Tensor, "some branch period"]
    sigma: Float[Tensor, "some branch period"]
    again: bool
    """Whether it belongs to the second round."""


class Done(NamedTuple):
    """A batch that has been inverted."""

    name: str
    site: Int[Tensor, " some"]
    outcome: Outcome


@dataclass(frozen=True, eq=False)
class Inverter:
    """Inverts batches, in this process or wherever it is sent.

    Args:
        survey: of the data.
        starting: grid, prior and tie.
        floor: error of the theory as a fraction of the velocity, added in quadrature.
        operator: makes the forward operator from ``(survey, depth)``; the exact one by default.
        exact_end: go on by exact steps where another operator's inversion has ended.
    """

    survey: Survey
    starting: StartingModel
    floor: float = 0.0
    operator: Callable[[Survey, Tensor], Callable[[Tensor], Tensor]] | None = None
    exact_end: bool = False

    @property
    def forward(self) -> Operator:
        """From vs of the rock to the data, of the first round."""
        return operator_of(self.operator, self.survey, self.starting) @ self.starting.tie

    @property
    def last(self) -> Operator:
        """The same, of the operator that has the last word."""
        make = None if self.exact_end else self.operator
        return operator_of(make, self.survey, self.starting) @ self.starting.tie

    def __call__(self, batch: Batch) -> Done:
        """Invert a batch, on one thread: sums do not depend on how many a machine has."""
        wrong = complaints(self.survey, batch.velocity, batch.sigma)
        wrong |= {
            i: "there are no data" for i in batch.velocity.isnan().all((-2, -1)).nonzero()[:, 0].tolist()
        }
        outcome = self._refused([wrong.get(i, "") for i in range(len(batch.site))])
        fine = torch.tensor([i for i in range(len(batch.site)) if i not in wrong], dtype=torch.int64)
        if len(fine):
            noise = torch.hypot(batch.sigma, self.floor * batch.velocity)
            with _one_thread():
                found = self._try(batch.velocity[fine], noise[fine], batch.again)
            outcome = outcome.with_sites(fine, found)
        return Done(batch.name, batch.site, outcome)

    def _try(self, velocity: Tensor, noise: Tensor, again: bool) -> Outcome:
        """A batch; where something in it is refused, its halves, down to the one site whose fault it is."""
        try:
            return self._invert(velocity, noise, again)
        except (InputError, torch.linalg.LinAlgError) as error:  # pyright: ignore[reportPrivateImportUsage]
            if len(velocity) == 1:
                return self._refused([str(error)])
        half = len(velocity) // 2
        return Outcome.together(
            [self._try(velocity[part], noise[part], again) for part in (slice(half), slice(half, None))]
        )

    def _invert(self, velocity: Tensor, noise: Tensor, again: bool) -> Outcome:
        prior = self.starting.prior
        bounds = (SLOWEST * prior.mean, FASTEST * prior.mean)
        settings: dict[str, Any] = {"bounds": bounds, "max_iterations": STEPS if again else SOON}
        first = self.last if again else self.forward
        posterior = gauss_newton(first, velocity, noise, prior, **settings)
        if self.exact_end and not again:
            posterior = finish(self.last, posterior, velocity, noise, **settings).posterior
        outcome = _read(posterior)
        # where an explained site has stalled at the edge of what exists, so does every other walk
        edge = posterior.edge.flatten(1).any(-1) & (posterior.p_fit >= posterior.significance)
        doubtful = (outcome.doubtful & ~edge).nonzero()[:, 0]
        if again and len(doubtful):
            some = velocity[doubtful], noise[doubtful]
            found = search(self.last, *some, prior, starts=STARTS, **settings)
            outcome = outcome.with_sites(doubtful, _read(found.best, found))
        return outcome

    def _refused(self, reasons: Sequence[str]) -> Outcome:
        curves = len(self.survey.branches), len(self.survey.periods)
        return Outcome.refused(reasons, len(self.starting.rock_depth), curves)


Spread = Callable[[Inverter, Sequence[Batch]], Iterable[Done]]
"""Who inverts the batches: ``map`` does it here and now; results may come in any order."""


def invert_sites(
    sites: Sites,
    starting: StartingModel,
    *,
    floor: float = 0.0,
    operator: Callable[[Survey, Tensor], Callable[[Tensor], Tensor]] | None = None,
    exact_end: bool = False,
    spread: Spread = map,
) -> Outcome:
    """Invert every site with one grid and one prior; a site's outcome depends on no other, but for round-off.

    Args:
        sites: the data.
        starting: grid, prior and tie.
        floor: error of the theory as a fraction of the velocity, added in quadrature.
        operator: makes the forward operator from ``(survey, depth)``; the exact one by default.
        exact_end: go on by exact steps where another operator's inversion has ended, and search again by exact ones.
        spread: who inverts the batches of a round.

    Raises:
        InputError: a prior mean that the operator refuses, which is no site's fault.
    """
    inverter = Inverter(sites.survey, starting, floor, operator, exact_end)
    with torch.no_grad():
        inverter.forward(starting.prior.mean)
    every = torch.arange(len(sites))
    first = sorted(spread(inverter, _batches(sites, every, again=False)), key=lambda done: done.name)
    outcome = Outcome.together([done.outcome for done in first])
    # what another operator has refused, the exact one may take
    slow = every[outcome.doubtful & (exact_end | (outcome.status != REFUSED))]
    for done in spread(inverter, _batches(sites, slow, again=True)):
        outcome = outcome.with_sites(done.site, done.outcome)
    return outcome


def _batches(sites: Sites, chosen: Int[Tensor, " some"], *, again: bool) -> list[Batch]:
    """Batches of the chosen sites."""
    return [
        Batch(f"{int(again)}-{int(some[0]):09d}", some, sites.velocity[some], sites.sigma[some], again)
        for some in chosen.split(TOGETHER)
        if len(some)
    ]


def _read(posterior: Posterior, found: Search | None = None) -> Outcome:
    """What posteriors say of their sites, with what a search has found beside."""
    number = len(posterior.status)
    no = torch.zeros(number, dtype=torch.bool)
    return Outcome(
        vs=posterior.mean,
        sigma=posterior.sigma,
        shrinkage=posterior.shrinkage,
        # short periods may be missing: a region's first kilometres are often not resolved
        resolved=posterior.resolved_to("depth", SPEAKS, gaps=True),
        chi2=posterior.chi2,
        p_fit=posterior.p_fit,
        p_prior=posterior.p_prior,
        information=posterior.information,
        status=posterior.status,
        searched=no if found is None else found.searched,
        ambiguous=no if found is None else found.ambiguous,
        message=tuple(posterior.message(i) + _others(found, i) for i in range(number)),
        prediction=posterior.prediction,
    )


def _others(found: Search | None, site: int) -> str:
    """What the starts from elsewhere say of a site."""
    if found is None:
        return ""
    starts, number, here = len(found.weight), int(found.number[site]), int(found.walks[0, site])
    if number == 0:
        return f" None of {starts} starts reached a maximum."
    others = f" {here} of {starts} starts ended here."
    if found.ambiguous[site]:
        share = 100.0 * float(found.weight[0, site])
        others += (
            f" Another of {number} maxima explains the data too; this one has {share:.0f} % of the evidence."
        )
    return others


@contextmanager
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
