"""How fast reports of large runs are: build and size of a site, its first page in a browser, answers of the server.

    python tests/stress/report_speed.py RUN [--letters 10000] [--served 100000]

RUN is a finished run with --store-text. Its letters are copied under new names, with other dates, into a run of the
size asked for. The figures are printed; nothing is asserted.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.browser import browser, ready
from support.letters import command

QUESTIONS = (
    "decision=overturned", "category=pharmaceutical&decision=upheld&sort=-decided", "region=knee&sort=request",
    "specialty=Orthopedic+Surgery&decision=overturned&page=3", "warning=citation_repeated",
    "q=documentation&in=reasons", "q=therapy",
)  # fmt: skip


def enlarge(run: Path, out: Path, letters: int, *, texts: bool) -> None:
    """Write a run of ``letters`` letters whose records are those of ``run`` over and over."""
    out.mkdir()
    lines = (run / "letters.jsonl").read_text(encoding="utf-8").splitlines()
    renamed: list[tuple[str, str, int]] = []
    with (out / "letters.jsonl").open("w", encoding="utf-8") as stream:
        for number in range(letters):
            line = lines[number % len(lines)]
            source = json.loads(line)["source"]
            old, path = source["id"], f"copy/{number:06}.txt"
            new = hashlib.sha256(path.encode()).hexdigest()[:16]
            renamed_line = line.replace(json.dumps(source["path"]), json.dumps(path), 1)
            stream.write(renamed_line.replace(json.dumps(old), json.dumps(new), 1) + "\n")
            renamed.append((old, new, number))
            if texts:
                (out / "texts").mkdir(exist_ok=True)
                (out / "texts" / f"{new}.txt").write_bytes((run / "texts" / f"{old}.txt").read_bytes())
    with duckdb.connect() as database:
        import pyarrow as pa

        olds, news, numbers = zip(*renamed, strict=True)
        database.from_arrow(pa.table({"was": olds, "now": news, "number": numbers})).create("renamed")
        for path in sorted(run.glob("*.parquet")):
            table = database.read_parquet(str(path))
            changed = ["r.now AS letter_id"]
            for name, kind in zip(table.columns, map(str, table.types), strict=True):
                if name == "service_ids":
                    changed.append(f"list_transform({name}, lambda one: replace(one, t.letter_id, r.now)) AS {name}")
                elif name.endswith("_id") and name != "letter_id":
                    changed.append(f"replace({name}, t.letter_id, r.now) AS {name}")
                elif name == "path":
                    changed.append("'copy/' || lpad(CAST(r.number AS VARCHAR), 6, '0') || '.txt' AS path")
                elif name == "decision_date" and kind == "DATE":
                    changed.append("decision_date + CAST(r.number % 900 AS INTEGER) AS decision_date")
            table.create_view("copied", replace=True)
            columns = f"t.* REPLACE ({', '.join(changed)})"
            database.sql(
                f"SELECT {columns} FROM copied t JOIN renamed r ON r.was = t.letter_id ORDER BY r.number"
            ).write_parquet(str(out / path.name))
    (out / "run.json").write_bytes((run / "run.json").read_bytes())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--letters", type=int, default=10_000)
    parser.add_argument("--served", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        if options.letters:
            enlarge(options.run, base / "run", options.letters, texts=True)
            begun = time.perf_counter()
            subprocess.run(command("report", base / "run", "-o", base / "site"), check=True)
            took = time.perf_counter() - begun
            size = sum(path.stat().st_size for path in (base / "site").rglob("*") if path.is_file())
            print(f"report of {options.letters:,} letters: built in {took:.1f} s, {size / 1e6:.1f} MB", flush=True)
            with browser() as driver:
                for page in ("index.html", "services.html", "services.html#q=documentation"):
                    begun = time.perf_counter()
                    ready(driver, f"{(base / 'site').as_uri()}/{page}", 60)
                    print(f"{page}: interactive after {time.perf_counter() - begun:.2f} s", flush=True)
        if options.served:
            enlarge(options.run, base / "large", options.served, texts=False)
            begun = time.perf_counter()
            process = subprocess.Popen(command("serve", base / "large"), stdout=subprocess.PIPE, text=True)
            address = process.stdout.readline().strip()  # type: ignore[union-attr]
            print(f"serve {options.served:,} letters: listens after {time.perf_counter() - begun:.1f} s", flush=True)
            try:
                for question in QUESTIONS:
                    times = []
                    for _ in range(5):
                        begun = time.perf_counter()
                        with urllib.request.urlopen(f"{address}api/services?{question}") as answer:
                            total = json.load(answer)["total"]
                        times.append(time.perf_counter() - begun)
                    print(f"  {question}: {total:,} services, median {1000 * sorted(times)[2]:.0f} ms", flush=True)
            finally:
                process.terminate()
                process.wait()


if __name__ == "__main__":
    main()
