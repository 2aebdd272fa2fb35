"""Which targets of a run have not been looked at yet."""

from collections.abc import Iterator, Sequence


class Rest:
    """The numbers of a plan that are left; a byte for each number up to the highest, whatever the plan's size."""

    def __init__(self, numbers: Sequence[int]) -> None:
        self._numbers = numbers
        self._is_left = bytearray(1 + max(numbers, default=-1))
        for number in numbers:
            self._is_left[number] = 1

    def take(self, number: int) -> None:
        """It has been looked at, or will not be; once more, or a number that was not planned, is nothing."""
        if number in self:
            self._is_left[number] = 0

    def __contains__(self, number: int) -> bool:
        return number < len(self._is_left) and bool(self._is_left[number])

    def __iter__(self) -> Iterator[int]:
        return (number for number in self._numbers if self._is_left[number])
