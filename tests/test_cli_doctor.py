"""``seisgrad doctor``: nothing is broken here, and what is broken elsewhere is told with a next step."""

import json
import shutil
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from seisgrad.cli import health, main
from seisgrad.dispersion import surrogate


def findings(capsys: pytest.CaptureFixture[str], status: int) -> dict[str, dict]:
    assert main(["doctor", "--json"]) == status
    told = json.loads(capsys.readouterr().out)
    assert (told["broken"] > 0) == (status == 1)
    return {f"{row['topic']} {row['name']}": row for row in told["findings"]}


def test_this_installation_is_looked_over(capsys: pytest.CaptureFixture[str]) -> None:
    found = findings(capsys, 0)
    assert {row["topic"] for row in found.values()} == {check.__name__ for check in RENAMED}
    assert found["weights dispersion default"]["said"].startswith("network of modes, 14.1 MB, SHA-256 ")
    assert {f"weights {room} default" for room in ("acoustic", "elastic", "source")} <= found.keys()
    assert found["packages torch"]["state"] == "ok"
    assert all(row["step"] for row in found.values() if row["state"] == "broken")


RENAMED = [health.python, health.packages, health.extras, health.threads, health.cache, health.gpu]
RENAMED += [health.weights, health.disk]


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch):
    """Run one check and no other."""

    def choose(*checks) -> None:
        monkeypatch.setattr(health, "CHECKS", checks)

    return choose


def test_weights_that_were_edited_are_broken(
    alone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(surrogate.SHIPPED.path / "lvz", tmp_path / "lvz")
    file = tmp_path / "lvz" / "weights.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    monkeypatch.setattr(surrogate, "SHIPPED", type(surrogate.SHIPPED)(tmp_path))
    alone(health.weights)
    found = findings(capsys, 1)["weights dispersion lvz"]
    assert "does not have the SHA-256" in found["said"]
    assert found["step"] == "install seisgrad again"
    assert main(["doctor", "--quiet"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("seisgrad: dispersion lvz: ")


def test_packages_that_are_missing_or_old(
    alone, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = ["numpy>=99", "nowhere>=1", 'absent>=2; extra == "cluster"']
    there = {"numpy": "2.0", "seisgrad": "0.1.0"}

    def version(name: str) -> str:
        if name not in there:
            raise PackageNotFoundError(name)
        return there[name]

    monkeypatch.setattr(health, "version", version)
    monkeypatch.setattr(health, "_requirements", lambda: [Requirement(line) for line in wanted])
    alone(health.packages, health.extras)
    found = findings(capsys, 1)
    assert found["packages numpy"]["said"] == "2.0, expected >=99"
    assert found["packages nowhere"]["step"] == "pip install 'nowhere>=1'"
    assert found["extras cluster"]["state"] == "note"
    assert "seisgrad[cluster]" in found["extras cluster"]["step"]
    assert main(["doctor"]) == 1
    assert "2 broken, marked ✗" in capsys.readouterr().out


def test_threads_beyond_the_cores_are_noted(
    alone, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "9999")
    alone(health.threads)
    found = findings(capsys, 0)["threads OMP_NUM_THREADS"]
    assert found["state"] == "note"
    assert "unset OMP_NUM_THREADS" in found["step"]


def test_a_check_that_fails_is_a_finding(alone, capsys: pytest.CaptureFixture[str]) -> None:
    def gpu():
        raise OSError("libtorch.so: no such file")

    alone(gpu)
    assert "libtorch.so" in findings(capsys, 1)["gpu gpu"]["said"]
