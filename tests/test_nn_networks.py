"""Networks: their derivatives in every mode, samples that do not see each other, constants that travel along."""

import pytest
import torch
from torch import nn

from seisgrad.errors import InputError
from seisgrad.nn.normalised import Normalised
from seisgrad.nn.residual import ResidualNetwork
from seisgrad.nn.transformer import Attention, Transformer
from seisgrad.operator import jacobian, jvp, vjp

SMALL = {"d_model": 16, "heads": 4, "encoder_layers": 2, "decoder_layers": 2, "feed_forward": 24}


class OnePeriodPerToken(nn.Module):
    """A small transformer as a function of its tokens alone."""

    def __init__(self) -> None:
        super().__init__()
        self.core = Transformer(3, 1, 2, **SMALL)
        self.queries = nn.Buffer(torch.linspace(-1, 1, 4)[:, None])

    def forward(self, x):
        return self.core(x, self.queries)


NETWORKS = {
    "residual": (lambda: ResidualNetwork(15, 8, width=12, blocks=2), (15,)),
    "transformer": (OnePeriodPerToken, (5, 3)),
}


@pytest.fixture(params=NETWORKS)
def made(request: pytest.FixtureRequest):
    """A network in double precision and a batch of three inputs."""
    build, shape = NETWORKS[request.param]
    generator = torch.Generator().manual_seed(5)
    network = build().double()
    for (
        parameter
    ) in network.parameters():  # away from the initial values, where blocks are nearly the identity
        parameter.data += 0.2 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    return network, torch.randn(3, *shape, generator=generator, dtype=torch.float64)


def test_forward_reverse_and_central_differences_agree(made) -> None:
    network, x = made
    direction = torch.randn(x[0].shape, generator=torch.Generator().manual_seed(6), dtype=torch.float64)
    matrix = jacobian(network, x[:1])
    along = jvp(network, x[:1], direction[None])
    y = network(x[:1])
    product = matrix.reshape(y.numel(), -1) @ direction.flatten()
    torch.testing.assert_close(along.flatten(), product)
    back = vjp(network, x[:1], torch.ones_like(y))
    torch.testing.assert_close(back.flatten(), matrix.reshape(y.numel(), -1).sum(0))
    h = 1e-5
    with torch.no_grad():
        slope = (network(x[:1] + h * direction) - network(x[:1] - h * direction)) / (2 * h)
    torch.testing.assert_close(along, slope, rtol=1e-6, atol=1e-8)


def test_the_gradient_can_be_differentiated(made) -> None:
    """Training on derivatives needs it, against central differences."""
    network, x = made

    def gradient(at: torch.Tensor) -> torch.Tensor:
        at = at.clone().requires_grad_()
        return torch.autograd.grad(network(at).sum(), at, create_graph=True)[0]

    torch.autograd.gradcheck(gradient, x[:1].clone().requires_grad_())


def test_samples_do_not_see_each_other(made) -> None:
    network, x = made
    network.eval()
    together = network(x)
    alone = torch.cat([network(one[None]) for one in x])
    torch.testing.assert_close(together, alone)
    torch.testing.assert_close(torch.vmap(network)(x), together)


def test_the_transformer_knows_no_order_but_that_of_its_features() -> None:
    """Tokens say themselves where they are: shuffling them changes nothing, and shuffling queries shuffles answers."""
    network, generator = Transformer(3, 1, 2, **SMALL).double().eval(), torch.Generator().manual_seed(7)
    tokens = torch.randn(2, 6, 3, generator=generator, dtype=torch.float64)
    queries = torch.randn(4, 1, generator=generator, dtype=torch.float64)
    y = network(tokens, queries)
    torch.testing.assert_close(network(tokens[:, torch.randperm(6, generator=generator)], queries), y)
    order = torch.tensor([2, 0, 3, 1])
    torch.testing.assert_close(network(tokens, queries[order]), y[:, order])


def test_attention_is_that_of_torch() -> None:
    """The same weights in ``nn.MultiheadAttention`` give the same features."""
    generator = torch.Generator().manual_seed(8)
    ours, theirs = Attention(16, 4), nn.MultiheadAttention(16, 4, batch_first=True)
    x, memory = (torch.randn(2, n, 16, generator=generator) for n in (3, 6))
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([ours.query.weight, ours.key_value.weight]))
        theirs.in_proj_bias.copy_(torch.cat([ours.query.bias, ours.key_value.bias]))
        theirs.out_proj.load_state_dict(ours.out.state_dict())
    torch.testing.assert_close(ours(x, memory), theirs(x, memory, memory)[0], rtol=1e-4, atol=1e-5)


def test_the_paper_sizes_are_the_defaults() -> None:
    with torch.device("meta"):
        network = Transformer(4, 1, 2)
    d, f = 512, 1024
    attention, forward, norm = 4 * (d * d + d), 2 * d * f + d + f, 2 * d
    expected = 8 * (attention + forward + 2 * norm) + 8 * (2 * attention + forward + 3 * norm) + 2 * norm
    expected += (4 * d + d) + (d + d) + (d * d + d) + (d * 2 + 2)
    assert sum(p.numel() for p in network.parameters()) == expected


def test_heads_must_divide_the_features() -> None:
    with pytest.raises(InputError, match="d_model 10 cannot be shared by 4 heads"):
        Transformer(3, 1, 2, d_model=10, heads=4)


def test_normalisation_is_that_of_the_training_set_and_travels_with_the_weights() -> None:
    generator = torch.Generator().manual_seed(9)
    x = 3.0 + 2.0 * torch.randn(500, 4, generator=generator)
    y = torch.stack([5 * x[:, 0], -x[:, 1]], -1)
    y[::3, 1] = torch.nan
    network = Normalised(nn.Linear(4, 2), (4,), (2,))
    network.adapt(x, y)
    torch.testing.assert_close(network.input_mean, x.mean(0))
    torch.testing.assert_close(network.input_scale, x.std(0, correction=0))
    there = y[y[:, 1].isfinite(), 1]
    torch.testing.assert_close(network.output_mean[1], there.mean())
    torch.testing.assert_close(network.output_scale[1], there.std(correction=0))
    other = Normalised(nn.Linear(4, 2), (4,), (2,))
    other.load_state_dict(network.state_dict())
    torch.testing.assert_close(other(x), network(x))


def test_what_never_varies_is_not_blown_up() -> None:
    network = Normalised(nn.Linear(2, 1), (2,), (1,))
    x = torch.stack([torch.linspace(0, 1, 9), torch.full((9,), 7.0)], -1)
    network.adapt(x, x[:, :1])
    assert network.input_scale[1] >= 1e-4
    assert network(x + 1e-3).isfinite().all()
