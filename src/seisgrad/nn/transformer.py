"""A transformer from tokens along one axis to queries along another (Vaswani et al. 2017), normalisation first.

The attention is written out rather than taken from ``torch.nn``: the fused kernels and fast paths behind
``nn.MultiheadAttention`` have no second derivative and none in forward mode, and both are needed of a network whose
derivatives are used. With a few hundred tokens the attention is a tenth of the work.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from seisgrad.errors import InputError
from seisgrad.nn.turn import Turn


class Attention(nn.Module):
    """Multi-head attention of queries to a memory.

    Args:
        d_model: features per token.
        heads: attention heads; they share the features equally.
    """

    def __init__(self, d_model: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(d_model, d_model)
        self.key_value = nn.Linear(d_model, 2 * d_model)
        self.out = nn.Linear(d_model, d_model)

    def forward(
        self,
        x: Float[Tensor, "*batch query d"],
        memory: Float[Tensor, "*batch token d"],
        there: Bool[Tensor, "*batch token"] | None = None,
        turn: Turn | None = None,
    ) -> Float[Tensor, "*batch query d"]:
        """Features of the queries ``[..., query, d]``, gathered from the memory ``[..., token, d]``.

        Args:
            x: the queries.
            memory: the tokens; what is not there must still be finite.
            there: which tokens count; all where None.
            turn: directions of tokens that are their own queries, by pairs of features of one head; none where None.
        """
        query = self._split(self.query(x))
        key, value = map(self._split, self.key_value(memory).chunk(2, dim=-1))
        if turn is not None:
            turn = turn.split()
            query, key, value = (turn.shared(each) for each in (query, key, value))
        score = query @ key.mT * query.shape[-1] ** -0.5
        gathered = shares(score, None if there is None else there[..., None, None, :]) @ value
        if turn is not None:
            gathered = turn.own(gathered)
        return self.out(gathered.transpose(-3, -2).flatten(-2))

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self.heads, -1)).transpose(-3, -2)


def shares(
    score: Float[Tensor, "*shape token"], there: Bool[Tensor, "*mask token"] | None = None
) -> Float[Tensor, "*shape token"]:
    """What share of the attention each token gets: a softmax over those that are there, and exactly 0 for the others.

    Where none is there all get the same, which is finite and means nothing.
    """
    if there is not None:
        score = score.masked_fill(~there, torch.finfo(score.dtype).min)
    return score.softmax(dim=-1)


class FeedForward(nn.Sequential):
    """Two linear layers with a GELU between them, the same at every token.

    Args:
        d_model: features per token.
        width: features between the two layers.
    """

    def __init__(self, d_model: int, width: int) -> None:
        super().__init__(nn.Linear(d_model, width), nn.GELU(), nn.Linear(width, d_model))


class EncoderLayer(nn.Module):
    """Self-attention and a feed-forward part, each behind a normalisation and beside a shortcut."""

    def __init__(self, d_model: int, heads: int, width: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(d_model) for _ in range(2))
        self.attention = Attention(d_model, heads)
        self.feed_forward = FeedForward(d_model, width)

    def forward(
        self,
        x: Float[Tensor, "*batch token d"],
        there: Bool[Tensor, "*batch token"] | None = None,
        turn: Turn | None = None,
    ) -> Float[Tensor, "*batch token d"]:
        """Tokens ``[..., token, d]`` to tokens; which of them are there and where they look, as in the attention."""
        y = self.norms[0](x)
        x = x + self.attention(y, y, there, turn)
        return x + self.feed_forward(self.norms[1](x))


class DecoderLayer(nn.Module):
    """Self-attention of the queries, attention to the memory and a feed-forward part, like the encoder's."""

    def __init__(self, d_model: int, heads: int, width: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(d_model) for _ in range(3))
        self.own = Attention(d_model, heads)
        self.cross = Attention(d_model, heads)
        self.feed_forward = FeedForward(d_model, width)

    def forward(
        self, x: Float[Tensor, "*batch query d"], memory: Float[Tensor, "*batch token d"]
    ) -> Float[Tensor, "*batch query d"]:
        """Queries ``[..., query, d]`` and the encoder's tokens ``[..., token, d]`` to queries."""
        y = self.norms[0](x)
        x = x + self.own(y, y)
        x = x + self.cross(self.norms[1](x), memory)
        return x + self.feed_forward(self.norms[2](x))


class Transformer(nn.Module):
    """An encoder over tokens and a decoder over queries: what each token and query is stands in its features.

    The default sizes are those of the dispersion transformer of Yu, Cai & Liu (2026, arXiv:2604.04107).

    Args:
        token_features: numbers that describe one token.
        query_features: numbers that describe one query.
        outputs: numbers out per query.
        d_model: features per token inside; a multiple of ``heads``.
        heads: attention heads.
        encoder_layers: layers over the tokens.
        decoder_layers: layers over the queries.
        feed_forward: width of the feed-forward parts.

    Raises:
        InputError: heads that do not divide ``d_model``.
    """

    def __init__(
        self,
        token_features: int,
        query_features: int,
        outputs: int,
        *,
        d_model: int = 512,
        heads: int = 8,
        encoder_layers: int = 8,
        decoder_layers: int = 8,
        feed_forward: int = 1024,
    ) -> None:
        super().__init__()
        if heads < 1 or d_model % heads:
            raise InputError(f"d_model {d_model} cannot be shared by {heads} heads, expected a multiple")
        self.token = nn.Linear(token_features, d_model)
        self.query = nn.Sequential(nn.Linear(query_features, d_model), nn.GELU(), nn.Linear(d_model, d_model))
        self.encoder = nn.Sequential(
            *(EncoderLayer(d_model, heads, feed_forward) for _ in range(encoder_layers))
        )
        self.encoder_norm = nn.LayerNorm(d_model)
        self.decoder = nn.ModuleList(
            DecoderLayer(d_model, heads, feed_forward) for _ in range(decoder_layers)
        )
        self.decoder_norm = nn.LayerNorm(d_model)
        self.out = nn.Linear(d_model, outputs)

    def forward(
        self, tokens: Float[Tensor, "*batch token features"], queries: Float[Tensor, "query of_query"]
    ) -> Float[Tensor, "*batch query outputs"]:
        """Tokens ``[..., token, features]`` and queries ``[query, features]`` to ``[..., query, outputs]``."""
        memory = self.encoder_norm(self.encoder(self.token(tokens)))
        x = self.query(queries).expand(*tokens.shape[:-2], -1, -1)
        for layer in self.decoder:
            x = layer(x, memory)
        return self.out(self.decoder_norm(x))
