"""The Helmholtz neural operator: the paper's size, grids, lines and places, and the operator around it."""

import json
import logging
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import elastic_toys as toys
import pytest
import torch
from operator_suite import OperatorSuite
from torch import Tensor

from seisgrad.elastic import Grid, Survey
from seisgrad.elastic.helmholtz import HelmholtzNet, HelmholtzSize, lagrange
from seisgrad.elastic.learning import HelmholtzTask
from seisgrad.elastic.surrogate import ElasticNet, card_of, load
from seisgrad.errors import InputError
from seisgrad.nn import weights
from seisgrad.operator import Operator

SIZE = HelmholtzSize(lift=3, width=4, modes_z=4, modes_x=6, hidden=5)
SURVEY = Survey(
    torch.tensor([3.1, 5.0], dtype=torch.float64),
    torch.tensor([1.0, 3.3, 7.9], dtype=torch.float64),
    torch.tensor([0.3, 0.4], dtype=torch.float64),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights that have seen a dataset's scales and range and nothing else of it."""
    path = tmp_path_factory.mktemp("helmholtz")
    task = HelmholtzTask(toys.samples(), SIZE)
    weights.save(path, task.network, task.description())
    return path


def net(folder: Path, survey: Survey = SURVEY, grid: Grid = toys.GRID, **words) -> ElasticNet:
    return load(folder, grid, survey, dtype=torch.float64, **words)


class TestElasticNet(OperatorSuite):
    tolerance = 1e-9

    @pytest.fixture(autouse=True)
    def _weights(self, folder: Path) -> None:
        self.folder = folder

    def operator(self) -> Operator:
        survey = Survey(SURVEY.sources[:1], SURVEY.receivers[:2], SURVEY.frequencies[:1])
        return net(self.folder, survey, Grid((7, 8), 0.6), outside="allow")

    def point(self, generator: torch.Generator) -> Tensor:
        noise = torch.randn(3, 7, 8, generator=generator, dtype=torch.float64)
        return toys.earths(1, Grid((7, 8), 0.6))[0].double() * (1.0 + 0.02 * noise)


def test_the_default_has_the_weights_of_the_paper() -> None:
    with torch.device("meta"):
        paper = HelmholtzNet(HelmholtzSize(), Grid((128, 256), 0.3165))
    assert sum(p.numel() for p in paper.parameters()) == pytest.approx(727e6, rel=2e-3)
    down, up = ([tuple(layer.spectral.modes) for layer in part] for part in (paper.core.down, paper.core.up))
    assert down == [(48, 96), (32, 64), (16, 32), (8, 16)]
    assert up == down[::-1]


def test_the_ends_of_the_line_are_told_apart() -> None:
    """In an earth that is the same everywhere the paper's positional code makes both ends alike; this one does not."""
    torch.manual_seed(1)
    network = HelmholtzNet(SIZE, toys.GRID).double()
    earth = torch.ones(1, 3, *toys.GRID.shape, dtype=torch.float64)
    middle, pitch = torch.tensor([0.5 * toys.GRID.extent[1]]).double(), torch.tensor([0.4]).double()
    motion = network(earth, middle, pitch)
    assert (motion - motion.flip(-1)).abs().max() > 1e-3 * motion.abs().max()


def test_nothing_is_tied_to_a_number_of_nodes() -> None:
    torch.manual_seed(1)
    network = HelmholtzNet(SIZE, toys.GRID).double()
    earth, fine = (toys.earths(1, grid).double() for grid in (toys.GRID, toys.GRID.finer(4)))
    source, pitch = torch.tensor([4.2]).double(), torch.tensor([0.4]).double()
    coarse, dense = network(earth, source, pitch), network(fine, source, pitch)
    assert dense.shape == (1, 2, 4 * 23 + 1)
    assert (dense[..., ::4] - coarse).norm() < 0.2 * coarse.norm()


def test_places_between_nodes_are_read_by_polynomials() -> None:
    places = torch.tensor([0.0, 0.35, 0.61, 4.37, 8.05], dtype=torch.float64)
    read, x = lagrange(places, toys.GRID), toys.GRID.x
    assert torch.allclose(read.sum(1), torch.ones(5).double())
    assert torch.allclose(read @ x**5, places**5)
    wave = torch.cos(2 * math.pi * x / 3.5)
    assert (read @ wave - torch.cos(2 * math.pi * places / 3.5)).abs().max() < 2e-3


def test_a_shorter_line_is_the_same_earth_continued(folder: Path) -> None:
    """The net of 24 nodes asked on 18 of them answers as on all 24 whose outer ones repeat the edge."""
    short = Grid((12, 18), toys.GRID.spacing)
    start = 3 * toys.GRID.spacing
    earth = toys.earths(1, short)[0].double()
    survey = replace(SURVEY, receivers=SURVEY.receivers[:2])
    moved = replace(survey, sources=survey.sources + start, receivers=survey.receivers + start)
    whole = torch.nn.functional.pad(earth, (3, 3), mode="replicate")
    there, here = (
        net(folder, moved, outside="allow")(whole),
        net(folder, survey, short, outside="allow")(earth),
    )
    assert (there - here).abs().max() < 1e-6 * there.abs().max()


def test_a_selection_is_part_of_the_whole_and_displacement_the_integral_of_velocity(folder: Path) -> None:
    earth = toys.earths(1)[0].double()
    op = net(folder)
    velocity = torch.view_as_complex(op(earth))
    assert torch.allclose(torch.view_as_complex(op.select([1], [0])(earth)), velocity[1:, :1], rtol=1e-10)
    still = torch.view_as_complex(net(folder, replace(SURVEY, quantity="displacement"))(earth))
    turn = 2j * math.pi * SURVEY.frequencies[:, None, None]
    assert torch.allclose(turn * still, velocity, rtol=1e-10)


class TestRefusals:
    """What the twin cannot honour, and what it has not learned."""

    def refused(self, words: str, what: Callable[[], object]) -> None:
        with pytest.raises(InputError, match=words):
            what()

    def test_surveys_and_grids(self, folder: Path) -> None:
        self.refused("has horizontal forces", lambda: net(folder, replace(SURVEY, force="horizontal")))
        high = replace(SURVEY, frequencies=torch.tensor([0.3, 0.6]))
        self.refused("0.6 Hz is out of the band of training, 0.3 to 0.45 Hz", lambda: net(folder, high))
        net(folder, high, outside="allow")
        self.refused(
            "8.4 km long, expected at most the 8.05 km", lambda: net(folder, grid=Grid((12, 25), 0.35))
        )
        self.refused(
            "4.2 km deep, expected at most the 3.85 km", lambda: net(folder, grid=Grid((13, 24), 0.35))
        )
        self.refused("source 2 lies at", lambda: net(folder, grid=Grid((12, 10), 0.35)))

    def test_what_is_no_earth(self, folder: Path) -> None:
        op, earth = net(folder, outside="allow"), toys.earths(2).double()
        for parameter, value, words in (
            (1, 0.0, r"vs at node z 1, x 2 is 0 km/s, expected a positive"),
            (0, 1.0, r"vp at node z 1, x 2 is 1 km/s, expected more than 1.155 vs"),
            (2, math.nan, r"rho at node z 1, x 2 is nan"),
        ):
            broken = earth.clone()
            broken[1, parameter, 1, 2] = value
            self.refused(words, lambda x=broken: op(x))

    def test_earths_outside_the_ensemble(self, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
        earth = toys.earths(1)[0].double()
        few = earth.clone()
        few[:2, 5, 7] *= 1.6  # one node in 288
        net(folder)(few)
        strange = earth.clone()
        strange[:2, 5:8] *= 1.6
        words = r"of the nodes hold a v[ps] that the training has not held at their depth"
        self.refused(words, lambda: net(folder)(strange))
        with caplog.at_level(logging.WARNING, "seisgrad"):
            assert net(folder, outside="warn")(strange).isfinite().all()
        assert "outside what it has learned" in caplog.text
        assert net(folder, outside="allow")(strange).isfinite().all()

    def test_names_and_cards(self, folder: Path, tmp_path: Path) -> None:
        self.refused("no surrogate 'nobody'", lambda: net("nobody"))  # type: ignore[arg-type]
        self.refused("earth is on meta", lambda: net(folder)(toys.earths(1)[0].to("meta")))
        for file in folder.iterdir():
            (tmp_path / file.name).write_bytes(file.read_bytes())
        card = card_of(folder)
        for change, words in (
            ({"system": "acoustic"}, "of system 'acoustic', expected .*'helmholtz' of 'elastic'"),
            ({"network": "oracle"}, "network 'oracle'"),
            ({"arguments": card["arguments"] | {"width": 5}}, "do not fit HelmholtzNet"),
        ):
            (tmp_path / "card.json").write_text(json.dumps(card | change))
            self.refused(words, lambda: net(tmp_path))
