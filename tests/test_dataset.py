"""The dataset room: seeds that never meet, a store that survives being killed anywhere, and what it refuses."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from dataset_toys import ToyRecipe

from seisgrad.dataset import generator, open_dataset, simulate
from seisgrad.errors import InputError

SPLITS = ("train", "validation", "test")


def contents(path: Path) -> dict[str, bytes]:
    """Every file of a store, by its place."""
    return {str(p.relative_to(path)): p.read_bytes() for p in sorted(path.rglob("*")) if p.is_file()}


@pytest.fixture
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def inline(work, tasks, workers):
        yield from map(work, tasks)

    monkeypatch.setattr("seisgrad.dataset.simulation.on_this_machine", inline)


class TestSeeds:
    def test_no_two_samples_share_a_draw(self) -> None:
        """Over splits, and over seeds and indices whose words, one after the other, would be the same."""
        numbers = (0, 1, 2, 3, 2**32 - 1)
        drawn = {
            generator(seed, split, index, stream).integers(2**63)
            for split in SPLITS
            for seed in numbers
            for index in numbers
            for stream in (0, 1)
        }
        assert len(drawn) == len(SPLITS) * len(numbers) ** 2 * 2

    @pytest.mark.parametrize(("seed", "index"), [(2**32, 0), (-1, 0), (0, 2**32), (0, -1)])
    def test_a_word_that_does_not_fit_is_refused(self, seed: int, index: int) -> None:
        """Two words for one number would be another split's seed: [0, 1, 0] is 2³² in train and 0 in validation."""
        with pytest.raises(InputError, match="expected a whole number from 0 to 4294967295"):
            generator(seed, "train", index)


@pytest.mark.usefixtures("_in_this_process")
class TestStore:
    def test_it_holds_what_the_recipe_makes(self, tmp_path: Path) -> None:
        recipe = ToyRecipe(3)
        told: list[tuple[int, int, int]] = []
        manifest = simulate(
            recipe, 50, tmp_path / "d.zarr", shard=16, progress=lambda *counts: told.append(counts)
        )
        rejected = {}
        for split, number in (("train", 50), ("validation", 64)):
            data = open_dataset(tmp_path / "d.zarr", split)
            arrays, counts = recipe.make(split, 0, number)
            assert len(data) == number
            assert data.fields == recipe.fields()
            for name, values in arrays.items():
                assert data[name].dtype == values.dtype
                assert np.array_equal(data[name][:], values)
            rejected[split] = counts
        assert manifest.rejected == open_dataset(tmp_path / "d.zarr", "train").manifest.rejected == rejected
        assert sum(rejected["train"].values()) > 0
        assert manifest.settings == {"seed": 3}
        assert {"seisgrad", "python", "numpy", "torch", "zarr"} == set(manifest.versions)
        assert told[0] == (0, 0, 114)
        assert told[-1] == (0, 114, 114)

    def test_xarray_knows_dimensions_units_and_coordinates(self, tmp_path: Path) -> None:
        simulate(ToyRecipe(3), 20, tmp_path / "d.zarr", shard=16)
        data = open_dataset(tmp_path / "d.zarr", "train").as_xarray()
        assert data["draw"].dims == ("sample", "place")
        assert data["draw"].attrs["units"] == "km"
        assert data["place"].values.tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]
        assert data["word"].values.tolist() == ["sum"]
        assert (
            float(data["draw"].sel(place=1.5)[4]) == open_dataset(tmp_path / "d.zarr", "train")["draw"][4, 3]
        )

    @pytest.mark.parametrize("grow", [False, True], ids=["new", "grown"])
    @pytest.mark.parametrize("when", ["before", "after"])
    def test_killed_at_any_write_it_ends_as_if_nothing_had_been(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str, grow: bool
    ) -> None:
        """Every file is put in place by one rename; the work dies before or after each of them in turn."""

        class Killed(BaseException):
            pass

        recipe, replace, small = ToyRecipe(5), os.replace, tmp_path / "small.zarr"
        simulate(recipe, 10, small, shard=40)

        def work(name: str, fatal: int | None) -> list[Path]:
            """What the work put in place until it was done, or died at its rename of number ``fatal``."""
            path, placed = tmp_path / name, []
            if grow and not path.exists():
                shutil.copytree(small, path)

            def mortal(source, target) -> None:
                now = len(placed) == fatal
                if now and when == "before":
                    raise Killed
                replace(source, target)
                placed.append(Path(target))
                if now:
                    raise Killed

            with monkeypatch.context() as patch:
                patch.setattr(os, "replace", mortal)
                simulate(recipe, 45, path, shard=40)
            return placed

        placed = work("undisturbed.zarr", None)
        expected = contents(tmp_path / "undisturbed.zarr")
        before = contents(small) if grow else {}
        new = {
            tmp_path / "undisturbed.zarr" / name for name in expected if expected[name] != before.get(name)
        }
        assert new <= set(placed)  # no file is written in its place, where a kill would leave half of it
        for fatal in range(len(placed)):
            with pytest.raises(Killed):
                work(f"{fatal}.zarr", fatal)
            work(f"{fatal}.zarr", None)
            assert contents(tmp_path / f"{fatal}.zarr") == expected

    def test_an_unfinished_one_says_how_far_it_is(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def three(work, tasks, workers):
            yield from map(work, tasks[:3])
            raise KeyboardInterrupt

        monkeypatch.setattr("seisgrad.dataset.simulation.on_this_machine", three)
        with pytest.raises(KeyboardInterrupt):
            simulate(ToyRecipe(3), 64, tmp_path / "d.zarr", shard=16)
        with pytest.raises(
            InputError, match=r"not complete, 3 of 8 shards are there; the command .* resumes"
        ):
            open_dataset(tmp_path / "d.zarr", "train")

    def test_other_settings_are_refused_by_name(self, tmp_path: Path) -> None:
        simulate(ToyRecipe(3), 20, tmp_path / "d.zarr", shard=16)
        before = contents(tmp_path / "d.zarr")
        with pytest.raises(InputError, match="made with seed 3 and not 4"):
            simulate(ToyRecipe(4), 20, tmp_path / "d.zarr", shard=16)
        with pytest.raises(InputError, match="made with shard 16 and not 32"):
            simulate(ToyRecipe(3), 20, tmp_path / "d.zarr", shard=32)
        with pytest.raises(InputError, match="holds 20 samples, expected a number of at least that, not 19"):
            simulate(ToyRecipe(3), 19, tmp_path / "d.zarr", shard=16)
        assert contents(tmp_path / "d.zarr") == before

    def test_what_is_no_dataset_is_refused_and_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "d").mkdir()
        (tmp_path / "d" / "mine").write_text("mine")
        (tmp_path / "zarr.json").write_text(json.dumps({"zarr_format": 3, "node_type": "group"}))
        for path in (tmp_path / "d", tmp_path / "d" / "mine", tmp_path):
            with pytest.raises(InputError, match="is no dataset of seisgrad"):
                simulate(ToyRecipe(3), 20, path)
        assert (tmp_path / "d" / "mine").read_text() == "mine"

    def test_what_cannot_be_opened_or_made_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="there is no dataset"):
            open_dataset(tmp_path / "none.zarr", "train")
        for name in ("number", "shard", "workers"):
            with pytest.raises(InputError, match=f"{name} is 0, expected at least 1"):
                simulate(ToyRecipe(3), **{"number": 5, "path": tmp_path / "d.zarr"} | {name: 0})
        (tmp_path / "empty").mkdir()
        simulate(ToyRecipe(3), 5, tmp_path / "empty")
        with pytest.raises(InputError, match="no split 'test', expected one of train, validation"):
            open_dataset(tmp_path / "empty", "test")
        with pytest.raises(InputError, match="no field 'cube', expected one of draw, square"):
            open_dataset(tmp_path / "empty", "train")["cube"]
