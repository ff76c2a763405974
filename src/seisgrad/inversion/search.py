"""Several maxima: Gauss-Newton from the prior mean and from draws of the prior, and what each maximum weighs.

A walk down ends in the nearest valley. Where there are several, each is a Gaussian with an evidence (MacKay 2003,
Information Theory, Inference, and Learning Algorithms, ch. 27): the height of the maximum times its width.
"""

from dataclasses import dataclass, fields

import torch
from jaxtyping import Bool, Float, Int, UInt8
from torch import Tensor

from seisgrad.errors import InputError
from seisgrad.inversion.ending import Ending, describe, gather, join, take
from seisgrad.inversion.gauss_newton import Stopping, minimise, together
from seisgrad.inversion.noise import Noise
from seisgrad.inversion.posterior import Posterior, Status
from seisgrad.inversion.prior import GaussianPrior
from seisgrad.inversion.problem import Linearisation, Problem, lay_out
from seisgrad.operator import Map

APART = 2.0
"""Posterior standard deviations between distinct maxima: closer, two equal Gaussians make one hump."""
AMBIGUOUS = 0.05
"""Weight above which a second maximum that explains the data has to be told."""
HIGHER = 1.0
"""Logarithm of evidence by which the end of a stalled walk has to beat every maximum to be taken for the better."""
_INSIDE = 0.9
"""How far towards a bound a draw beyond it is brought back."""


@dataclass(frozen=True, eq=False)
class Search:
    """The most probable of several maxima, and all that were found. The first axis of those is the maximum, best first.

    Attributes:
        best: the posterior at the maximum with the largest evidence; or where a walk that stalled ended higher by more
            than :data:`HIGHER`, so that the highest maximum is not among those found, there, and its status says so.
        number: distinct maxima found, ``[*batch]``.
        mean: their models, ``[start, *batch, *domain.shape]``; NaN beyond ``number``.
        weight: share of each in the evidence of all that were found, ``[start, *batch]``; 0 beyond ``number``.
        status: of each, :class:`~seisgrad.inversion.Status`, ``[start, *batch]``; STALLED beyond ``number``.
        walks: how many starts ended in each, ``[start, *batch]``.
        searched: where more than one start was tried, ``[*batch]``.
    """

    best: Posterior
    number: Int[Tensor, "*batch"]
    mean: Float[Tensor, "start ..."]
    weight: Float[Tensor, "start ..."]
    status: UInt8[Tensor, "start ..."]
    walks: Int[Tensor, "start ..."]
    searched: Bool[Tensor, "*batch"]

    @property
    def ambiguous(self) -> Bool[Tensor, "*batch"]:
        """Where another maximum explains the data with a weight above :data:`AMBIGUOUS`: ``best`` is not the answer."""
        return ((self.weight[1:] > AMBIGUOUS) & (self.status[1:] == Status.CONVERGED)).any(0)


def search(
    op: Map,
    data: Float[Tensor, "..."],
    noise: float | Float[Tensor, "..."] | Noise,
    prior: GaussianPrior,
    *,
    starts: int = 8,
    seed: int = 0,
    doubtful_only: bool = False,
    start: Float[Tensor, "..."] | None = None,
    bounds: tuple[object, object] | None = None,
    max_iterations: int = 50,
    tolerance: float = 1e-2,
    significance: float = 1e-3,
) -> Search:
    """Look for several maxima of the posterior, by Gauss-Newton from several starts at every site.

    The first start is ``start``; the others are draws of the prior, the same for every site but for its own mean and
    covariance, so a site's result does not depend on its neighbours. Ends closer than :data:`APART` posterior standard
    deviations to a more probable one are the same maximum. Maxima are compared by ``log_evidence``.

    Args:
        op: as for :func:`~seisgrad.inversion.gauss_newton`, like everything that is not listed.
        data: as there.
        noise: as there.
        prior: as there.
        starts: of every site, the first included. All walks of many sites are one batch.
        seed: of the draws.
        doubtful_only: start again only where the first walk stalled, did not explain the data, or ended where the prior
            deems the model implausible (``p_prior`` below ``significance``). Cheap, and blind to a second maximum where
            the first one explains the data.
        start: as there.
        bounds: as there; a draw beyond them is scaled towards the prior mean until it is inside.
        max_iterations: as there, of each walk.
        tolerance: as there.
        significance: as there.

    Raises:
        InputError: fewer than two starts, or what ``gauss_newton`` refuses. A draw that the operator refuses is no
            error; its walk begins by going back towards the prior mean.
    """
    if starts < 2:
        raise InputError(f"starts is {starts}, expected at least 2: the prior mean and one draw")
    stopping = Stopping(max_iterations, tolerance, significance)
    problem, z = lay_out(op, data, noise, prior, start, bounds)
    sites = torch.arange(len(z), device=z.device)
    searched = torch.ones_like(sites, dtype=torch.bool)
    parts, tables = [], []
    if doubtful_only:
        once = join([_walk_once(problem, z, some, stopping) for some in sites.split(together(problem))])
        searched = (once["status"] != Status.CONVERGED) | (once["p_prior"] < significance)
        parts.append(take(once, ~searched))
        tables.append(_alone(parts[0], starts))
    generator = torch.Generator().manual_seed(seed)
    draws = torch.randn((starts - 1, z.shape[1]), generator=generator, dtype=z.dtype).to(z.device)
    for some in sites[searched].split(max(1, together(problem) // starts)) if searched.any() else ():
        ending = minimise(problem, *_set_out(problem, z[some], draws, some), stopping)
        part, table = _compare(ending, describe(problem, ending, significance), starts)
        parts.append(part)
        tables.append(table)
    order = torch.cat([sites[~searched], sites[searched]]).argsort()
    best = gather(problem, prior, [take(join(parts), order)], significance)
    table = take({name: torch.cat([table[name] for table in tables]) for name in tables[0]}, order)
    number = table.pop("number").reshape(problem.batch)
    listed = {name: value.movedim(1, 0) for name, value in table.items()}
    mean = listed.pop("mean").reshape((starts, *best.mean.shape))
    shaped = {name: value.reshape((starts, *problem.batch)) for name, value in listed.items()}
    return Search(best, number, mean, searched=searched.reshape(problem.batch), **shaped)


def _walk_once(problem: Problem, z: Tensor, sites: Tensor, stopping: Stopping) -> dict[str, Tensor]:
    """The description of where a single walk of each site ends."""
    ending = minimise(problem, problem.linearise(z[sites], sites), sites, stopping)
    return describe(problem, ending, stopping.significance)


def _set_out(
    problem: Problem,
    first: Float[Tensor, "site parameter"],
    draws: Float[Tensor, "draw parameter"],
    sites: Tensor,
) -> tuple[Linearisation, Int[Tensor, " walk"]]:
    """Where the walks begin, the first of all sites before the second of all, and their sites."""
    z = draws[:, None].expand(-1, len(sites), -1)
    if problem.bounds is not None:
        mean = problem.mean[sites]
        away = (problem.prior_factor(sites) @ z[..., None])[..., 0]
        room = torch.where(away > 0, problem.bounds.upper - mean, mean - problem.bounds.lower)
        share = (_INSIDE * room / away.abs()).amin(-1, keepdim=True)
        z = z * share.clamp(max=1.0)
    again = sites.repeat(len(draws))
    starts = problem.linearise(first, sites), problem.linearise(z.flatten(0, 1), again, on_trial=True)
    parts = (torch.cat([getattr(at, part.name) for at in starts]) for part in fields(Linearisation))
    return Linearisation(*parts), torch.cat([sites, again])


def _compare(
    ending: Ending, ends: dict[str, Tensor], starts: int
) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The description of the best end of each site, and the table of its maxima; first axis site."""
    status, evidence = (ends[name].reshape(starts, -1) for name in ("status", "log_evidence"))
    found = status != Status.STALLED
    order = (evidence + HIGHER * found).argsort(dim=0, descending=True, stable=True)
    walk = order * status.shape[1] + torch.arange(status.shape[1], device=order.device)
    best, at, found = walk[0], ending.at.take(walk.flatten()), found.gather(0, order)
    leader = _merge(at.z.unflatten(0, order.shape), at.slope.unflatten(0, order.shape), found)
    distinct = leader == torch.arange(starts, device=order.device)[:, None]
    front = (~distinct).byte().argsort(dim=0, stable=True)
    walk, distinct = walk.gather(0, front), distinct.gather(0, front)
    walks = (leader[None] == front[:, None]).sum(1)
    share = ends["log_evidence"][walk].masked_fill(~distinct, -torch.inf).softmax(0).nan_to_num(0.0)
    table = {
        "mean": ends["mean"][walk].masked_fill(~distinct[..., None], torch.nan),
        "weight": share,
        "status": ends["status"][walk].masked_fill(~distinct, Status.STALLED),
        "walks": walks.masked_fill(~distinct, 0),
    }
    listed = {name: value.movedim(0, 1) for name, value in table.items()}
    return take(ends, best), listed | {"number": distinct.sum(0)}


def _merge(
    z: Float[Tensor, "start site parameter"],
    slope: Float[Tensor, "start site datum parameter"],
    found: Bool[Tensor, "start site"],
) -> Int[Tensor, "start site"]:
    """The first maximum to which each belongs, itself where it is near none before it; -1 where none was found."""
    leader = torch.full_like(found, -1, dtype=torch.int64)
    for i in range(len(z)):
        apart = z[i:] - z[i]
        squared = apart.square().sum(-1) + (slope[i] @ apart[..., None])[..., 0].square().sum(-1)
        leads = found[i] & (leader[i] < 0)
        joins = leads & found[i:] & (leader[i:] < 0) & (squared < APART**2)
        leader[i:][joins] = i
    return leader


def _alone(ends: dict[str, Tensor], starts: int) -> dict[str, Tensor]:
    """The table of sites with one walk, which has reached a maximum."""
    others = {"mean": torch.nan, "weight": 0.0, "status": Status.STALLED, "walks": 0}
    one = torch.ones_like(ends["iterations"])
    own = {"mean": ends["mean"], "weight": one.to(ends["mean"].dtype), "status": ends["status"], "walks": one}
    rest = {
        name: torch.full_like(value[:, None], others[name]).expand(-1, starts - 1, *value.shape[1:])
        for name, value in own.items()
    }
    return {name: torch.cat([value[:, None], rest[name]], 1) for name, value in own.items()} | {"number": one}
