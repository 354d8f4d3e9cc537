import ast
from pathlib import Path

import pytest

from tiny_lm import build
from tiny_lm.conversations import PROMPTS_FILE

PACKAGE = Path(build.__file__).parent


def imported_from(file: Path) -> set[Path]:
    """The files of the package that a file imports, itself included."""
    found = {file}
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tiny_lm."):
            imported = PACKAGE / f"{(node.module or '').removeprefix('tiny_lm.')}.py"
            found |= imported_from(imported)
    return found


def test_the_digest_covers_all_that_pretraining_reads() -> None:
    assert set(build.RECIPE) == {
        PROMPTS_FILE,
        PACKAGE / "__init__.py",
        *imported_from(PACKAGE / "pretrain.py"),
    }


def test_another_recipe_has_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = build.cache_folder()
    changed = tmp_path / "teacher.py"
    changed.write_text("changed")
    monkeypatch.setattr(build, "RECIPE", (*build.RECIPE, changed))
    assert folder.parent == tmp_path / "parley"
    assert folder.name.startswith("tiny-lm-")
    assert build.cache_folder() != folder


def test_a_model_is_made_once_and_never_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        assert list(folder.iterdir()) == []
        (folder / "weights").write_text("half")
        if len(made) == 1:
            raise KeyboardInterrupt
        (folder / "weights").write_text("whole")

    monkeypatch.setattr(build, "make", make)
    with pytest.raises(KeyboardInterrupt):
        build.build()
    assert not build.cache_folder().exists()
    assert (build.build() / "weights").read_text() == "whole"
    assert build.build() == build.cache_folder()
    assert len(made) == 2
