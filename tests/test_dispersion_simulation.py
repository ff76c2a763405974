"""The dispersion dataset: earth, curve and rows of a sample belong together, and masks leave what they promise."""

import pickle

import numpy as np
import pytest
import torch

import seisgrad as sg
from seisgrad.dispersion.masking import partial_mask
from seisgrad.dispersion.simulation import BRANCHES, DispersionRecipe
from seisgrad.dispersion.survey import Branch
from seisgrad.errors import InputError

COARSE = tuple(np.linspace(0.0, 120.0, 25))
PERIODS = (4.0, 10.0, 25.0, 50.0)


def recipe(**changes: object) -> DispersionRecipe:
    return DispersionRecipe(**{"prior": "weak", "seed": 4, "periods": PERIODS, "depth": COARSE, **changes})  # type: ignore[arg-type]


class TestDispersionRecipe:
    def test_shapes_and_types_are_as_stated(self) -> None:
        arrays, _ = recipe(rows=3).make("train", 0, 5)
        fields = recipe(rows=3).fields()
        assert arrays.keys() == fields.keys() == {"earth", "velocity", "row_branch", "row_period", "rows"}
        for name, field in fields.items():
            assert arrays[name].shape == (5, *field.space.shape)
            assert arrays[name].dtype == field.dtype
        assert (
            recipe(rows=0).fields().keys()
            == recipe(rows=0).make("train", 0, 2)[0].keys()
            == {"earth", "velocity"}
        )

    def test_velocity_and_rows_are_those_of_the_stored_earth(self) -> None:
        arrays, _ = recipe(rows=3).make("validation", 0, 6)
        earth = torch.from_numpy(arrays["earth"]).double()
        value, jacobian = sg.operator.linearise(recipe().physics, earth)
        # as float32 of the same double: rounding alone stands between them
        assert np.array_equal(arrays["velocity"], value.float().numpy(), equal_nan=True)
        sample = torch.arange(6)[:, None]
        branch, period = (
            torch.from_numpy(arrays[f"row_{name}"].astype(np.int64)) for name in ("branch", "period")
        )
        torch.testing.assert_close(
            torch.from_numpy(arrays["rows"]), jacobian[sample, branch, period].float(), atol=1e-7, rtol=1e-5
        )

    def test_without_rows_the_rest_is_the_same(self) -> None:
        with_rows, without = (recipe(rows=n).make("train", 0, 4)[0] for n in (8, 0))
        for name in ("earth", "velocity"):
            assert np.array_equal(with_rows[name], without[name], equal_nan=True)

    def test_a_sample_is_the_same_in_any_company(self) -> None:
        """Over the edge of a block, alone, and by a recipe that has been through a pickle."""
        together, all_rejected = recipe().make("train", 0, 40)
        parts = [
            pickle.loads(pickle.dumps(recipe())).make("train", *part) for part in ((0, 7), (7, 30), (37, 3))
        ]
        for name, values in together.items():
            assert np.array_equal(values, np.concatenate([part[name] for part, _ in parts]), equal_nan=True)
        assert sum((counts for _, counts in parts), type(all_rejected)()) == all_rejected

    def test_splits_differ(self) -> None:
        train, validation = (recipe().make(split, 0, 2)[0]["earth"] for split in ("train", "validation"))
        assert not np.isclose(train, validation).all(axis=(1, 2)).any()

    def test_rows_repeat_nothing_and_cover_everything(self) -> None:
        arrays, _ = recipe(rows=4).make("train", 0, 60)
        pairs = arrays["row_branch"].astype(int) * len(PERIODS) + arrays["row_period"]
        assert all(len(set(row)) == 4 for row in pairs)
        assert np.bincount(pairs.ravel(), minlength=8).min() > 15  # of 30 expected

    def test_values_that_do_not_exist_are_chosen_last(self) -> None:
        exists = np.array([[[True, False, True, False], [False] * 4]])
        branch, period = recipe(rows=4)._chosen(exists, "train", 0)
        assert set(zip(branch[0, :2].tolist(), period[0, :2].tolist(), strict=True)) == {(0, 0), (0, 2)}
        assert not exists[0, branch[0, 2:], period[0, 2:]].any()

    def test_the_shallow_ensemble_has_short_periods(self) -> None:
        shallow = DispersionRecipe("near_surface", 1)
        assert shallow.periods[0] == pytest.approx(0.02)
        assert shallow.periods[-1] == pytest.approx(0.5)
        assert len(shallow.depth) == 128
        assert DispersionRecipe("lvz", 1).periods == tuple(range(2, 61))

    def test_what_cannot_be_is_refused(self) -> None:
        with pytest.raises(InputError, match="rows is 9, expected 0 to 8"):
            recipe(rows=9)
        with pytest.raises(InputError, match="no prior 'weka'"):
            recipe(prior="weka")
        with pytest.raises(InputError, match="seed is -1"):
            recipe(seed=-1)


class TestPartialMask:
    def test_waves_go_missing_as_often_as_stated_and_never_both(self) -> None:
        present = partial_mask(4000, BRANCHES, 59, np.random.default_rng(1)).any(-1)
        assert present.any(-1).all()
        assert (~present).mean(0) == pytest.approx([0.4, 0.4], abs=0.03)

    def test_a_curve_keeps_one_band_with_up_to_three_holes(self) -> None:
        kept = partial_mask(3000, [Branch("love")], 100, np.random.default_rng(2))[:, 0]
        edges = np.diff(kept.astype(int), prepend=0, append=0, axis=-1)
        pieces = (edges == 1).sum(-1)
        assert pieces.min() == 1
        assert pieces.max() == 4
        first, last = kept.argmax(-1), 99 - kept[:, ::-1].argmax(-1)
        width = last - first + 1
        assert width.max() == 80
        # a hole at the very end of the band shortens it
        assert width.min() >= 20 * (1 - 3 * 0.2)
        assert (kept.sum(-1) >= 0.4 * width).all()
        assert np.quantile(width, [0.1, 0.5, 0.9]) == pytest.approx([25, 49, 73], abs=4)

    def test_all_branches_of_a_wave_go_together(self) -> None:
        branches = [Branch("rayleigh"), Branch("rayleigh", "group"), Branch("love")]
        present = partial_mask(500, branches, 10, np.random.default_rng(3)).any(-1)
        assert (present[:, 0] == present[:, 1]).all()
        assert (present[:, 0] != present[:, 2]).any()

    def test_the_generator_alone_decides(self) -> None:
        one, same, other = (partial_mask(20, BRANCHES, 59, np.random.default_rng(seed)) for seed in (5, 5, 6))
        assert (one == same).all()
        assert (one != other).any()

    def test_an_empty_survey_is_refused(self) -> None:
        with pytest.raises(InputError, match="0 branches and 5 periods"):
            partial_mask(1, [], 5, np.random.default_rng(0))
