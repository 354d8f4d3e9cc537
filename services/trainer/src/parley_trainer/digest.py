"""SHA-256 of files and folders, in hex."""

import hashlib
import os
from pathlib import Path


def file_digest(path: Path) -> str:
    """Digest of a file's bytes; OSError when it cannot be read."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_files(folder: Path) -> list[Path]:
    """Every regular file at any depth, sorted by the bytes of its path; OSError when there is no folder."""

    def refuse(error: OSError) -> None:
        raise error

    paths = [
        Path(directory, name) for directory, _, names in os.walk(folder, onerror=refuse) for name in names
    ]
    regular = [path for path in paths if path.is_file() and not path.is_symlink()]
    return sorted(regular, key=lambda path: path.relative_to(folder).as_posix().encode())


def folder_digest(folder: Path) -> str:
    """Digest over a line `<sha256 of file>  <relative path with />` for each of `folder_files`."""
    lines = hashlib.sha256()
    for path in folder_files(folder):
        lines.update(f"{file_digest(path)}  {path.relative_to(folder).as_posix()}\n".encode())
    return lines.hexdigest()
