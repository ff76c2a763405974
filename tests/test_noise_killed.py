"""``seisgrad noise correlate`` killed in the middle and given again: the result is that of a run that nobody killed,
and nothing else is left."""

import os
import subprocess
import sys
import time
from pathlib import Path

from noise_toys import days_of_noise, inventory

from seisgrad.cli import main


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_killed_after_the_first_day_it_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    records, where = days_of_noise(tmp_path / "records", stations=4, days=6)
    inventory(where).write(str(tmp_path / "stations.xml"), format="STATIONXML")
    asked = ["noise", "correlate", str(records), "--stations", str(tmp_path / "stations.xml")]
    asked += [
        "--band",
        "0.05,0.12",
        "--no-response",
        "--bootstrap",
        "2",
        "--memory",
        "1e-6",
        "--quiet",
        "--out",
    ]
    (tmp_path / "killed").mkdir()
    (tmp_path / "whole").mkdir()
    killed, days = tmp_path / "killed" / "cc.zarr", tmp_path / "killed" / "cc.days.zarr"

    command = [
        sys.executable,
        "-c",
        "import sys; from seisgrad.cli import main; sys.exit(main(sys.argv[1:]))",
    ]
    work = subprocess.Popen(
        [*command, *asked, str(killed)], env={**os.environ, "OMP_NUM_THREADS": "1"}, stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 60.0
    while not list(days.glob("2020-*")):
        assert work.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.001)
    work.kill()
    work.wait()
    assert 1 <= len(list(days.glob("2020-*"))) < 6, "killed too late to be in the middle"
    assert not killed.exists()
    # what a kill at the beginning and at the end would leave
    for torn in (".seisgrad-cc.days.zarr-torn", ".seisgrad-cc.zarr-torn"):
        (tmp_path / "killed" / torn / "cc.zarr").mkdir(parents=True)

    assert main([*asked, str(killed)]) == 0
    assert main([*asked, str(tmp_path / "whole" / "cc.zarr")]) == 0
    assert {path.name for path in killed.parent.iterdir()} == {"cc.zarr", "cc.days.zarr", "cc.rejected.csv"}
    assert contents(killed.parent) == contents(tmp_path / "whole")
