"""The tutorials run as they stand and print what they should; the documentation runs all of them when it is built."""

import re
import runpy
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

FOLDER = Path(__file__).resolve().parent.parent / "examples" / "tutorials"
HEAVY = "plot_acoustic", "plot_elastic", "plot_source"  # a quarter of a minute each


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(path.stem, marks=pytest.mark.slow if path.stem in HEAVY else ())
        for path in sorted(FOLDER.glob("plot_*.py"))
    ],
)
def test_a_tutorial_runs(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(FOLDER)
    backend = mpl.get_backend()
    plt.switch_backend("agg")
    try:
        names = runpy.run_path(str(FOLDER / f"{name}.py"))
        assert plt.get_fignums()
    finally:
        plt.close("all")
        plt.switch_backend(backend)
    CHECKS.get(name, lambda names, said: None)(names, capsys.readouterr().out)


def number(pattern: str, said: str) -> float:
    """The number that a tutorial prints at this place."""
    found = re.search(pattern, said)
    assert found is not None, said
    return float(found[1])


def dispersion(names, said: str) -> None:
    posterior = names["found"].posterior
    assert said.count("Converged") >= 1
    assert float(posterior.chi2) < 1.5
    exact, finished = names["exact"], names["finished"].posterior
    assert float(((finished.mean - exact.mean) / exact.sigma).abs().max()) < 0.05


def noise(names, said: str) -> None:
    picks, earth = names["picks"], names["earth"]
    truth = names["sg"].dispersion.velocity(earth, picks.period.unique().tolist())
    error = {float(p): float(c) for p, c in zip(picks.period.unique(), truth, strict=True)}
    off = [abs(float(v) / error[float(p)] - 1) for p, v in zip(picks.period, picks.velocity, strict=True)]
    assert len(off) > 20
    assert sorted(off)[len(off) // 2] < 0.01
    assert float(names["profile"].posterior.chi2) < 2.0


def acoustic(names, said: str) -> None:
    assert number(r"two gradients: ([\d.]+)", said) > 0.99
    assert number(r"([\d.]+) at the end", said) < 0.6


def elastic(names, said: str) -> None:
    assert number(r"([\d.]+) at the end", said) < 0.5 * number(r"([\d.]+) km/s at the start", said)


def source(names, said: str) -> None:
    assert number(r"4\.60\), Kagan angle ([\d.]+)", said) < 5.0
    assert number(r"; Kagan angle ([\d.]+)", said) < number(r"at most ([\d.]+)", said)


CHECKS = {
    "plot_dispersion": dispersion,
    "plot_noise": noise,
    "plot_acoustic": acoustic,
    "plot_elastic": elastic,
    "plot_source": source,
}
