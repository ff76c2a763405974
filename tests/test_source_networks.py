"""What a network of stations owes to physics: no order, no north, no unit of its own; and it learns."""

import math

import numpy as np
import pytest
import torch
from source_toys import ToyDraws

from seisgrad.errors import InputError
from seisgrad.source.gather import Gather
from seisgrad.source.harmonic import HarmonicNet, HarmonicSize
from seisgrad.source.moment_tensor import from_basis, from_matrix, to_basis, to_matrix
from seisgrad.source.sourcenet import SCALARS, PaperNet, PaperSize, scalars

SMALL = {"d_model": 32, "heads": 2, "layers": 2, "feed_forward": 32}
KINDS = {
    "harmonic": lambda: HarmonicNet(HarmonicSize(**SMALL, window=32)),
    "sourcenet": lambda: PaperNet(PaperSize(**SMALL)),
    "deepsets": lambda: PaperNet(PaperSize(**{**SMALL, "layers": 0}, attention_pooling=False)),
    "without scalars": lambda: PaperNet(PaperSize(**SMALL, scalars=False)),
}


@pytest.fixture(scope="module")
def gather() -> Gather:
    """Three events of the toy in double precision."""
    return ToyDraws(9).draw(3, np.random.default_rng(1))[0].to(torch.float64)


def network(kind: str) -> torch.nn.Module:
    """A network in double precision, away from its first weights."""
    with torch.random.fork_rng():
        torch.manual_seed(2)
        made = KINDS[kind]().double().eval()
        for parameter in made.parameters():
            parameter.data += 0.1 * torch.randn_like(parameter)
    seen = ToyDraws(9).draw(8, np.random.default_rng(3))[0].to(torch.float64)
    made.adapt(seen, torch.linspace(3.0, 6.0, 8, dtype=torch.float64))
    return made


def changed(gather: Gather, **parts: torch.Tensor) -> Gather:
    return gather._replace(**parts)


def turned(mechanism: torch.Tensor, degrees: float) -> torch.Tensor:
    """Coefficients of a mechanism turned clockwise about the vertical, by matrices."""
    a = math.radians(degrees)
    turn = torch.tensor(
        [[math.cos(a), -math.sin(a), 0.0], [math.sin(a), math.cos(a), 0.0], [0.0, 0.0, 1.0]]
    ).double()
    return to_basis(from_matrix(turn @ to_matrix(from_basis(mechanism)) @ turn.mT))


@pytest.mark.parametrize("kind", KINDS)
def test_the_order_of_stations_does_not_matter(kind: str, gather: Gather) -> None:
    net, order = network(kind), torch.randperm(9, generator=torch.Generator().manual_seed(4))
    shuffled = Gather(*(x[:, order] for x in gather[:5]), gather.depth)
    said, again = net(gather), net(shuffled)
    for one, other in zip(said[:3], again[:3], strict=True):
        torch.testing.assert_close(other, one)
    torch.testing.assert_close(again.attention, said.attention[:, order])


@pytest.mark.parametrize("kind", KINDS)
def test_places_without_a_station_do_not_matter_even_where_they_hold_nonsense(
    kind: str, gather: Gather
) -> None:
    net, there = network(kind), gather.present
    void = Gather(
        torch.where(there[..., None, None, None], gather.windows, torch.nan),
        gather.recorded,
        *(torch.where(there, x, torch.nan) for x in (gather.distance, gather.azimuth)),
        torch.where(there[..., None], gather.place, torch.nan),
        gather.depth,
    )
    said = net(void)
    assert not there.all()
    for i in range(3):
        alone = net(Gather(*(x[i][there[i]] for x in gather[:5]), gather.depth[i]))
        for one, other in zip(alone[:3], said[:3], strict=True):
            torch.testing.assert_close(other[i], one)
        torch.testing.assert_close(said.attention[i][there[i]], alone.attention)
    torch.testing.assert_close(said.attention.sum(-1), torch.ones(3).double())


@pytest.mark.parametrize("degrees", [37.0, -120.0, 360.0])
def test_stations_turned_are_the_mechanism_turned(degrees: float, gather: Gather) -> None:
    net = network("harmonic")
    said = net(gather)
    again = net(changed(gather, azimuth=gather.azimuth + degrees))
    torch.testing.assert_close(again.mechanism, turned(said.mechanism, degrees))
    for one, other in zip(said[1:], again[1:], strict=True):
        torch.testing.assert_close(other, one)
    assert (said.mechanism - net(changed(gather, azimuth=gather.azimuth.flip(1))).mechanism).norm() > 1e-3


def test_records_multiplied_are_the_moment_multiplied(gather: Gather) -> None:
    net = network("harmonic")
    said, louder = net(gather), net(changed(gather, windows=1e3 * gather.windows))
    torch.testing.assert_close(louder.magnitude, said.magnitude + 2.0)
    torch.testing.assert_close(louder.mechanism, said.mechanism)


@pytest.mark.parametrize("kind", KINDS)
def test_derivatives_by_the_records_are_right(kind: str, gather: Gather) -> None:
    net, one = network(kind), Gather(*(x[0] for x in gather))
    direction = torch.randn(one.windows.shape, generator=torch.Generator().manual_seed(5)).double()
    direction = direction * 1e-2 * one.windows.abs().amax()

    def answer(windows: torch.Tensor) -> torch.Tensor:
        said = net(changed(one, windows=windows))
        return torch.cat([said.mechanism, said.magnitude[None]])

    along = torch.func.jvp(answer, (one.windows,), (direction,))[1]
    back = torch.func.vjp(answer, one.windows)[1](torch.ones(6).double())[0]
    torch.testing.assert_close((back * direction).sum(), along.sum())
    h = 1e-7  # the network of the paper has kinks
    slope = (answer(one.windows + h * direction) - answer(one.windows - h * direction)) / (2 * h)
    torch.testing.assert_close(along, slope, rtol=1e-4, atol=1e-6)
    mapped = torch.vmap(lambda w: answer(w))(torch.stack([one.windows, 2 * one.windows]))
    torch.testing.assert_close(mapped[0], answer(one.windows))


def test_the_sizes_are_those_of_the_paper_and_ours_is_smaller() -> None:
    with torch.device("meta"):
        theirs, ours = PaperNet(PaperSize()), HarmonicNet(HarmonicSize())
    beside = sum(p.numel() for p in theirs.doubt.parameters())
    assert sum(p.numel() for p in theirs.parameters()) - beside == pytest.approx(2.06e6, rel=0.01)
    assert 0.6e6 < sum(p.numel() for p in ours.parameters()) < 1.5e6


def test_the_scalars_are_what_they_are_called(gather: Gather) -> None:
    numbers = scalars(gather)
    assert numbers.shape == (3, 9, SCALARS)
    there = gather.present
    torch.testing.assert_close(numbers[..., 0][there], gather.distance[there])
    torch.testing.assert_close(numbers[..., 2:4][there], gather.place[there])
    largest = gather.windows.abs().amax(-1).flatten(-2)
    seen = largest > 0
    torch.testing.assert_close(numbers[..., 5:11][seen], largest[seen].log10(), rtol=1e-6, atol=1e-6)


def test_heads_must_hold_the_angular_orders() -> None:
    with pytest.raises(InputError, match="d_model 32 over 4 heads cannot hold 8 angular orders"):
        HarmonicNet(HarmonicSize(d_model=32, heads=4))
