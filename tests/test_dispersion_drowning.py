"""An earth on which double precision gives out: the search ends, and says where it has failed."""

import subprocess
import sys
from pathlib import Path

EARTH = Path(__file__).parent / "reference" / "drowning_earth.npz"
"""An earth that an inversion has walked to: rough, and with a layer of 500 m in which S waves run at 1 m/s."""

SCRIPT = """
import sys, numpy as np, torch, seisgrad as sg
from seisgrad.dispersion import Branch, Physics, Survey
earth = np.load(sys.argv[1])
x = torch.from_numpy(np.stack([earth[name] for name in ("vp", "vs", "rho")]))
depth = 0.5 * torch.arange(256, dtype=torch.float64)
survey = Survey((Branch("rayleigh"), Branch("love")), torch.arange(2.0, 61.0, dtype=torch.float64))
c = Physics(survey, depth)(x)
there = c.isfinite()
assert there[1].all()
slowest = x[1].min()
# a Stoneley-like wave of the soft layer, or one trapped in it
assert (c[there] / slowest - 1.0).abs().max() < 0.1, (c / slowest).tolist()
assert there[0].double().mean() > 0.3
"""


def test_a_count_that_drowns_in_round_off_ends_the_search() -> None:
    # in a process of its own: compiled code that does not end cannot be interrupted from inside
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(EARTH)], timeout=300, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
