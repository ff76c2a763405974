"""Features that turn with their token: attention among tokens that each look in a direction of their own."""

import torch
from jaxtyping import Float, Int
from torch import Tensor


class Turn:
    """Rotations of pairs of features by whole multiples of the angle of their token.

    Feature k of the first half and feature k of the second are the two parts of a vector of angular order ``n_k``, as
    its token sees it: along its own direction, and 90 degrees on. Where a token looks along φ, the same vector in a
    frame that all share is turned by ``n_k φ``. Sums over tokens are taken in the shared frame; layers that act on one
    token alone work in its own, where turning all tokens together changes nothing. What is built so is equivariant by
    construction: turn all directions, and what comes out in the shared frame turns with them, to rounding.

    Rotary encodings of position (Su et al. 2021, arXiv:2104.09864) are the same with positions for angles.

    Args:
        angle: of every token, radians.
        orders: of every pair, half as many as there are features.
    """

    def __init__(self, angle: Float[Tensor, "*batch token"], orders: Int[Tensor, " pair"]) -> None:
        phase = angle[..., None] * orders
        self._cos, self._sin = phase.cos(), phase.sin()

    def shared(self, x: Float[Tensor, "*batch token d"]) -> Float[Tensor, "*batch token d"]:
        """From every token's own frame to the shared one."""
        return self._by(x, self._sin)

    def own(self, x: Float[Tensor, "*batch token d"]) -> Float[Tensor, "*batch token d"]:
        """From the shared frame to every token's own."""
        return self._by(x, -self._sin)

    def split(self) -> "Turn":
        """The same turns for features that were split over heads, ``[..., head, token, d]``."""
        other = object.__new__(Turn)
        other._cos, other._sin = self._cos.unsqueeze(-3), self._sin.unsqueeze(-3)
        return other

    def _by(self, x: Tensor, sin: Tensor) -> Tensor:
        along, across = x.chunk(2, dim=-1)
        return torch.cat([along * self._cos - across * sin, along * sin + across * self._cos], -1)
