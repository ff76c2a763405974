"""Which random numbers belong to which sample: train, validation and test can never share a draw."""

from typing import Literal, get_args

import numpy as np

from seisgrad.errors import InputError

Split = Literal["train", "validation", "test"]
"""Which part of a dataset: what is learned from, what decides during training, and what nobody has looked at."""

_CODE: dict[str, int] = {split: code for code, split in enumerate(get_args(Split))}
_WORD = 2**32


def generator(seed: int, split: Split, index: int, stream: int = 0) -> np.random.Generator:
    """The random generator of one sample.

    It is seeded by the four words (seed, split, index, stream), each of 32 bits, so that no two samples meet, whatever
    their seeds: the split is a word of its own.

    Args:
        seed: of the whole dataset, 0 to 2³² - 1.
        split: ``"train"``, ``"validation"`` or ``"test"``.
        index: of the sample within the split, from 0.
        stream: 0 for the draw of the sample itself; others for what is drawn beside it.

    Raises:
        InputError: an unknown split, or a number that does not fit into 32 bits.
    """
    if split not in _CODE:
        raise InputError(f"split is {split!r}, expected one of {', '.join(_CODE)}")
    for name, value in (("seed", seed), ("index", index), ("stream", stream)):
        # a longer one would take two words, and so be the same as another split's
        if not 0 <= value < _WORD:
            raise InputError(f"{name} is {value}, expected a whole number from 0 to {_WORD - 1}")
    return np.random.default_rng([seed, _CODE[split], index, stream])


def validation_number(number: int, fewest: int) -> int:
    """How many validation samples go with ``number`` training samples: a twentieth, and at least the fewest."""
    return max(fewest, number // 20)
