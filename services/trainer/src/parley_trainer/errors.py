"""What a training can fail with; each class has an exit code of its own in `cli`."""


class JobError(Exception):
    """Input that cannot be trained on; the message says what is wrong, where, and what would be right."""


class TrainingError(Exception):
    """A training that was under way and failed."""


class NothingLearnedError(TrainingError):
    """A training that ended without having learned anything."""

    def __init__(self, why: str) -> None:
        """Takes the reason alone."""
        super().__init__(f"nothing learned: {why}")


def one_line(error: BaseException, longest: int = 500) -> str:
    """What a library's error says, without line breaks, and cut where it is long."""
    text = " ".join(str(error).split())
    return text if len(text) <= longest else f"{text[:longest]}…"
