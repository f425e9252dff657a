"""Arguments of the command line become an ordered list of letters, each once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from imr_nlp.reading.inputs import Inputs, expand
from imr_nlp.reading.problems import Problem


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touch(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("x", encoding="utf-8")


def problems(inputs: Inputs) -> list[tuple[str, str]]:
    return [(item.subject, item.code) for item in inputs.items if isinstance(item, Problem)]


def test_a_folder_is_read_recursively_in_the_order_of_names(here: Path) -> None:
    touch("in/b.txt", "in/a/z.PDF", "in/c.md", "in/a/notes.doc", "in/.hidden.txt", "in/d.html", "in/e.htm")
    inputs = expand(["in"])
    assert inputs.items == ["in/a/z.PDF", "in/b.txt", "in/c.md", "in/d.html", "in/e.htm"]
    assert inputs.skipped == 2


def test_each_letter_is_taken_once_in_the_order_of_the_arguments(here: Path) -> None:
    touch("in/a.txt", "in/b.txt", "other/a.txt")
    inputs = expand(["in/b.txt", "in", "./in/a.txt", "other", str(here / "in" / "b.txt"), "-", "-"])
    assert inputs.items == ["in/b.txt", "in/a.txt", "other/a.txt", "-"]


def test_a_glob_that_the_shell_left_alone(here: Path) -> None:
    touch("in/a.txt", "in/deep/b.txt", "in/c.csv", "in/[odd].txt")
    assert expand(["in/**/*.txt"]).items == ["in/[odd].txt", "in/a.txt", "in/deep/b.txt"]
    assert expand(["in/[odd].txt"]).items == ["in/[odd].txt"]
    assert expand(["in/*"]).skipped == 1
    assert problems(expand(["in/*.html"])) == [("in/*.html", "not_found")]


def test_a_file_that_was_named_is_taken_whatever_its_kind(here: Path) -> None:
    touch("a.docx")
    assert expand(["a.docx"]).items == ["a.docx"]


def test_the_output_folder_inside_the_input_is_left_out(here: Path) -> None:
    touch("in/a.txt", "in/out/texts/0f.txt")
    assert expand(["in"], exclude=Path("in/out")).items == ["in/a.txt"]


def test_names_with_blanks_and_letters_of_any_alphabet(here: Path) -> None:
    touch("in put/Señor Ωmega 1.txt", "in put/二.txt")
    assert expand(["in put"]).items == ["in put/Señor Ωmega 1.txt", "in put/二.txt"]


def test_links_broken_looped_and_sound(here: Path) -> None:
    touch("in/a.txt", "elsewhere/b.txt")
    Path("in/broken.txt").symlink_to("nowhere.txt")
    Path("in/loop.txt").symlink_to("loop.txt")
    Path("in/up").symlink_to("..", target_is_directory=True)
    Path("in/again.txt").symlink_to("a.txt")
    inputs = expand(["in"])
    assert problems(inputs) == [
        ("in/broken.txt", "broken_link"),
        ("in/loop.txt", "link_loop"),
        ("in/up/in", "link_loop"),
    ]
    assert [item for item in inputs.items if isinstance(item, str)] == ["in/a.txt", "in/up/elsewhere/b.txt"]


def test_a_tree_deeper_than_the_stack_of_python(here: Path) -> None:
    folder = Path("d")
    for _ in range(1200):
        folder.mkdir()
        os.chdir(folder)
    Path("a.txt").write_text("x", encoding="utf-8")
    os.chdir(here)
    found = expand(["d"]).items
    os.chdir(Path(str(found[0])).parent)
    Path("a.txt").unlink()
    for _ in range(1200):  # shutil.rmtree, which pytest cleans up with, would need the stack too
        os.chdir("..")
        Path("d").rmdir()
    assert len(found) == 1


@pytest.fixture
def nobody() -> Iterator[None]:
    """Root may open everything: go on as a user who may not."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    yield
    os.seteuid(0)


def test_a_folder_and_a_file_without_permission(here: Path, request: pytest.FixtureRequest) -> None:
    touch("in/a.txt", "in/locked/b.txt", "in/secret.txt")
    here.chmod(0o755)
    Path("in/locked").chmod(0)
    Path("in/secret.txt").chmod(0)
    try:
        request.getfixturevalue("nobody")
        inputs = expand(["in"])
        assert problems(inputs) == [("in/locked", "permission")]
        from imr_nlp.reading.problems import ReadError
        from imr_nlp.reading.source import read

        with pytest.raises(ReadError, match="no permission"):
            read("in/secret.txt")
    finally:
        if os.getuid() == 0:
            os.seteuid(0)
        Path("in/locked").chmod(0o755)
