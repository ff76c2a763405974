"""A network of your own predicts velocities well. Can its derivative be trusted? The audit tells.

The network is small and learns values alone, from 400 earths of five layers, within seconds.
"""

import torch

import seisgrad as sg
from seisgrad import audit
from seisgrad.dispersion import Branch, Physics, Survey

DEPTH = torch.tensor([0.0, 2.0, 6.0, 15.0, 30.0], dtype=torch.float64)
PERIODS = torch.tensor([3.0, 5.0, 8.0, 12.0, 20.0, 30.0], dtype=torch.float64)
torch.manual_seed(1)


def earths(number: int) -> torch.Tensor:
    """Shear velocities [number, layer] that mostly grow with depth, km/s."""
    middle = torch.tensor([2.4, 3.1, 3.5, 3.8, 4.4], dtype=torch.float64)
    return middle * (1 + 0.06 * torch.randn(number, len(DEPTH), dtype=torch.float64))


# vp and density follow vs: the physics takes vs alone.
physics = Physics(Survey((Branch("rayleigh"),), PERIODS), DEPTH) @ sg.earth.BrocherTie(DEPTH)


class Network(torch.nn.Module):
    """Any module with the right shapes will do: vs [..., layer] to velocities [..., branch, period]."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(5, 48), torch.nn.GELU(), torch.nn.Linear(48, 6)
        ).double()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Velocities, km/s."""
        return 3.0 + self.layers(x - 3.4)[..., None, :]


train, unseen = earths(400), earths(40)
values = physics(train)
network = Network()
optimizer = torch.optim.Adam(network.parameters(), 3e-3)
for _ in range(400):
    loss = (network(train) - values).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

report = audit.compare(physics, network, unseen, inversions=0)
for row in report.summary:
    if row.metric in ("value_relative_error", "cosine", "relative_l2"):
        print(
            f"{row.metric} {row.parameter or ''} {row.group}: mean {row.mean:.4f} (95 %: {row.low:.4f} to "
            f"{row.high:.4f})"
        )
for group, verdict in report.verdict.items():
    print(f"{group}: {verdict}")
