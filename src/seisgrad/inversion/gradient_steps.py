"""Ways to go on from a gradient, many sites at once: L-BFGS and Adam."""

import abc

import torch
from jaxtyping import Bool, Float
from torch import Tensor

_MEMORY = 20  # steps that L-BFGS remembers
_ACCEPT = 1e-4  # least share of the promised decrease that a step of L-BFGS must deliver (Armijo)
_LEVEL = 1e-3  # relative change of φ that the round-off of an operator in single precision may hide


class Steps(abc.ABC):
    """How to go on from a gradient: a step -K g, all sites at once, K standing for the inverse of the curvature.

    Attributes:
        blind: to the value of φ, so that a step which raises it is one like others.
    """

    blind: bool

    @abc.abstractmethod
    def step(self, gradient: Float[Tensor, "site parameter"]) -> Float[Tensor, "site parameter"]:
        """The step at every site."""

    @abc.abstractmethod
    def carry(
        self, vectors: Float[Tensor, "some vector parameter"], sites: Tensor
    ) -> Float[Tensor, "some vector parameter"]:
        """K times vectors of some sites."""

    @abc.abstractmethod
    def accepts(
        self,
        phi: tuple[Float[Tensor, " some"], Float[Tensor, " some"]],
        slope: tuple[Float[Tensor, " some"], Float[Tensor, " some"]],
        lowest: Float[Tensor, " some"],
    ) -> Bool[Tensor, " some"]:
        """Whether steps that lost no data are taken, by φ and its derivative along the step at both ends.

        Args:
            phi: before and after.
            slope: before and after.
            lowest: φ of these sites so far.
        """

    @abc.abstractmethod
    def learn(
        self, sites: Tensor, step: Float[Tensor, "some parameter"], change: Float[Tensor, "some parameter"]
    ) -> None:
        """After accepted steps, which changed the gradient of these sites by ``change``."""

    @abc.abstractmethod
    def forget(self, sites: Tensor) -> None:
        """What was learned at these sites: more data are predicted, φ is another."""


class Adam(Steps):
    """Torch's Adam, asked for its steps alone."""

    blind = True

    def __init__(self, z: Float[Tensor, "site parameter"], rate: float, steps: int) -> None:
        self.place = torch.zeros_like(z, requires_grad=True)
        self.optimiser = torch.optim.Adam([self.place], lr=rate)
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimiser, steps)

    def step(self, gradient: Float[Tensor, "site parameter"]) -> Float[Tensor, "site parameter"]:
        before = self.place.detach().clone()
        self.place.grad = gradient.clone()
        self.optimiser.step()
        self.schedule.step()
        return self.place.detach() - before

    def carry(
        self, vectors: Float[Tensor, "some vector parameter"], sites: Tensor
    ) -> Float[Tensor, "some vector parameter"]:
        """K is diagonal; its size does not matter."""
        root = self.optimiser.state[self.place]["exp_avg_sq"][sites].sqrt() + 1e-12
        return vectors * (root.amin(-1, keepdim=True) / root)[:, None]

    def accepts(
        self,
        phi: tuple[Float[Tensor, " some"], Float[Tensor, " some"]],
        slope: tuple[Float[Tensor, " some"], Float[Tensor, " some"]],
        lowest: Float[Tensor, " some"],
    ) -> Bool[Tensor, " some"]:
        return torch.ones_like(phi[0], dtype=torch.bool)

    def learn(
        self, sites: Tensor, step: Float[Tensor, "some parameter"], change: Float[Tensor, "some parameter"]
    ) -> None:
        """Nothing: its averages are made of gradients."""

    def forget(self, sites: Tensor) -> None:
        """Nothing: they fade."""


class Lbfgs(Steps):
    """The two-loop recursion of Nocedal (1980, Math. Comput. 35, 773) on all sites at once."""

    blind = False

    def __init__(self, z: Float[Tensor, "site parameter"]) -> None:
        self.steps, self.changes = z.new_zeros(2, len(z), _MEMORY, z.shape[1])  # oldest first
        self.inverse = z.new_zeros(len(z), _MEMORY)  # 1/sᵀy, 0 where nothing is remembered
        self.scale = z.new_full((len(z),), torch.nan)  # of the K that the memory corrects

    def step(self, gradient: Float[Tensor, "site parameter"]) -> Float[Tensor, "site parameter"]:
        # without memory, one prior standard deviation at most
        self.scale = torch.where(self.scale.isnan(), 1 / gradient.norm(dim=-1).clamp(min=1.0), self.scale)
        return -self.carry(gradient[:, None], torch.arange(len(gradient), device=gradient.device))[:, 0]

    def carry(
        self, vectors: Float[Tensor, "some vector parameter"], sites: Tensor
    ) -> Float[Tensor, "some vector parameter"]:
        pairs = [
            (self.steps[sites, k, None], self.changes[sites, k, None], self.inverse[sites, k, None, None])
            for k in range(_MEMORY)
        ]
        shares = []
        for step, change, inverse in reversed(pairs):
            shares.append(inverse * (step * vectors).sum(-1, keepdim=True))
            vectors = vectors - shares[-1] * change
        vectors = self.scale[sites, None, None] * vectors
        for (step, change, inverse), share in zip(pairs, reversed(shares), strict=True):
            vectors = vectors + (share - inverse * (change * vectors).sum(-1, keepdim=True)) * step
        return vectors

    def accepts(
        self,
        phi: tuple[Float[Tensor, " some"], Float[Tensor, " some"]],
        slope: tuple[Float[Tensor, " some"], Float[Tensor, " some"]],
        lowest: Float[Tensor, " some"],
    ) -> Bool[Tensor, " some"]:
        """Where φ falls enough; where it is level, by the derivatives (Hager & Zhang 2005, SIAM J. Optim. 16, 170)."""
        promise = -slope[0]
        level = (phi[0] - phi[1]).abs() <= _LEVEL * phi[0]
        level &= (phi[1] <= (1 + _LEVEL) * lowest) & (slope[1] <= (1 - 2 * _ACCEPT) * promise)
        return (phi[0] - phi[1] >= _ACCEPT * promise) | level

    def learn(
        self, sites: Tensor, step: Float[Tensor, "some parameter"], change: Float[Tensor, "some parameter"]
    ) -> None:
        product = (step * change).sum(-1)
        sound = product > 1e-8 * step.norm(dim=-1) * change.norm(
            dim=-1
        )  # else φ is not convex along the step
        sites, step, change, product = sites[sound], step[sound], change[sound], product[sound]
        for memory, new in ((self.steps, step), (self.changes, change), (self.inverse, 1 / product)):
            memory[sites] = torch.cat([memory[sites, 1:], new[:, None]], 1)
        self.scale[sites] = product / change.square().sum(-1)

    def forget(self, sites: Tensor) -> None:
        self.inverse[sites], self.scale[sites] = 0.0, torch.nan
