"""Which pairs of stations lie where: stations in blocks by their order, and the pairs of every two blocks in a row."""

from dataclasses import dataclass

Block = tuple[int, int]
"""Two blocks of stations, the first not after the second."""


@dataclass(frozen=True)
class Layout:
    """The pairs of stations that are numbered from 0 on.

    Attributes:
        stations: how many.
        block: how many of them are in a block.
    """

    stations: int
    block: int

    @property
    def groups(self) -> list[list[int]]:
        """The numbers of the stations of every block."""
        numbers = list(range(self.stations))
        return [numbers[first : first + self.block] for first in range(0, len(numbers), self.block)]

    def blocks(self) -> list[Block]:
        """Every two blocks that have a pair."""
        number = len(self.groups)
        every = [(i, j) for i in range(number) for j in range(i, number)]
        return [block for block in every if self.numbers(block)]

    def numbers(self, block: Block) -> list[tuple[int, int]]:
        """The stations of the pairs of two blocks, A before B."""
        groups = self.groups
        return [(i, j) for i in groups[block[0]] for j in groups[block[1]] if i < j]

    def place(self, i: int, j: int) -> tuple[Block, int]:
        """Where the pair of two stations is, ``i`` before ``j``: its blocks, and its place among their pairs."""
        (at_a, a), (at_b, b) = divmod(i, self.block), divmod(j, self.block)
        width = min(self.block, self.stations - at_b * self.block)
        before = a * width if at_a != at_b else a * width - a * (a + 3) // 2 - 1
        return (at_a, at_b), before + b
