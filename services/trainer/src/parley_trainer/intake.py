"""From the lines of a dataset to examples, with a count of all that is dropped on the way."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable

from .dataset import Malformed, Row
from .errors import NothingLearnedError
from .examples import Dropped, Encoded, Example


class Intake:
    """The rows that can be trained on. Of each reason the first dropped row is named on standard error."""

    def __init__(self, lines: Iterable[Row | Malformed]) -> None:
        """Drops what is malformed or has nothing to learn; NothingLearnedError when no row is left."""
        self.read = 0
        self.dropped: Counter[str] = Counter()
        self.rows: list[Row] = []
        for line in lines:
            self.read += 1
            if isinstance(line, Malformed):
                self._drop(line.line, Dropped("malformed", line.why))
            elif not line.learned_turns():
                self._drop(line.line, Dropped("nothing-to-learn", "no assistant turn takes loss"))
            else:
                self.rows.append(line)
        self._refuse_nothing()

    def encode(self, encode: Callable[[Row], Encoded]) -> list[Example]:
        """The examples of all rows that can be encoded; NothingLearnedError when there is none."""
        examples: list[Example] = []
        kept: list[Row] = []
        for row in self.rows:
            encoded = encode(row)
            if isinstance(encoded, Dropped):
                self._drop(row.line, encoded)
            else:
                kept.append(row)
                examples += encoded
        self.rows = kept
        self._refuse_nothing()
        return examples

    def _drop(self, line: int, dropped: Dropped) -> None:
        if dropped.reason not in self.dropped:
            print(f"dropped line {line}, {dropped.reason}: {dropped.detail}", file=sys.stderr)
        self.dropped[dropped.reason] += 1

    def _refuse_nothing(self) -> None:
        if not self.rows:
            reasons = ", ".join(f"{count} {reason}" for reason, count in self.dropped.items())
            why = f" (dropped: {reasons})" if reasons else ""
            raise NothingLearnedError(f"no row of {self.read} can be trained on{why}")
