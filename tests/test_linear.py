"""Linear equations by the batch are right whatever the number of threads."""

import subprocess
import sys

import pytest
import torch
from torch.testing import assert_close

from seisgrad.linear import solve

LARGE, BATCH = 200, 3

SCRIPT = f"""
import torch
from seisgrad.inversion.bounds import Bounds
from seisgrad.linear import solve

torch.set_num_threads(2)
generator = torch.Generator().manual_seed(3)
draw = lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64)

matrix, right = draw({BATCH}, {LARGE}, {LARGE}) + 20 * torch.eye({LARGE}), draw({BATCH}, {LARGE}, 4)
print(float((matrix @ solve(matrix, right) - right).abs().max()))

root = draw({BATCH}, {LARGE}, {LARGE}) / {LARGE} ** 0.5
covariance, mean = root @ root.mT + torch.eye({LARGE}), 2 * draw({BATCH}, {LARGE})
box = Bounds(torch.full_like(mean[0], -4.0), torch.full_like(mean[0], 4.0))
pull = box.condition(mean, covariance, torch.full_like(mean, 1e-9))
model = mean + (covariance @ pull[..., None])[..., 0]
print(float(torch.maximum(model - box.upper, box.lower - model).max()), int((pull != 0).sum(1).min()))
"""


def test_large_matrices_with_two_threads() -> None:
    """In a process of its own, where the number of threads may be set: a residual, and models kept within bounds."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    residual, beyond, at_bound = map(float, done.stdout.split())
    assert residual < 1e-8
    assert beyond < 1e-8
    assert at_bound >= 3


@pytest.mark.parametrize("shape", [(200,), (2, 150), (2, 2, 130), (3, 40), (40,)])
def test_shapes_and_values_are_those_of_torch(shape: tuple[int, ...]) -> None:
    generator = torch.Generator().manual_seed(4)
    n = shape[-1]
    matrix = torch.randn(*shape, n, generator=generator, dtype=torch.complex128)
    expected = torch.randn(*shape, 3, generator=generator, dtype=torch.complex128)
    assert_close(solve(matrix, matrix @ expected), expected, rtol=1e-7, atol=1e-7)
