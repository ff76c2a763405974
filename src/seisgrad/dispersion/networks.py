"""The networks that can learn dispersion curves, by name: each is a set of arguments that builds a module.

Every one maps vp, vs, rho ``[batch, 3, depth]`` (km/s, km/s, g/cm³) to ``[batch, branch, period]`` in the units of the
branches, and takes its normalisation from the training set by ``adapt``. A new network is one class and one line in
:data:`NETWORKS`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Protocol, Self, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from seisgrad.config import from_mapping
from seisgrad.dispersion.modal.network import ModeNetwork
from seisgrad.errors import InputError
from seisgrad.nn.normalised import Normalised
from seisgrad.nn.residual import ResidualNetwork
from seisgrad.nn.transformer import Transformer


@dataclass(frozen=True)
class Layout:
    """The axes of the earths and the curves.

    Attributes:
        depth: tops of the layers, km; the last is that of the half-space.
        branches: the curves, as ``str(Branch)``: ``"rayleigh phase 0"``.
        periods: s.
    """

    depth: tuple[float, ...]
    branches: tuple[str, ...]
    periods: tuple[float, ...]

    @property
    def input_shape(self) -> tuple[int, int]:
        """``(3, depth)``."""
        return (3, len(self.depth))

    @property
    def output_shape(self) -> tuple[int, int]:
        """``(branch, period)``."""
        return (len(self.branches), len(self.periods))

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {name: list(values) for name, values in asdict(self).items()}

    @classmethod
    def from_dict(cls, entries: Mapping[str, Any]) -> Self:
        """The inverse of :meth:`to_dict`.

        Raises:
            InputError: an axis that is missing, empty or of the wrong kind.
        """
        axes = []
        for name, holds, what in (
            ("depth", _is_number, "numbers, km"),
            ("branches", _is_branch, "names such as 'rayleigh phase 0'"),
            ("periods", _is_number, "numbers, s"),
        ):
            values = entries.get(name) if isinstance(entries, Mapping) else None
            if not isinstance(values, list | tuple) or not values or not all(map(holds, values)):
                raise InputError(f"the layout's {name} is {values!r:.60}, expected a list of {what}")
            axes.append(tuple(values))
        return cls(*axes)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_branch(value: Any) -> bool:
    return isinstance(value, str) and len(value.split()) == 3 and value.split()[2].isdecimal()


@runtime_checkable
class CurveNetwork(Protocol):
    """What the modules of this file have in common beside being modules."""

    def adapt(self, x: Tensor, y: Tensor) -> None:
        """Take normalisation constants from training earths ``[sample, 3, depth]`` and curves; NaN do not count."""
        ...


@runtime_checkable
class Arguments(Protocol):
    """The arguments of one kind of network: a frozen dataclass of numbers."""

    def build(self, layout: Layout) -> nn.Module:
        """The network, a :class:`CurveNetwork` too, with weights drawn from torch's generator."""
        ...


@dataclass(frozen=True)
class Residual:
    """A residual network over all numbers of the earth at once.

    Args:
        width: features per block.
        blocks: how many.
    """

    width: int = 512
    blocks: int = 3

    def build(self, layout: Layout) -> nn.Module:
        """See :class:`Arguments`."""
        inputs, (branches, periods) = 3 * len(layout.depth), layout.output_shape
        core = nn.Sequential(
            nn.Flatten(),
            ResidualNetwork(inputs, branches * periods, self.width, self.blocks),
            nn.Unflatten(1, layout.output_shape),
        )
        return Normalised(core, layout.input_shape, layout.output_shape)


@dataclass(frozen=True)
class CurveTransformer:
    """The transformer of Yu, Cai & Liu (2026, arXiv:2604.04107): a token per depth, a query per period.

    A token is (depth, vp, vs, rho), a query the logarithm of the period; a query's answer has one number per branch.
    What the paper leaves open, the place of the normalisation and the embedding of the period, is as in
    :class:`~seisgrad.nn.transformer.Transformer`. The defaults are the paper's sizes.
    """

    d_model: int = 512
    heads: int = 8
    encoder_layers: int = 8
    decoder_layers: int = 8
    feed_forward: int = 1024

    def build(self, layout: Layout) -> nn.Module:
        """See :class:`Arguments`."""
        core = Transformer(4, 1, len(layout.branches), **asdict(self))
        return Normalised(_Curves(core, layout), layout.input_shape, layout.output_shape)


@dataclass(frozen=True)
class Modes:
    """Eigenfunctions from a network, velocity and kernels from the stationary principle; any grid, any period.

    The arguments are those of :class:`~seisgrad.dispersion.modal.network.ModeNetwork`.
    """

    width: int = 448
    blocks: int = 3
    scout_width: int = 192
    scout_blocks: int = 2
    nodes: int = 72
    first: float = 0.02
    last: float = 4.0

    def build(self, layout: Layout) -> ModeNetwork:
        """See :class:`Arguments`; the layout does not matter to it."""
        return ModeNetwork(**asdict(self))


class _Curves(nn.Module):
    """Earths as tokens, periods as queries, and the answers as curves."""

    def __init__(self, core: Transformer, layout: Layout) -> None:
        super().__init__()
        self.core = core
        depth = torch.tensor(layout.depth)
        period = torch.tensor(layout.periods).log()
        # both made of order one, like the parameters
        self.depth = nn.Buffer((depth - depth.mean()) / depth.std(correction=0), persistent=False)
        spread = period.std(correction=0).clamp(min=1e-3)
        self.period = nn.Buffer(((period - period.mean()) / spread)[:, None], persistent=False)

    def forward(self, x: Float[Tensor, "batch 3 depth"]) -> Float[Tensor, "batch branch period"]:
        """Normalised curves of normalised earths."""
        depth = self.depth.expand(len(x), 1, -1)
        tokens = torch.cat([depth, x], dim=1).transpose(1, 2)
        return self.core(tokens, self.period).transpose(1, 2)


NETWORKS: dict[str, type[Arguments]] = {
    "modes": Modes,
    "residual": Residual,
    "transformer": CurveTransformer,
}


def arguments_of(name: str, entries: Mapping[str, Any], where: str = "arguments") -> Arguments:
    """The arguments of a network by name.

    Raises:
        InputError: an unknown network, an unknown argument, or a value of the wrong kind.
    """
    if not isinstance(name, str) or name not in NETWORKS:
        raise InputError(f"there is no network {name!r}, expected one of {', '.join(NETWORKS)}")
    arguments = from_mapping(NETWORKS[name], entries, where)
    for key, value in asdict(arguments).items():  # type: ignore[call-overload]
        if not value > 0:
            raise InputError(f"{where}: {key} is {value}, expected a positive number")
    return arguments


def build_network(card: Mapping[str, Any], where: str = "card") -> nn.Module:
    """The network that a card describes by ``network``, ``arguments`` and ``layout``; its weights are yet to be put in.

    Raises:
        InputError: a card of another system, or one that lacks an entry.
    """
    if card.get("system") != "dispersion":
        raise InputError(f"{where} is of system {card.get('system')!r}, expected 'dispersion'")
    for name in ("network", "arguments", "layout"):
        if name not in card:
            raise InputError(f"{where} has no entry {name!r}; expected the card that training wrote")
    return arguments_of(card["network"], card["arguments"], where).build(Layout.from_dict(card["layout"]))
