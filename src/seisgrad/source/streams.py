"""Random numbers by name: what is drawn for one purpose does not depend on what is drawn for another."""

import zlib

import numpy as np


class Streams:
    """Generators for as many purposes as there are names, from four words (128 bits) of one generator.

    Args:
        generator: moves on by four words.
    """

    def __init__(self, generator: np.random.Generator) -> None:
        self._words = [int(word) for word in generator.integers(2**32, size=4)]

    def __call__(self, name: str) -> np.random.Generator:
        """The generator of this name; called again, it begins anew."""
        return np.random.default_rng([*self._words, zlib.crc32(name.encode())])
