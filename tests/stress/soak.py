"""A long run under observation: ``python tests/stress/soak.py 100000`` (or ``make soak LETTERS=100000``).

Writes invented letters, each with content and words of its own, lets the real ``nlp-run`` read them, looks at the
memory of all its processes once a second, and checks at the end that every letter is accounted for exactly once. The
curve is left in OUT as ``memory.csv`` and ``memory.png``. Exit code 1 where a worker grew or got larger than it may, or
a letter is missing or stands twice.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from imr_nlp.benchmark.processes import cpu_seconds, family, resident_mib
from imr_nlp.reading import source as reading

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # as a script it sees only its own folder

from support.letters import LETTER, many_services, pdf
from support.paths import ANNOTATIONS

SAMPLES = ANNOTATIONS / "letters"
#: Words that no other letter has, in each letter. The hundredth real letter still brings 25 that the others lack; by
#: Heaps' law (new words fall with the square root of the letters read) that is about 3 on average over 100,000.
NEW_WORDS = 6
#: One letter in so many is a PDF, can't be read, or has the same content as the one before it.
PDFS, BAD, TWICE = 20, 200, 250
#: Share of the run after which a worker is supposed to grow no more.
SETTLED = 0.2
#: Seconds of processor time that a worker takes to load and to meet the common words.
LOADING = 7.0
_SYLLABLES = "ba be bo da de di do fa fi ga go ka ke ki la le li lo ma me mi mo na ne no pa po ra re ri ro sa se so ta te to va ve vo za zo".split()  # fmt: skip # noqa: E501
_CASE = re.compile(r"\bCM\d\d-\d{4,7}\b")
_DATE = re.compile(r"\b\d{1,2}/\d{1,2}/(?=(?:19|20)\d\d\b)")
_AGE = re.compile(r"\b\d\d(?=[ -]years?[ -]old)")
_DOSE = re.compile(r"\b\d{1,3}(?= ?(?:mg|mcg|visits|sessions)\b)")
_BLANK_LINES = re.compile(r"\n\s{0,200}\n")
_SENTENCE_END = re.compile(r"(?<=[a-z)]\.)\s(?=[A-Z])")


# --- letters -------------------------------------------------------------------------------------------------------


def letter(templates: list[str], number: int, seed: int) -> str:
    """Return the text of letter ``number``: the same for the same seed, another than any other letter's."""
    chance = random.Random(f"{seed}/{number}")
    text = chance.choice(templates)
    text = _CASE.sub(lambda match: f"CM{chance.randint(13, 19)}-{number:07}", text)
    text = _DATE.sub(lambda match: f"{chance.randint(1, 12):02}/{chance.randint(1, 28):02}/", text)
    text = _AGE.sub(lambda match: str(chance.randint(19, 79)), text)
    text = _DOSE.sub(lambda match: str(chance.randint(1, 600)), text)
    paragraphs = [_shuffled(paragraph, chance) for paragraph in _BLANK_LINES.split(text)]
    for _ in range(NEW_WORDS):
        at = chance.randrange(len(paragraphs))
        words = paragraphs[at].split(" ")
        words.insert(chance.randint(1, len(words)), new_word(chance))
        paragraphs[at] = " ".join(words)
    return "\n\n".join(paragraphs) + f"\n\nClaim number: {seed}-{number}\n"


def new_word(chance: random.Random) -> str:
    """Return a word that nobody has written before: a name, a misspelling, a drug that doesn't exist."""
    word = "".join(chance.choice(_SYLLABLES) for _ in range(5)) + chance.choice(["", "r", "n", "s", "x"])
    return word.title() if chance.random() < 0.5 else word


def _shuffled(paragraph: str, chance: random.Random) -> str:
    """Return a paragraph with its sentences in another order; one with headings stays as it is."""
    if ":" in paragraph:
        return paragraph
    sentences = _SENTENCE_END.split(paragraph)
    chance.shuffle(sentences)
    return " ".join(sentences)


def write_letters(folder: Path, count: int, seed: int) -> Iterator[tuple[str, bool]]:
    """Write ``count`` letters, a thousand a folder; yield each one's path and whether it can be read."""
    templates = [reading.read(path).text for path in sorted(SAMPLES.iterdir()) if path.suffix != ".pdf"]
    templates += [LETTER, many_services(6)]
    before = b""
    for number in range(count):
        place = folder / f"{number // 1000:04}"
        place.mkdir(parents=True, exist_ok=True)
        if number % BAD == BAD - 1:
            path, data = place / f"{number:07}.pdf", b"%PDF-1.4\ncut off before its end"
        elif number % PDFS == PDFS - 1:
            text = letter(templates, number, seed)
            lines = text.encode("cp1252", "replace").decode("cp1252").splitlines()
            pages = ["\n".join(lines[at : at + 60]) for at in range(0, len(lines), 60)]
            path, data = place / f"{number:07}.pdf", pdf(pages)
        elif number % TWICE == TWICE - 2:
            path, data = place / f"{number:07}.txt", before
        else:
            path, data = place / f"{number:07}.txt", letter(templates, number, seed).encode()
            before = data
        path.write_bytes(data)
        yield path.as_posix(), number % BAD != BAD - 1


# --- the run, and its memory ---------------------------------------------------------------------------------------


@dataclass(slots=True)
class Curve:
    """The memory of one process: seconds since the start of the run, MiB resident, processor time taken (seconds)."""

    role: str
    points: list[tuple[float, float, float]] = field(default_factory=list)

    @property
    def peak(self) -> float:
        """The largest memory seen, MiB."""
        return max(mib for _, mib, _ in self.points)

    def growth(self, start: float) -> float:
        """Return by how many MiB the process is larger at its end than ``start`` seconds into the run, once loaded."""
        later = [mib for at, mib, cpu in self.points if at >= start and cpu >= LOADING]
        return later[-1] - later[0] if later else 0.0


def watch(command: list[str]) -> tuple[int, float, dict[int, Curve]]:
    """Run a command; return its exit code, its seconds, and the memory of each of its processes by pid."""
    curves: dict[int, Curve] = {}
    begun = time.monotonic()
    process = subprocess.Popen(command)
    try:
        while process.poll() is None:
            now = time.monotonic() - begun
            for pid in family(process.pid):
                if mib := resident_mib(pid):
                    curve = curves.setdefault(pid, Curve("run" if pid == process.pid else "worker"))
                    curve.points.append((now, mib, cpu_seconds([pid]) or 0.0))
            time.sleep(max(0.0, 1 - (time.monotonic() - begun - now)))
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    return process.returncode, time.monotonic() - begun, curves


# --- what came of it -----------------------------------------------------------------------------------------------


def unaccounted(out: Path, expected: dict[str, bool]) -> list[str]:
    """Return what is wrong with a run's output: letters that are missing, stand twice or where they don't belong."""
    with (out / "letters.jsonl").open(encoding="utf-8") as lines:
        sources = [json.loads(line)["source"] for line in lines]
    with (out / "errors.jsonl").open(encoding="utf-8") as lines:
        failed = [json.loads(line)["path"] for line in lines]
    paths = [source["path"] for source in sources]
    wanted = [path for path, good in expected.items() if good]
    rows = pq.read_table(out / "letters.parquet", columns=["letter_id", "path", "service_count"])
    services = pq.read_table(out / "services.parquet", columns=["letter_id", "service_id"])
    ids = Counter(services.column("letter_id").to_pylist())
    counted = dict(zip(*(rows.column(name).to_pylist() for name in ("letter_id", "service_count")), strict=True))
    checks = {
        "letters.jsonl: not the letters in their order": paths == wanted,
        "letters.parquet: not the letters in their order": rows.column("path").to_pylist() == wanted,
        "letters.parquet: an id stands twice": len(counted) == rows.num_rows,
        "errors.jsonl: not the unreadable files": failed == [path for path, good in expected.items() if not good],
        "services.parquet: not the services of the letters": {k: n for k, n in counted.items() if n} == dict(ids),
        "services.parquet: an id stands twice": len(set(services.column("service_id").to_pylist())) == len(services),
    }
    return [wrong for wrong, right in checks.items() if not right]


def write_curves(folder: Path, curves: dict[int, Curve]) -> None:
    """Write ``memory.csv`` and ``memory.png``."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    with (folder / "memory.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["seconds", "process", "role", "mib"])
        for number, curve in enumerate(curves.values()):
            writer.writerows([f"{at:.1f}", number, curve.role, f"{mib:.1f}"] for at, mib, _ in curve.points)
    figure, axes = pyplot.subplots(figsize=(9, 4.5))
    for number, curve in enumerate(curves.values()):
        seconds, mib, _ = zip(*curve.points, strict=True)
        axes.plot(seconds, mib, label=f"{curve.role} {number}" if len(curves) <= 8 else None)
    axes.set(xlabel="seconds", ylabel="MiB resident", ylim=(0, None), title="Memory of a run's processes")
    axes.legend(loc="lower right")
    axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(folder / "memory.png", dpi=110)


def main() -> int:
    """Do what the module's page says; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("letters", type=int, help="number of letters")
    parser.add_argument("-o", "--output", type=Path, default=Path("out/soak"), help="folder (default: out/soak)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (default: one a core)")
    parser.add_argument("--seed", type=int, default=6, help="same seed, same letters")
    parser.add_argument("--most", type=float, default=700, metavar="MIB", help="a worker may take this much (700)")
    parser.add_argument("--growth", type=float, default=200, metavar="MIB", help="and grow so much after a fifth (200)")
    parser.add_argument("--keep", action="store_true", help="keep the letters and the run's output")
    given = parser.parse_args()
    letters, out = given.output / "letters", given.output / "run"
    for folder in (letters, out):
        shutil.rmtree(folder, ignore_errors=True)
    begun = time.monotonic()
    expected = dict(write_letters(letters, given.letters, given.seed))
    print(f"{len(expected):,} letters written in {time.monotonic() - begun:.0f} s", flush=True)
    command = [sys.executable, "-m", "imr_nlp", "run", str(letters), "-o", str(out), "--workers", str(given.workers)]
    code, seconds, curves = watch([*command, "--quiet"])
    unreadable = sum(not good for good in expected.values())
    wrong = [] if code == (1 if unreadable else 0) else [f"nlp-run ended with exit code {code}"]
    if (out / "letters.jsonl").is_file():
        wrong += unaccounted(out, expected)
    else:
        wrong.append("there is no letters.jsonl")
    table = Table(title=f"{given.letters:,} letters, {seconds:,.0f} s, {given.letters / seconds:.1f} letters/s")
    for name in ("process", "from s", "to s", "peak MiB", "growth MiB"):
        table.add_column(name, justify="left" if name == "process" else "right")
    for curve in curves.values():
        growth = curve.growth(SETTLED * seconds)
        table.add_row(
            curve.role, f"{curve.points[0][0]:.0f}", f"{curve.points[-1][0]:.0f}", f"{curve.peak:.0f}", f"{growth:+.0f}"
        )
        if curve.role == "worker" and curve.peak > given.most:
            wrong.append(f"a worker took {curve.peak:.0f} MiB, more than {given.most:.0f}")
        if curve.role == "worker" and growth > given.growth:
            wrong.append(f"a worker grew by {growth:.0f} MiB, more than {given.growth:.0f}")
    Console(width=100).print(table)
    write_curves(given.output, curves)
    print(f"Curve: {given.output / 'memory.png'}")
    for line in wrong:
        print(f"WRONG: {line}")
    if not given.keep and not wrong:
        for folder in (letters, out):
            shutil.rmtree(folder)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
