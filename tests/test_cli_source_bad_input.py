"""``seisgrad source invert`` and wrong folders: one sentence that says what to do, or an answer with its doubts."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from obspy import Stream, read, read_inventory
from source_event_toys import LONGITUDE, TIME, earthquake

from seisgrad.cli import main

PLACES = [(36.5, -118.1), (36.2, -117.3), (35.4, -117.6), (35.3, -118.5), (36.1, -118.8)]
Spoil = Callable[[Path], None]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    earthquake(folder, PLACES)
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "event")
    return tmp_path


def run(folder: Path, *words: str) -> int:
    known = ["--model", "gil7", "--depths", "8", *words]
    return main(["source", "invert", str(folder / "event"), *known, "--out", str(folder / "out")])


def origin(**changes: object) -> Spoil:
    def spoil(folder: Path) -> None:
        file = folder / "origin.json"
        entries = {**json.loads(file.read_text()), **changes}
        file.write_text(json.dumps({key: value for key, value in entries.items() if value is not None}))

    return spoil


def picks(*lines: str) -> Spoil:
    return lambda folder: (folder / "picks.csv").write_text(
        "\n".join(("network,station,phase,time", *lines, ""))
    )


def records(change: Callable[[np.ndarray], np.ndarray]) -> Spoil:
    def spoil(folder: Path) -> None:
        for file in folder.glob("*.mseed"):
            stream = read(str(file))
            for trace in stream:
                trace.data = change(trace.data.copy())
            stream.write(str(file), format="MSEED")

    return spoil


def only(channels: str) -> Spoil:
    def spoil(folder: Path) -> None:
        for file in folder.glob("*.mseed"):
            Stream([trace for trace in read(str(file)) if trace.stats.channel[-1] in channels]).write(
                str(file), format="MSEED"
            )

    return spoil


def without_responses(folder: Path) -> None:
    for file in folder.glob("*.xml"):
        inventory = read_inventory(str(file))
        for channel in inventory[0][0]:
            channel.response = None
        inventory.write(str(file), format="STATIONXML")


def without(pattern: str) -> Spoil:
    def spoil(folder: Path) -> None:
        for file in folder.glob(pattern):
            file.unlink()

    return spoil


def hole(samples: np.ndarray) -> np.ndarray:
    samples[1100:1500] = np.nan
    return samples


NO_ANSWER = {
    "no response": (without_responses, "response is missing"),
    "no StationXML": (without("*.xml"), "holds no StationXML"),
    "no records": (without("*.mseed"), "holds no records"),
    "one station": (without("S0[1-9].*"), "1 stations can be used"),
    "all clipped": (records(lambda x: x.clip(-0.05 * abs(x).max(), 0.05 * abs(x).max())), "clipped"),
    "all dead": (records(lambda x: 0 * x + 7), "dead channel"),
    "NaN": (records(hole), "not finite numbers"),
    "NaN throughout": (records(lambda x: x * np.nan), "not finite numbers"),
    "a minute late": (origin(time=str(TIME + 60)), "check the time and the place of the origin"),
    "a minute early": (origin(time=str(TIME - 60)), "check the time and the place of the origin"),
    "another day": (origin(time=str(TIME + 86400)), "check the time and the place of the origin"),
    "longitude without its sign": (origin(longitude=-LONGITUDE), "latitude and longitude and their signs"),
    "metres": (origin(depth=8000), "is it in metres?"),
    "words": (origin(latitude="north"), "latitude is 'north', expected a number"),
    "NaN as latitude": (origin(latitude=float("nan")), "latitude is nan"),
    "no depth": (origin(depth=None), "has no depth"),
    "noon": (origin(time="noon"), "the origin time is 'noon'"),
    "no origin": (without("origin.json"), "neither event.xml nor origin.json"),
    "S before P": (
        picks(f"XX,S00,P,{TIME + 20}", f"XX,S00,S,{TIME + 10}"),
        "P picked ({folder}/event/picks.csv, line 2) at 20.0 s and S picked ({folder}/event/picks.csv, line 3)",
    ),
    "PP": (picks(f"XX,S00,PP,{TIME + 10}"), "picks.csv, line 2: the phase is 'PP', expected P or S"),
    "a pick of words": (picks("XX,S00,P,soon"), "picks.csv, line 2: the time is 'soon'"),
}


@pytest.mark.parametrize(("spoil", "told"), NO_ANSWER.values(), ids=NO_ANSWER)
def test_no_answer(folder: Path, spoil: Spoil, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    spoil(folder / "event")
    assert run(folder) == 2
    said = capsys.readouterr().err
    assert told.format(folder=folder) in said
    assert "Traceback" not in said
    assert not (folder / "out").exists()


DOUBTFUL = {
    "horizontals only": (only("NE"), "it rests on horizontals alone"),
    "verticals only": (only("Z"), "it rests on verticals alone"),
    "three stations": (without("S0[34].*"), "it rests on 3 stations"),
}


@pytest.mark.parametrize(("spoil", "told"), DOUBTFUL.values(), ids=DOUBTFUL)
def test_an_answer_with_its_doubts(
    folder: Path, spoil: Spoil, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(folder / "event")
    assert run(folder, "--json") == 0
    doubts = json.loads(capsys.readouterr().out)["doubts"]
    assert any(told in doubt for doubt in doubts), doubts


def test_numbers_in_quotes_are_numbers(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    origin(latitude="36.0", longitude="-118.0")(folder / "event")
    quoted = ",".join(f'"{word}"' for word in ("XX", "S00", "P", TIME + 10))
    picks(quoted)(folder / "event")
    assert run(folder, "--json") == 0
    assert json.loads(capsys.readouterr().out)["mw"] == pytest.approx(4.5, abs=0.05)


WORDS = {
    "band": (["--band", "0.1,0.05"], "--band 0.1,0.05: the band is 0.1 to 0.05 Hz, expected two rising"),
    "shift": (["--shift", "60"], "--shift 60: the longest shift is 60 s, expected"),
    "depths": (["--depths", "0.1"], "--depths 0.1: a depth to try is 0.1 km, expected 0.5 to 700 km"),
    "model": (["--model", "gil8"], "did you mean gil7?"),
    "seed": (["--seed", "-1"], "--seed is -1, expected a whole number of at least 0"),
}


@pytest.mark.parametrize(("words", "told"), WORDS.values(), ids=WORDS)
def test_the_option_is_named(
    folder: Path, words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, *words) == 2
    assert told in capsys.readouterr().err
    assert not (folder / "out").exists()
