"""What commands beside ``run`` write: reports, models and files of options never take the place of the user's own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from imr_nlp.cli.errors import CommandError
from imr_nlp.cli.outputs import PAGE_MARK, require_no_input, write_output
from imr_nlp.config import ConfigError
from imr_nlp.report import site
from imr_nlp.report.dataset import ReportError
from imr_nlp.report.site import write as write_report
from imr_nlp.training.folders import require_model_folder, require_prepared_folder
from support.forked import imr_nlp_forked
from support.letters import LETTER, imr_nlp_here
from support.paths import ANNOTATIONS

FIGURES = json.dumps({"mean": 1, "pairs": []})


# --- files of options ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("own", ["notes", '{"name": "a", "entities": []}', "[1]", "[" * 100_000, "{}"])
def test_figures_do_not_replace_a_file_of_the_users(own: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text(own, encoding="utf-8")
    with pytest.raises(CommandError, match=r"--json .*mine.json: exists, and this command did not write it"):
        write_output("--json", path, FIGURES)
    assert path.read_text(encoding="utf-8") == own


def test_figures_replace_older_figures_and_empty_files(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    for before in (None, "", FIGURES, json.dumps({"mean": 2, "pairs": [], "more": 1})):
        if before is not None:
            path.write_text(before, encoding="utf-8")
        write_output("--json", path, FIGURES)
        assert path.read_text(encoding="utf-8") == FIGURES
    write_output("--json", Path("/dev/null"), FIGURES)


def test_pages_replace_pages_alone(tmp_path: Path) -> None:
    path, new = tmp_path / "page.html", f"<head>{PAGE_MARK.decode()}</head>"
    path.write_text("<p>mine</p>", encoding="utf-8")
    with pytest.raises(CommandError, match="did not write it"):
        write_output("--html", path, new)
    path.write_text(f"old {new}", encoding="utf-8")
    write_output("--html", path, new)
    assert path.read_text(encoding="utf-8") == new


def test_nothing_is_written_over_a_link(tmp_path: Path) -> None:
    victim, link = tmp_path / "victim.json", tmp_path / "link.json"
    for content in (FIGURES, ""):
        victim.write_text(content, encoding="utf-8")
        link.unlink(missing_ok=True)
        link.symlink_to(victim)
        with pytest.raises(CommandError, match="did not write it"):
            write_output("--json", link, FIGURES)
        with pytest.raises(CommandError, match="a link"):
            require_no_input("-o", link, [])
        assert victim.read_text(encoding="utf-8") == content
    victim.unlink()
    with pytest.raises(CommandError, match="leads nowhere"):
        require_no_input("-o", link, [])


def test_an_input_is_never_the_output(tmp_path: Path) -> None:
    letter, hard = tmp_path / "letter.txt", tmp_path / "hard.txt"
    letter.write_text(LETTER, encoding="utf-8")
    hard.hardlink_to(letter)
    for out in (letter, hard, tmp_path / "." / "letter.txt"):
        done = imr_nlp_here("show", letter, "-o", out, "-f", "json", "--overwrite")
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert "would be lost" in done.stderr
    assert letter.read_text(encoding="utf-8") == LETTER


@pytest.mark.stress
def test_the_gold_is_not_replaced_by_figures_about_it(tmp_path: Path) -> None:
    gold, other = tmp_path / "a", tmp_path / "b"
    for folder in (gold, other):
        shutil.copytree(ANNOTATIONS / "letters", folder / "letters")
        shutil.copy(ANNOTATIONS / "gold.jsonl", folder)
    before = (gold / "gold.jsonl").read_bytes()
    for option in ("--json", "--html"):
        done = imr_nlp_here("review", "agreement", gold, other, option, gold / "gold.jsonl")
        assert done.returncode == 2 and "did not write it" in done.stderr
        assert (gold / "gold.jsonl").read_bytes() == before
        for _ in range(2):
            done = imr_nlp_here("review", "agreement", gold, other, option, tmp_path / f"new{option}")
            assert done.returncode == 0, done.stderr


def test_a_file_of_the_users_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "mine.html").write_text("<p>mine</p>", encoding="utf-8")
    for command in (
        ("review", "agreement", "no-gold", "none", "--html", "mine.html"),
        ("review", "diff", "no-run", "no-gold", "--json", "mine.html"),
        ("evaluate", "no-gold", "--json", "mine.html"),
    ):  # fmt: skip
        done = imr_nlp_here(*command, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert "mine.html: exists, and this command did not write it; name another file" in done.stderr


def test_a_folder_that_is_input_and_output_is_called_that(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text(LETTER, encoding="utf-8")
    done = imr_nlp_here("run", tmp_path, "-o", tmp_path)
    assert (done.returncode, done.stderr) == (
        2, f"imr-nlp: {tmp_path} would be both input and output; name another folder with -o\n",
    )  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("show", "in"), "in is a folder; name letters in it, or read it with imr-nlp run in -o OUT"),
        (("show", "in/a.txt", "--rules", "in"), "--rules in: a folder; name a file of rules"),
        (("evaluate", "gold.jsonl", "--rules", "."), "--rules .: a folder; name a file of rules"),
        (("review", "export", "in", "-o", "x", "-f", "csv", "--rules", "/dev/null"), "--rules /dev/null: no file"),
        (("evaluate", "gold.jsonl"), "letters/a.txt: no such file; name the folder of the letters with --letters"),
    ],
)
def test_a_mistake_in_a_name_is_called_what_it_is(command: tuple[str, ...], says: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text(LETTER, encoding="utf-8")
    (tmp_path / "gold.jsonl").write_text('{"name": "a", "entities": [], "services": []}\n', encoding="utf-8")
    done = imr_nlp_here(*command, cwd=tmp_path)
    assert (done.returncode != 0, done.stderr.count("\n")) == (True, 1), done.stderr
    assert says in done.stderr


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (("review", "import", "a.txt", "-f", "csv", "-o", "a.txt"), "a.txt: a file; name a folder with -o"),
        (("review", "import", "a.txt", "-f", "csv", "-o", "a.txt/gold"), "a.txt: a file; name a folder with -o"),
        (("evaluate", "gone"), "gone: no such file; name a gold file, or a folder with gold.jsonl"),
        (("review", "diff", "gone", "gold.jsonl", "--letters", "."), "gone: no such file; name the folder of a run"),
        (("audit", "a.txt", "--rules", "gone.yml"), "gone.yml: no such file; check its name"),
        (("evaluate", "a.txt", "--negex"), "imr-nlp: a.txt: no column"),
        (("run", "a.txt", "-o", "out", "--workers", "x"), "'--workers': not a whole number. Try"),
        (("run", "a.txt", "-o", "out", "--timeout", "soon"), "'--timeout': not a number. Try"),
        (("run", "a.txt", "-o", "out", "--engine", "dask"), "'--engine': 'dask' is not one of 'local', 'spark'"),
        (("train", "themes", "-o", "out", "--annotations", "."), "gap_themes.tsv: no such file; it holds sentences"),
    ],
)
def test_a_message_says_what_is_wanted(command: tuple[str, ...], says: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(LETTER, encoding="utf-8")
    (tmp_path / "gold.jsonl").write_text('{"name": "a", "file": "a.txt", "entities": [], "services": []}\n')
    done = imr_nlp_here(*command, cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert says in done.stderr


def test_the_extra_that_serve_needs_is_in_its_help() -> None:
    assert "pip install 'imr-nlp[serve]'" in imr_nlp_here("serve", "--help").stdout


@pytest.mark.parametrize(
    "command",
    [
        ("report", "out", "-o", ""), ("report", "out", "--output="), ("review", "import", "x", "-f", "csv", "-o", ""),
        ("train", "roles", "-o", ""), ("run", "", "-o", "out"), ("show", ""),
    ],
)  # fmt: skip
def test_an_empty_name_is_not_the_current_folder(command: tuple[str, ...], tmp_path: Path) -> None:
    done = imr_nlp_here(*command, cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "names nothing" in done.stderr
    assert not list(tmp_path.iterdir())


# --- reports ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    (folder / "letter.txt").write_text(LETTER, encoding="utf-8")
    done = imr_nlp_forked("run", folder / "letter.txt", "-o", folder / "out", "--store-text")
    assert done.returncode == 0, done.stderr
    return folder / "out"


@pytest.mark.stress
def test_names_do_not_steer_the_terminal_of_reports_and_records(run: Path, tmp_path: Path) -> None:
    steering = "no\x1b]0;owned\x07\u202e"
    letter = tmp_path / f"{steering}.txt"
    letter.write_text(LETTER, encoding="utf-8")
    done = imr_nlp_forked("report", run, "-o", tmp_path / steering)
    shown = imr_nlp_forked("show", letter, "-f", "json")
    assert (done.returncode, shown.returncode) == (0, 0)
    assert not {"\x1b", "\x07", "\u202e"} & set(done.stderr + done.stdout + shown.stdout + shown.stderr)
    assert json.loads(shown.stdout)["source"]["path"] == str(letter)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_report_is_complete_although_its_message_is_lost(run: Path, tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        code = subprocess.run(
            [sys.executable, "-m", "imr_nlp", "report", run, "-o", tmp_path / "site"], stderr=full, check=False
        ).returncode
    assert code == 0
    assert (tmp_path / "site" / "report.json").exists()


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    folder = tmp_path / "victim"
    folder.mkdir()
    for name in ("index.html", "index.js", "mine.txt", "report.json"):
        (folder / name).write_text("mine", encoding="utf-8")
    return folder


def untouched(victim: Path) -> bool:
    return {path.name: path.read_text(encoding="utf-8") for path in victim.iterdir()} == dict.fromkeys(
        ("index.html", "index.js", "mine.txt", "report.json"), "mine"
    )


@pytest.mark.parametrize("name", [".incomplete", "data", "assets"])
@pytest.mark.parametrize("former", [False, True])
def test_a_report_follows_no_link(run: Path, name: str, former: bool, victim: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    if former:
        write_report(run, site)
        shutil.rmtree(site / name, ignore_errors=True)
    (site / name).symlink_to(victim)
    with pytest.raises(ReportError, match=r"link|holds no report"):
        write_report(run, site, overwrite=True)
    assert untouched(victim)
    assert (site / name).is_symlink()


@pytest.mark.parametrize("name", ["report.json", "index.html", "data/index.js"])
def test_a_report_replaces_no_file_through_a_link(run: Path, name: str, victim: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    write_report(run, site)
    (site / name).unlink()
    (site / name).symlink_to(victim / "index.js")
    with pytest.raises(ReportError, match=r"link|no report wrote it"):
        write_report(run, site, overwrite=True)
    assert untouched(victim)


def test_a_report_keeps_what_others_put_into_its_folders(run: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    for name in (".incomplete/mine.txt", ".incomplete/data/mine.txt", ".incomplete/index.html"):
        (site / name).parent.mkdir(parents=True)
        (site / name).write_text("mine", encoding="utf-8")
        with pytest.raises(ReportError, match="was not left by a report"):
            write_report(run, site, overwrite=True)
        assert (site / name).read_text(encoding="utf-8") == "mine"
        shutil.rmtree(site)
    (site / ".incomplete" / "data").mkdir(parents=True)
    (site / ".incomplete" / "made-by-imr-nlp").touch()
    (site / ".incomplete" / "data" / "index.js").write_text("left by a killed one", encoding="utf-8")
    write_report(run, site)
    (site / "assets" / "mine.txt").write_text("mine", encoding="utf-8")
    write_report(run, site, overwrite=True)
    assert (site / "assets" / "mine.txt").exists()
    assert not (site / ".incomplete").exists()


@pytest.mark.parametrize("files", [["index.html", "mine.txt"], ["../victim/mine.txt"], [5], "index.html", None])
@pytest.mark.parametrize("made_by", ["imr-nlp 1.0", "me", None])
def test_a_made_up_list_gives_no_right_to_files(
    run: Path, files: object, made_by: str | None, victim: Path, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "mine.txt").write_text("mine", encoding="utf-8")
    (site / "services.html").write_text("mine", encoding="utf-8")
    (site / "report.json").write_text(json.dumps({"made_by": made_by, "files": files}), encoding="utf-8")
    with pytest.raises(ReportError):
        write_report(run, site, overwrite=True)
    assert untouched(victim)
    assert {path.name for path in site.iterdir()} == {"mine.txt", "services.html", "report.json"}
    assert (site / "services.html").read_text(encoding="utf-8") == "mine"


# --- models ----------------------------------------------------------------------------------------------------------


def test_models_take_the_place_of_models_alone(tmp_path: Path) -> None:
    place = tmp_path / "roles" / "1.0"
    require_model_folder(place, "roles")
    place.mkdir(parents=True)
    require_model_folder(place, "roles")
    (place / "mine").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match="no model roles"):
        require_model_folder(place, "roles")
    for meta in ("{", "[]", '{"name": "themes"}', "[" * 100_000):
        (place / "meta.json").write_text(meta, encoding="utf-8")
        with pytest.raises(ConfigError, match="no model roles"):
            require_model_folder(place, "roles")
    (place / "meta.json").write_text('{"name": "roles"}', encoding="utf-8")
    require_model_folder(place, "roles")
    (place / "ner").symlink_to(tmp_path)
    with pytest.raises(ConfigError, match="is a link"):
        require_model_folder(place, "roles")


@pytest.mark.parametrize("link", ["roles", "roles/1.0"])
def test_models_are_not_written_through_a_link(link: str, victim: Path, tmp_path: Path) -> None:
    (tmp_path / link).parent.mkdir(exist_ok=True)
    (tmp_path / link).symlink_to(victim)
    with pytest.raises(ConfigError, match="is a link"):
        require_model_folder(tmp_path / "roles" / "1.0", "roles")


def test_training_data_take_no_other_files_place(tmp_path: Path) -> None:
    names = ("letters.spacy", "folds.json")
    (tmp_path / "other.txt").write_text("mine", encoding="utf-8")
    require_prepared_folder(tmp_path, names, "folds.json")
    (tmp_path / "letters.spacy").write_text("mine", encoding="utf-8")
    with pytest.raises(ConfigError, match="did not write it"):
        require_prepared_folder(tmp_path, names, "folds.json")
    (tmp_path / "folds.json").write_text('{"a": {"fold": 1}}', encoding="utf-8")
    require_prepared_folder(tmp_path, names, "folds.json")
    (tmp_path / "letters.spacy").unlink()
    (tmp_path / "letters.spacy").symlink_to("other.txt")
    with pytest.raises(ConfigError, match="is a link"):
        require_prepared_folder(tmp_path, names, "folds.json")


def test_training_refuses_a_folder_of_the_users(tmp_path: Path) -> None:
    (tmp_path / "entities" / "1.0" / "ner").mkdir(parents=True)
    mine = tmp_path / "entities" / "1.0" / "ner" / "mine"
    mine.write_text("mine", encoding="utf-8")
    (tmp_path / "prepared").mkdir()
    (tmp_path / "prepared" / "letters.spacy").touch()
    done = imr_nlp_here("train", "entities", "-o", tmp_path, "--prepared", tmp_path / "prepared")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "holds files and no model entities" in done.stderr
    assert mine.read_text(encoding="utf-8") == "mine"


# --- what is told before the work ------------------------------------------------------------------------------------


def refused(*arguments: str | Path) -> str:
    """Run a command that must refuse in one line, and return the line."""
    done = imr_nlp_here(*arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done
    return done.stderr


def test_wrong_kinds_of_files_are_told(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text(LETTER, encoding="utf-8")
    out = tmp_path / "out"
    assert "a folder; name a file of rules" in refused("run", letter, "-o", out, "--rules", tmp_path)
    assert "no file but a device" in refused("evaluate", letter, "--rules", "/dev/null")
    assert f"{tmp_path} is a folder; name letters in it" in refused("show", tmp_path)
    assert f"{out} is the output folder; name a file" in refused("run", letter, "-o", out, "--duckdb", out)
    gold = tmp_path / "gold.jsonl"
    gold.write_text('{"name": "gone", "entities": [], "services": []}\n', encoding="utf-8")
    assert "name the folder of the letters with --letters" in refused("evaluate", gold)


def test_a_file_of_the_users_own_is_refused_before_anything_is_compared(tmp_path: Path) -> None:
    mine = tmp_path / "mine.html"
    mine.write_text("<p>mine</p>", encoding="utf-8")
    said = refused("review", "agreement", "no-a.jsonl", "no-b.jsonl", "--html", mine)
    assert "mine.html: exists, and this command did not write it" in said


def test_quiet_runs_say_nothing(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text(LETTER, encoding="utf-8")
    imr_nlp_forked("run", tmp_path / "letter.txt", "-o", tmp_path / "former")
    done = imr_nlp_forked("run", tmp_path, "-o", tmp_path / "out", "-q")
    assert (done.returncode, done.stderr) == (0, "")


def test_an_unreadable_run_is_named_and_no_report_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "letter.txt").write_text(LETTER, encoding="utf-8")
    run = tmp_path / "out"
    assert imr_nlp_here("run", tmp_path / "letter.txt", "-o", run).returncode == 0

    def broken(*_: object, **__: object) -> object:
        raise PermissionError(13, "Permission denied", str(run / "letters.jsonl"))

    monkeypatch.setattr(site, "_files", broken)
    with pytest.raises(ReportError, match=r"letters\.jsonl: can't be read \(Permission denied\)"):
        write_report(run, tmp_path / "site")
    assert not (tmp_path / "site").exists()
