"""What an output folder puts safely to disk, and what of somebody else's it leaves alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from imr_nlp.reading.inputs import expand
from imr_nlp.run.output_folder import OutputError, OutputFolder
from imr_nlp.run.protocol import Result
from imr_nlp.run.runner import run
from support.letters import folder_of_letters

pytestmark = pytest.mark.usefixtures("workers_are_forks")


def finished(out: Path, **texts: str) -> None:
    """Write a run that holds texts and no record."""
    with OutputFolder(out, store_text=True, overwrite=True) as output:
        output.add(Result(texts=list(texts.items())))
        output.finish({"run": None})


@pytest.mark.parametrize("former", [False, True])
def test_texts_are_on_the_disk_before_the_run_counts_as_complete(
    former: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, sync, replace = tmp_path / "out", os.fsync, Path.replace
    if former:
        finished(out, aaaa="old")
        (out / "texts" / "notes.md").write_text("mine", encoding="utf-8")
    order: list[str | tuple[int, int]] = []

    def fsync(descriptor: int) -> None:
        found = os.fstat(descriptor)
        order.append((found.st_dev, found.st_ino))
        sync(descriptor)

    def moved(self: Path, target: Path) -> Path:
        order.append(target.name)
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", moved)
    finished(out, aaaa="one", bbbb="two")
    before = order[: order.index("run.json")]
    for name in ("texts/aaaa.txt", "texts/bbbb.txt", "texts", "."):
        found = (out / name).stat()
        assert (found.st_dev, found.st_ino) in before, name
    assert (out / "texts" / "aaaa.txt").read_text(encoding="utf-8") == "one"


@pytest.mark.parametrize("name", ["letters.jsonl", "texts/notes.txt", ".manifest.json"])
def test_a_work_folder_that_no_run_made_is_left_alone(name: str, tmp_path: Path) -> None:
    mine = tmp_path / "out" / ".incomplete" / name
    mine.parent.mkdir(parents=True)
    mine.write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="not left by a run"):
        OutputFolder(tmp_path / "out", overwrite=True)
    assert mine.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", [".manifest.json", ".manifest.json.new", ".results.sqlite.own"])
@pytest.mark.parametrize("content", ["mine", '{"files": ["letters.jsonl"], "written_by": "another tool"}'])
def test_hidden_files_of_another_tool_are_left_alone(name: str, content: str, tmp_path: Path) -> None:
    letters, out = folder_of_letters(tmp_path / "in", 1), tmp_path / "out"
    run(expand([str(letters)]), out)
    (out / ".manifest.json").unlink()
    os.link(out / ".results.sqlite", tmp_path / "backup")  # the cache is copied then
    (out / name).write_text(content, encoding="utf-8")
    try:
        run(expand([str(letters)]), out, overwrite=True)
    except OutputError as error:
        assert "no run wrote" in str(error)
    assert (out / name).read_text(encoding="utf-8") == content


def test_a_manifest_of_another_tool_in_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / ".manifest.json").write_text('{"name": "photos"}', encoding="utf-8")
    with pytest.raises(OutputError, match="no run wrote"):
        OutputFolder(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [".manifest.json"]
