"""Fuzz the reading of letters with seeded inputs: python tests/stress/fuzz/run.py --inputs 20000 --seed 1.

First every kind of trouble at the size that is just allowed, then so many damaged letters. Each input ends in a
record or in a refusal, or is counted as failed and written to a folder. Exit code 1 where any failed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TESTS))

from imr_nlp.config import shipped  # noqa: E402
from imr_nlp.reading.limits import WORD  # noqa: E402
from stress.fuzz.mutate import mutated, seeds_in  # noqa: E402
from stress.fuzz.shapes import PDFS, UNITS, repeated, services  # noqa: E402

SECONDS = 30  # of processor time, after which an input is given up, whatever it does
MEMORY = 1_500  # MiB that a process may ever take


#: Title of an input, and what makes its file name and bytes.
Input = tuple[str, Callable[[], tuple[str, bytes]]]


def at_the_limits() -> Iterator[Input]:
    """Yield every kind of trouble, as much of it as is allowed."""
    for title in UNITS:
        yield title, partial(_text_at_the_limits, partial(repeated, title))
        yield f"{title} in a letter", partial(_text_at_the_limits, partial(repeated, title, in_letter=True))
    yield "services without a known name", partial(_text_at_the_limits, lambda size: services(size // 500))
    for title, made in PDFS.items():
        yield title, lambda made=made: ("a.pdf", made())  # type: ignore[misc]


def _text_at_the_limits(made: Callable[[int], str]) -> tuple[str, bytes]:
    limits = shipped("reading.yml")
    text = made(limits["max_characters"])
    over = next(islice(WORD.finditer(text), limits["max_words"], None), None)
    return "a.txt", text[: over.start() if over else None].encode()


def inputs(options: argparse.Namespace) -> Iterator[Input]:
    """Yield all inputs of a run: always the same ones in the same order."""
    if options.limits:
        yield from at_the_limits()
    seeds = seeds_in(*options.seeds)
    for number in range(options.inputs):
        yield f"{options.seed}/{number}", partial(mutated, seeds, options.seed, number)


def work(options: argparse.Namespace) -> None:
    """Run this process's share of the inputs and write one line of JSON on each."""
    from stress.fuzz.target import InvariantError, pipeline, run

    pipeline()
    for place, (title, make) in enumerate(inputs(options)):
        if place % options.of != options.part or place < options.start:
            continue
        name, data = make()
        print(json.dumps({"place": place, "title": title}), flush=True)
        line: dict[str, Any] = {"done": place, "title": title}
        signal.setitimer(signal.ITIMER_PROF, SECONDS)  # an input that hangs ends the process
        try:
            outcome = run(data, name)
            line |= {"result": outcome.result, "seconds": outcome.seconds}
        except InvariantError as error:
            line |= {"failed": str(error)}
        except Exception as error:
            line |= {"failed": type(error).__name__}
        signal.setitimer(signal.ITIMER_PROF, 0)
        line["mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        if "failed" in line:
            options.failures.mkdir(parents=True, exist_ok=True)
            kept = smaller(data, name, line["failed"])
            (options.failures / f"{title.replace('/', '-').replace(' ', '-')}{Path(name).suffix}").write_bytes(kept)
        print(json.dumps(line), flush=True)


def smaller(data: bytes, name: str, failure: str, tries: int = 150) -> bytes:
    """Return a shorter input that fails in the same way, by leaving out stretch after stretch."""
    from stress.fuzz.target import run

    def fails(part: bytes) -> bool:
        try:
            run(part, name)
        except Exception as error:
            return failure in (type(error).__name__, str(error))
        return False

    if failure.startswith("took"):
        return data
    size = len(data) // 2
    while size and tries > 0:
        at = 0
        while at < len(data) and tries > 0:
            tries -= 1
            shorter = data[:at] + data[at + size :]
            if fails(shorter):
                data = shorter
            else:
                at += size
        size //= 2
    return data


def share(options: argparse.Namespace, part: int) -> list[dict[str, Any]]:
    """Run one share in a process of its own, started anew where it dies; return a line on each input."""
    lines: list[dict[str, Any]] = []
    start = 0
    while True:
        command = [sys.executable, __file__, *sys.argv[1:], "--part", str(part), "--start", str(start)]
        with subprocess.Popen([*command, "--of", str(options.processes)], stdout=subprocess.PIPE, text=True) as process:
            written = [json.loads(line) for line in process.stdout or ()]
        lines += [line for line in written if "done" in line]
        if process.returncode == 0:
            return lines
        if not written or "done" in written[-1]:
            raise SystemExit(f"a process failed between inputs: {process.returncode}")
        lines.append({**written[-1], "failed": f"its process died ({process.returncode})"})
        start = written[-1]["place"] + 1


def supervise(options: argparse.Namespace) -> int:
    """Run all shares side by side and print what became of the inputs."""
    with ThreadPoolExecutor(options.processes) as pool:
        lines = [line for part in pool.map(partial(share, options), range(options.processes)) for line in part]
    report(lines)
    return int(any("failed" in line for line in lines))


def report(lines: list[dict[str, Any]]) -> None:
    """Print the closing table."""
    done = [line for line in lines if "result" in line]
    failed = [line for line in lines if "failed" in line]
    results = Counter(line["result"] for line in done)
    peak = max((line["mib"] for line in lines if "mib" in line), default=0.0)
    slowest = sorted(done, key=lambda line: -line["seconds"])[:5]
    rows = [("inputs", f"{len(lines):,}"), ("records", f"{results.pop('record', 0):,}")]
    rows += [(f"refused: {code}", f"{count:,}") for code, count in results.most_common()]
    rows += [("failed", f"{len(failed):,}"), ("processor seconds in all", f"{sum(d['seconds'] for d in done):,.0f}")]
    rows += [(f"slowest: {line['title']}", f"{line['seconds']:.2f} s") for line in slowest]
    rows += [("peak memory", f"{peak:,.0f} MiB")]
    print("\n".join(f"{name:<56}{value:>14}" for name, value in rows))
    for line in failed:
        print(f"FAILED {line['title']}: {line['failed']}")


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=20_000, help="damaged letters (20,000)")
    parser.add_argument("--seed", type=int, default=1, help="another seed gives other inputs")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--no-limits", dest="limits", action="store_false", help="leave out the largest inputs allowed")
    parser.add_argument("--seeds", type=Path, action="append", help="folders of letters to damage")
    parser.add_argument("--failures", type=Path, default=Path("out/fuzz"), help="where failing inputs are written")
    parser.add_argument("--part", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--of", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--start", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.seeds = options.seeds or [TESTS.parent / "annotations" / "letters"]
    if options.part is None:
        return supervise(options)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY * 1024 * 1024, MEMORY * 1024 * 1024))
    work(options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
