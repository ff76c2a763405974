"""A set has no order, absent members do not exist, and what turns with the members turns exactly."""

import pytest
import torch

from seisgrad.errors import InputError
from seisgrad.nn.set_transformer import AttentionPooling, SetTransformer, mean_over
from seisgrad.nn.transformer import Attention, shares
from seisgrad.nn.turn import Turn
from seisgrad.operator import jvp, vjp

ORDERS = torch.tensor([0, 1, 2, 3])
D = 16


@pytest.fixture(scope="module")
def made() -> tuple[SetTransformer, torch.Tensor, torch.Tensor, torch.Tensor]:
    """A network away from its first weights, members of three sets, which are there, and their directions."""
    generator = torch.Generator().manual_seed(3)
    with torch.random.fork_rng():
        torch.manual_seed(4)
        network = SetTransformer(D, 2, 2, 24).double()
    for parameter in network.parameters():
        parameter.data += 0.2 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
    x = torch.randn(3, 7, D, generator=generator, dtype=torch.float64)
    there = torch.rand(3, 7, generator=generator) < 0.6
    there[:, 0] = True
    return network, x, there, 6.0 * torch.rand(3, 7, generator=generator, dtype=torch.float64)


def test_another_order_of_the_members_is_another_order_of_the_results(made) -> None:
    network, x, there, angle = made
    order = torch.randperm(7, generator=torch.Generator().manual_seed(5))
    y = network(x, there, Turn(angle, ORDERS))
    torch.testing.assert_close(
        network(x[:, order], there[:, order], Turn(angle[:, order], ORDERS)), y[:, order]
    )
    pool = AttentionPooling(D, 2).double()
    torch.testing.assert_close(pool(x[:, order], there[:, order])[0], pool(x, there)[0])


def test_what_is_absent_does_not_exist(made) -> None:
    """The same numbers with the absent members left out, whatever stood in their place."""
    network, x, there, angle = made
    pool = AttentionPooling(D, 2).double()
    other = torch.where(there[..., None], x, 1e3 * x)
    for i in range(len(x)):
        kept = there[i]
        alone = network(x[i][kept], kept[kept], Turn(angle[i][kept], ORDERS))
        among = network(other[i], kept, Turn(angle[i], ORDERS))
        torch.testing.assert_close(among[kept], alone)
        torch.testing.assert_close(pool(other[i], kept)[0], pool(x[i][kept], kept[kept])[0])
        torch.testing.assert_close(mean_over(other[i], kept), x[i][kept].mean(0))


def test_weights_of_the_pooling_are_shares(made) -> None:
    _, x, there, _ = made
    _, weight = AttentionPooling(D, 4).double()(x, there)
    torch.testing.assert_close(weight.sum(-1), torch.ones(3, 4, dtype=torch.float64))
    assert not weight[~there[:, None].expand_as(weight)].any()
    assert (weight[there[:, None].expand_as(weight)] > 0).all()


def test_one_member_of_a_set_is_its_mean() -> None:
    x = torch.randn(1, 5, D, generator=torch.Generator().manual_seed(6))
    there = torch.tensor([[False, False, True, False, False]])
    torch.testing.assert_close(AttentionPooling(D, 2)(x, there)[0], x[:, 2])


def test_of_an_empty_set_everything_is_finite_and_says_nothing() -> None:
    there = torch.zeros(4, dtype=torch.bool)
    assert torch.equal(shares(torch.arange(4.0), there), torch.full((4,), 0.25))
    assert not mean_over(torch.ones(4, D), there).any()


@pytest.mark.parametrize("by", [0.3, -2.0, 7.0])
def test_turning_all_directions_changes_nothing_in_the_own_frames(made, by: float) -> None:
    network, x, there, angle = made
    y = network(x, there, Turn(angle, ORDERS))
    turned = network(x, there, Turn(angle + by, ORDERS))
    torch.testing.assert_close(turned[there], y[there])
    one_alone = angle.clone()
    one_alone[:, 0] += by
    assert not torch.allclose(network(x, there, Turn(one_alone, ORDERS))[there], y[there])


def test_in_the_shared_frame_every_order_turns_by_its_multiple() -> None:
    generator = torch.Generator().manual_seed(7)
    x = torch.randn(5, 8, generator=generator, dtype=torch.float64)
    angle = torch.rand(5, generator=generator, dtype=torch.float64)
    there, turned = Turn(angle, ORDERS), Turn(angle + 0.4, ORDERS)
    torch.testing.assert_close(there.own(there.shared(x)), x)
    once, again = (torch.complex(*turn.shared(x).chunk(2, -1)) for turn in (there, turned))
    torch.testing.assert_close(again, once * torch.exp(0.4j * ORDERS))


def test_without_directions_and_absentees_attention_is_what_it_was() -> None:
    attention = Attention(D, 2).double()
    x = torch.randn(2, 5, D, generator=torch.Generator().manual_seed(8), dtype=torch.float64)
    there, same = torch.ones(2, 5, dtype=torch.bool), torch.ones(2, 5, dtype=torch.float64)
    torch.testing.assert_close(attention(x, x, there), attention(x, x))
    torch.testing.assert_close(attention(x, x, there, Turn(same, ORDERS)), attention(x, x))


def test_derivatives_and_batches_are_right(made) -> None:
    """Forward and reverse mode agree, the gradient can be differentiated, and sets do not see each other."""
    network, x, there, angle = made

    def one(values: torch.Tensor) -> torch.Tensor:
        return network(values, there[0], Turn(angle[0], ORDERS))[there[0]]

    direction = torch.randn(x[0].shape, generator=torch.Generator().manual_seed(9), dtype=torch.float64)
    along = jvp(one, x[0], direction)
    back = vjp(one, x[0], torch.ones_like(along))
    torch.testing.assert_close((back * direction).sum(), along.sum())
    assert not back[~there[0]].any()

    def gradient(at: torch.Tensor) -> torch.Tensor:
        at = at.clone().requires_grad_()
        return torch.autograd.grad(one(at).square().sum(), at, create_graph=True)[0]

    torch.autograd.gradcheck(gradient, x[0].clone().requires_grad_())
    together = network(x, there, Turn(angle, ORDERS))
    mapped = torch.vmap(lambda a, b, c: network(a, b, Turn(c, ORDERS)))(x, there, angle)
    torch.testing.assert_close(mapped, together)


def test_heads_must_divide_the_features() -> None:
    with pytest.raises(InputError, match="d_model 10 cannot be shared by 4 heads"):
        SetTransformer(10, 4, 1, 8)
