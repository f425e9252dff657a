"""Pages: one Jinja environment, one way to make text safe, one content security policy.

A page holds its style and its script, and the policy names both by their hashes. So nothing that letters, file names
or rules say can run or load anything. Data parts and chart libraries are loaded by that script alone
(``strict-dynamic``), which works for pages opened from the disk and for pages from a server.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from imr_nlp.report.style import looks
from imr_nlp.text.visible import one_line, visible

_HERE = Path(__file__).parent
STATIC = _HERE / "static"
#: Libraries of the charts, with their licences; see ``static/vendor/README.md``.
VENDOR = STATIC / "vendor"
#: The style that Observable Plot writes into each chart, which the policy must name.
_PLOT_STYLE = (
    ":where(.plot-d6a7b5) {\n  --plot-background: white;\n  display: block;\n  height: auto;\n  height: intrinsic;\n"
    "  max-width: 100%;\n}\n:where(.plot-d6a7b5 text),\n:where(.plot-d6a7b5 tspan) {\n  white-space: pre;\n}"
)


@cache
def environment() -> Environment:
    """Return the environment of all pages: everything is escaped, and an unknown name is an error."""
    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["visible"] = visible
    made.filters["line"] = one_line
    made.filters["words"] = words
    made.filters["number"] = lambda value: f"{value:,}"
    made.filters["percent"] = lambda value: "" if value is None else f"{100 * value:.1f}%"
    return made


def words(value: str) -> str:
    """Return a value as people read it; those that records write with underscores get spaces.

    >>> words("diagnostic_imaging"), words("dmepos"), words("MTUS: Low Back Complaints")
    ('diagnostic imaging', 'DMEPOS', 'MTUS: Low Back Complaints')
    """
    line = one_line(value)
    if line == "dmepos":
        return "DMEPOS"
    return line.replace("_", " ") if line.islower() else line


@cache
def static(name: str) -> str:
    """Return the text of a file in ``static/``."""
    return (STATIC / name).read_text(encoding="utf-8")


@cache
def stylesheet() -> str:
    """Return the style of all pages, with the colours of ``configs/report.yml``."""
    lines = []
    for kind, letter in (("labels", "l"), ("roles", "r"), ("decisions", "d")):
        for value, look in looks(kind).items():
            lines.append(
                f"--{letter}-{value}: light-dark({look.light}, {look.dark}); --{letter}-{value}-ink: {look.ink};"
            )
    rules = [f'mark[data-label="{value}"] {{ background: var(--l-{value}); }}' for value in looks("labels")]
    rules += [f'[data-role="{value}"] {{ --role: var(--r-{value}-ink); }}' for value in looks("roles")]
    rules += [f'[data-decision="{value}"] {{ --decision: var(--d-{value}); --mark: var(--d-{value}-ink); }}'
              for value in looks("decisions")]  # fmt: skip
    return ":root {\n" + "\n".join(lines) + "\n}\n" + static("report.css") + "\n".join(rules) + "\n"


def digest(text: str) -> str:
    """Return a text's hash as a content security policy names it.

    >>> digest("alert(1)")
    "'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"
    """
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def policy(script: str, style: str, *, connect: bool = False) -> str:
    """Return a page's content security policy.

    Args:
        script: The page's script; nothing else runs but what it loads.
        style: The page's style.
        connect: Whether the page may ask its own server.

    >>> policy("", "")[:38], "connect-src 'self'" in policy("", "", connect=True)
    ("default-src 'none'; script-src 'none';", True)
    """
    scripts = f"{digest(script)} 'strict-dynamic'" if script else "'none'"
    styles = " ".join(map(digest, (style, _PLOT_STYLE) if script else (style,)))
    return (
        f"default-src 'none'; script-src {scripts}; style-src {styles}; img-src data:; "
        f"connect-src {chr(39)}{'self' if connect else 'none'}{chr(39)}; base-uri 'none'; form-action 'none'"
    )


def page(template: str, *, scripts: Iterable[str] = (), connect: bool = False, **values: Any) -> str:
    """Return a page with its style, script and policy inside.

    Args:
        template: File in ``templates/``.
        scripts: Files in ``static/``, in the order in which they run.
        connect: Whether the page is one of ``imr-nlp serve``, and so may ask its server.
        values: What the template shows. All of it is escaped.
    """
    script = "\n".join(map(static, scripts))
    style = stylesheet()
    return environment().get_template(template).render(
        policy=policy(script, style, connect=connect),
        # Both are files of this package; neither holds "</".
        script=Markup(script), style=Markup(style), mode="server" if connect else "files", **values,
    )  # fmt: skip


def packed(value: Any) -> str:
    """Return a value as JSON, compressed, in base64: it can't end a script or hold markup.

    The same value always gives the same text.

    >>> gzip.decompress(base64.b64decode(packed({"request": "</script>"})))
    b'{"request":"</script>"}'
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return base64.b64encode(gzip.compress(text, 6, mtime=0)).decode()


def part(name: str, value: Any) -> str:
    """Return a data part as a script that hands it to the page.

    >>> part("letters/0", [])[:29]
    'window.imr.push("letters/0","'
    """
    return f'window.imr.push("{name}","{packed(value)}");\n'
