"""A transformer over a set: any number of members in any order, some of which may be absent (Lee et al. 2019,
arXiv:1810.00825)."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from seisgrad.errors import InputError
from seisgrad.nn.transformer import EncoderLayer, shares
from seisgrad.nn.turn import Turn


class SetTransformer(nn.Module):
    """Layers of self-attention among the members of a set, and a normalisation.

    Nothing says which member is which but its features, so that another order of the members is the same order of the
    results. Absent members reach no other: their share of every attention is exactly 0.

    Args:
        d_model: features per member; a multiple of ``heads``.
        heads: attention heads.
        layers: how many.
        feed_forward: width of the feed-forward parts.

    Raises:
        InputError: heads that do not divide ``d_model``.
    """

    def __init__(self, d_model: int, heads: int, layers: int, feed_forward: int) -> None:
        super().__init__()
        if heads < 1 or d_model % heads:
            raise InputError(f"d_model {d_model} cannot be shared by {heads} heads, expected a multiple")
        self.layers = nn.ModuleList(EncoderLayer(d_model, heads, feed_forward) for _ in range(layers))
        self.norm = nn.LayerNorm(d_model)

    def forward(
        self,
        x: Float[Tensor, "*batch member d"],
        there: Bool[Tensor, "*batch member"],
        turn: Turn | None = None,
    ) -> Float[Tensor, "*batch member d"]:
        """Members ``[..., member, d]`` to members.

        Args:
            x: features; finite where a member is absent too.
            there: which members are present; where none is, what comes out means nothing, and whoever asks has to
                refuse an empty set.
            turn: directions of the members, where their features turn with them.
        """
        for layer in self.layers:
            x = layer(x, there, turn)
        return self.norm(x)


class AttentionPooling(nn.Module):
    """What a set says as one: a weighted mean over its members with weights that they give themselves.

    Args:
        d_model: features per member.
        heads: groups of features that are weighted alike.
    """

    def __init__(self, d_model: int, heads: int = 1) -> None:
        super().__init__()
        self.score = nn.Sequential(nn.Linear(d_model, d_model), nn.Tanh(), nn.Linear(d_model, heads))

    def weights(
        self, x: Float[Tensor, "*batch member d"], there: Bool[Tensor, "*batch member"]
    ) -> Float[Tensor, "*batch head member"]:
        """The weight of every member, which sum to 1 over those that are there and are 0 elsewhere."""
        return shares(self.score(x).mT, there.unsqueeze(-2))

    def forward(
        self, x: Float[Tensor, "*batch member d"], there: Bool[Tensor, "*batch member"]
    ) -> tuple[Float[Tensor, "*batch d"], Float[Tensor, "*batch head member"]]:
        """Members ``[..., member, d]`` to ``[..., d]``, and the weights."""
        weight = self.weights(x, there)
        values = x.unflatten(-1, (weight.shape[-2], -1)).transpose(-3, -2)
        return (weight.unsqueeze(-2) @ values).flatten(-3), weight


def mean_over(
    x: Float[Tensor, "*batch member d"], there: Bool[Tensor, "*batch member"]
) -> Float[Tensor, "*batch d"]:
    """The mean over the members that are there; 0 where none is."""
    present = there.unsqueeze(-1)
    return torch.where(present, x, 0.0).sum(-2) / present.sum(-2).clamp(min=1)
