import re
from pathlib import Path

from parley_trainer.method import DEFAULTS

README = (Path(__file__).parents[1] / "README.md").read_text()


def test_the_readme_has_every_setting_with_its_default() -> None:
    table = README.partition("## Method")[2].partition("##")[0]
    rows = dict(re.findall(r"^\| `(\w+)` +\| `?([^`| ]+)`? +\|", table, re.MULTILINE))
    shown = {name: str(value).lower() for name, value in DEFAULTS.items()}
    assert rows == shown
