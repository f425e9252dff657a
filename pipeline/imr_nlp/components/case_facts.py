"""``imr_facts``: case number, dates, priority, the worker's age and sex, the reviewer's states and specialties.

Wordings are in ``configs/case_facts.yml``. Each fact is a span of ``doc.spans["facts"]`` whose label is the field's
name in the record and whose ``value`` is the normalised value (dates in ISO 8601, age in years). Lists (states,
specialties) have one span an item.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Self

from spacy.language import Language
from spacy.tokens import Doc

from imr_nlp.config import read_yaml
from imr_nlp.doc.factory import FromFiles, factory
from imr_nlp.doc.spans import FACTS, SECTIONS, add_span, span_values
from imr_nlp.doc.tokenizer import text_of
from imr_nlp.text.alternatives import alternatives, longest_first
from imr_nlp.text.compiled import compile_pattern
from imr_nlp.text.dates import DATE, iso
from imr_nlp.text.numbers import number_words, spelled_number, value_of

#: Ages that letters write in words: adults'.
_AGES = number_words()
_AGE_GROUPS = ("age", "words", "years", "months", "month_words")
_BEFORE = 48  # characters before an age that may show whose it is
_NEVER = r"(?!)"  # matches nothing
_SEX_GROUPS = ("sex", "letter")
_OF_PATIENT = ("case_summary", "issue", "rationale")  # sections that tell of the patient
_OLDEST = 115  # years
_VALUE = {"date": DATE, "case_number": r"CM\s?\d{2}\s?-\s?\d{5,8}"}
_SEPARATOR = r"\s?[:#.|]{0,2}\s{0,2}"
#: What may stand between the values of a row, and where a label may begin: "08/20/2015Date of Injury".
_BETWEEN, _RULER = re.compile(r"[\s|]{0,4}"), re.compile(r"[\s|:-]{0,60}")
_BEGINS = r"(?:(?<![A-Za-z])|(?<=(?-i:[a-z]))(?=(?-i:[A-Z])))"

#: A fact as it is found: start, end, field, value, rule.
Fact = tuple[int, int, str, Any, str]


class PatientRule(NamedTuple):
    """A pattern for the patient's age or sex; see ``configs/case_facts.yml`` for what its fields say."""

    id: str
    pattern: re.Pattern[str]
    not_left: re.Pattern[str]
    across: bool
    child: bool

    @classmethod
    def of(cls, entry: Mapping[str, Any], pieces: Mapping[str, str]) -> Self:
        """Return the rule of an entry of the file, with its pieces filled in."""
        pattern, not_left = _filled(entry["pattern"], pieces), _filled(entry.get("not_left") or _NEVER, pieces)
        return cls(entry["id"], pattern, not_left, entry.get("across", False), entry.get("child", False))


class CaseFactFinder(FromFiles):
    """Callable component; see the module's page.

    >>> import spacy
    >>> nlp = spacy.blank("en"); _ = nlp.add_pipe("imr_facts")
    >>> doc = nlp("Case Number: CM14-0000001 Date of Injury: 3/4/87. She is a 48-year-old female.")
    >>> [(span.label_, span._.attrs["value"]) for span in doc.spans["facts"]]
    [('case_number', 'CM14-0000001'), ('date_of_injury', '1987-03-04'), ('age', 48), ('sex', 'female')]
    """

    def __init__(self, rules: str = "case_facts.yml") -> None:
        data = read_yaml(rules, "case_facts.yml")
        self.priorities: dict[str, str] = data["priorities"]
        values = {**_VALUE, "word": alternatives(self.priorities)}
        self.header = [
            (entry["field"], entry["kind"], _label_pattern(entry["labels"], values[entry["kind"]]))
            for entry in data["labels"]
        ]
        self.values = {kind: compile_pattern(rf"(?:{value})", re.IGNORECASE) for kind, value in values.items()}
        self.kinds = {
            " ".join(label.lower().split()): (entry["field"], entry["kind"])
            for entry in data["labels"]
            for label in entry["labels"]
        }
        names = alternatives(self.kinds, blank=r"\s")
        self.any_label = compile_pattern(rf"{_BEGINS}(?P<label>{names}){_SEPARATOR}", re.IGNORECASE)
        self.prose = [
            {**entry, "pattern": compile_pattern(entry["pattern"].replace("DATE", f"(?P<date>{DATE})"), re.IGNORECASE)}
            for entry in data["prose"]
        ]
        self.sex_of = {word: sex for sex, words in data["sexes"].items() for word in words}
        sexes = "|".join(longest_first(self.sex_of))
        self.sex_of |= {sex[0]: sex for sex in data["sexes"]}  # "44 y/o F"
        kin = {word: sex for sex, words in data["kin"].items() for word in words}
        self.sex_of |= kin
        pieces = {**data["pieces"], "OFFSPRING": "|".join(longest_first(kin)), "SEX": sexes, "WORDS": spelled_number()}
        self.patient = [PatientRule.of(entry, pieces) for entry in data["patient"]]
        self.children = [f" {word}" for word in (*kin, *data["children"])]
        self.pronouns = {
            sex: compile_pattern(rf"\b(?:{'|'.join(forms)})\b", re.IGNORECASE)
            for sex, forms in data["pronouns"].items()
        }
        self.reviewer = {key: compile_pattern(value, re.IGNORECASE) for key, value in data["reviewer"].items()}
        compound = alternatives(data["compound_specialties"])
        piece = r"(?:(?! and | & )[^,;])+"
        held = rf"(?:\s(?:since|for|by|through|as of)\s{piece})?"  # "Obstetrics and Gynecology since 2004"
        self.item = compile_pattern(
            rf"(?P<item>{compound}{held}|{piece})(?:[,;]? and |[,;] ?and |[,;]|\Z)",
            re.IGNORECASE,
        )

    def __call__(self, doc: Doc) -> Doc:
        """Write the group "facts"."""
        text = text_of(doc)
        values = span_values(doc, SECTIONS)
        sections = [(s.label_, s.attrs["start"], s.attrs["end"]) for s in values]
        joined = _joined(sections, {s.attrs["start"] for s in values if s.attrs.get("in_sentence")})
        sections = sections or [(name, 0, len(text)) for name in ("header", "case_summary")]
        found = set()
        for start, end, field, value, rule in self._find(text, sections, joined or sections):
            add_span(doc, FACTS, start, end, field, rule=rule, value=value)
            found.add(field)
        return doc

    def _find(
        self, text: str, sections: list[tuple[str, int, int]], joined: list[tuple[str, int, int]]
    ) -> Iterator[Fact]:
        dated: set[str] = set()
        for fact in self._from_labels(text, sections):
            dated.add(fact[2])
            yield fact
        for rule in self.prose:
            if rule["field"] not in dated:
                for match in _search(rule["pattern"], text, sections, rule["sections"]):
                    if value := iso(match["date"]):
                        dated.add(rule["field"])
                        yield match.start("date"), match.end("date"), rule["field"], value, rule["id"]
                        break
        yield from self._from_patient(text, sections, joined)
        yield from self._from_reviewer(text, sections)

    def _from_labels(self, text: str, sections: list[tuple[str, int, int]]) -> Iterator[Fact]:
        # The header's labels; where no heading ends the header they stand in the first section, whatever it is.
        first, rest = sections[:1], sections[1:]
        stretches = first + [s for s in rest if s[0] in ("header", "how_made", "issue")]
        rows: dict[str, Fact] = {}
        elsewhere: set[int] = set()  # labels whose values don't follow them
        for _, start, end in stretches:
            for facts, labels in self._rows(text, start, end):
                elsewhere.update(labels)
                rows = {fact[2]: fact for fact in facts} | rows
        yield from rows.values()
        for field, kind, pattern in self.header:
            if field in rows:
                continue
            for _, start, end in stretches:
                matches = pattern.finditer(text, start, end)
                match = next((m for m in matches if m.start() not in elsewhere and _is_label(text, m)), None)
                value = match and self._value(kind, match["value"])
                if match and value:
                    yield match.start("value"), match.end("value"), field, value, f"label.{field}"
                    break

    def _rows(self, text: str, start: int, end: int) -> Iterator[tuple[list[Fact], list[int]]]:
        """Yield the facts of each row of labels that a row of values follows, and where its labels begin."""
        row: list[re.Match[str]] = []
        for label in [*self.any_label.finditer(text, start, end), None]:
            if label is not None and row and label.start() == row[-1].end():
                row.append(label)
                continue
            if len(row) > 1 and (values := self._values_at(text, row[-1].end(), end, len(row))):
                yield list(self._facts_of(row, values)), [found.start() for found in row]
            row = [label] if label is not None else []

    def _values_at(self, text: str, at: int, end: int, most: int) -> list[tuple[str, re.Match[str]]]:
        """Return (kind, value) of a row of values; empty where fewer than two follow each other."""
        found: list[tuple[str, re.Match[str]]] = []
        if ruler := _RULER.match(text, at, end):
            at = ruler.end()
        while len(found) < most:
            read = [(kind, value) for kind, pattern in self.values.items() if (value := pattern.match(text, at, end))]
            if not read:
                break
            found.append(read[0])
            between = _BETWEEN.match(text, read[0][1].end(), end)
            at = between.end() if between else end
        return found if len(found) > 1 else []

    def _facts_of(self, row: list[re.Match[str]], values: list[tuple[str, re.Match[str]]]) -> Iterator[Fact]:
        """Yield the facts of a row; none where its values don't suit its labels one by one."""
        fields = [self.kinds[" ".join(label["label"].lower().split())] for label in row]
        if [kind for _, kind in fields] != [kind for kind, _ in values]:
            return
        for (field, kind), (_, written) in zip(fields, values, strict=True):
            if value := self._value(kind, written.group()):
                yield *written.span(), field, value, f"label_row.{field}"

    def _value(self, kind: str, written: str) -> str | None:
        if kind == "date":
            return iso(written)
        if kind == "case_number":
            return re.sub(r"\s", "", written).upper()
        return self.priorities.get(written.lower())

    def _from_patient(
        self, text: str, sections: list[tuple[str, int, int]], joined: list[tuple[str, int, int]]
    ) -> Iterator[Fact]:
        missing = {"age", "sex"}
        others: set[int] = set()  # where ages of other people stand
        past: Fact | None = None  # the age at an earlier time
        lower = text.lower()
        child = any(word in lower for word in self.children)  # few letters name one, and those patterns take long
        for rule, pattern, not_left, across, of_child in self.patient:
            if of_child and not child:
                continue
            for match in _search(pattern, text, joined if across else sections, _OF_PATIENT):
                groups = match.groupdict()
                if groups.get("other"):
                    others.add(match.start("other"))
                name = next((name for name in _AGE_GROUPS if groups.get(name)), None)
                if name and (
                    match.start(name) in others
                    or not_left.search(text, max(0, match.start(name) - _BEFORE), match.start(name))
                ):
                    continue
                if "age" in missing and name:
                    age = _age(name, match[name])
                    fact = (match.start(name), match.end(name), "age", age, rule)
                    if groups.get("past"):
                        past = past or fact
                    elif 0 <= age <= _OLDEST:
                        missing.discard("age")
                        yield fact
                told = next((name for name in _SEX_GROUPS if groups.get(name)), None)
                if "sex" in missing and told:
                    missing.discard("sex")
                    yield match.start(told), match.end(told), "sex", self.sex_of[match[told].lower()], rule
                if not missing:
                    return
        if "age" in missing and past:
            yield past
        if "sex" in missing:
            yield from self._from_words(text, sections)

    def _from_words(self, text: str, sections: list[tuple[str, int, int]]) -> Iterator[Fact]:
        seen = {}
        told = any(label == "case_summary" for label, _, _ in sections)  # a quoted rationale tells no case
        for sex, pattern in self.pronouns.items():
            for match in _search(pattern, text, sections, ("case_summary",) if told else ("rationale", "service")):
                if text[match.end() : match.end() + 1] != "/" and text[match.start() - 1 : match.start()] != "/":
                    seen[sex] = match
                    break
        if len(seen) == 1:
            ((sex, match),) = seen.items()
            yield match.start(), match.end(), "sex", sex, "patient.pronoun"

    def _from_reviewer(self, text: str, sections: list[tuple[str, int, int]]) -> Iterator[Fact]:
        for field, names in (("states", ("label_states", "licensed")), ("specialties", ("label_specialties", "board"))):
            for name in names:
                matches = _search(self.reviewer[name], text, sections, ("reviewer", "how_made", "header", "closing"))
                if match := next(matches, None):
                    for item in self.item.finditer(match["list"]):
                        start = match.start("list") + item.start("item")
                        value = item["item"]
                        if field == "specialties":
                            if not (named := self.reviewer["specialty"].fullmatch(value)):
                                continue  # "since 2004" alone
                            start, value = start + named.start("name"), _titled(named["name"].strip(" .;"))
                        start += len(value) - len(value.lstrip(" "))
                        if value := value.strip(" .;"):
                            yield start, start + len(value), field, value, f"reviewer.{name}"
                    break


def _is_label(text: str, match: re.Match[str]) -> bool:
    """Return whether a label's words are a label here, and not running text: "in a letter dated 3/4/2018"."""
    return text[match.start()].isupper() or ":" in text[match.start() : match.start("value")]


def _titled(name: str) -> str:
    """Return a specialty's name as certificates write it: "geriatric medicine" is Geriatric Medicine."""
    if not name.islower():
        return name
    return " ".join(word if word in ("and", "of", "the", "in") else word.capitalize() for word in name.split())


def _age(group: str, written: str) -> int:
    """Return an age in whole years; ``group`` says whether it is written in months."""
    number = int(written) if written.isdigit() else int(value_of(written.lower(), _AGES))
    return number // 12 if group.startswith("month") else number


def _filled(pattern: str, pieces: Mapping[str, str]) -> re.Pattern[str]:
    """Return a pattern whose words in capitals are filled in."""
    for name, piece in pieces.items():
        pattern = pattern.replace(name, piece)
    return compile_pattern(pattern, re.IGNORECASE)


def _label_pattern(labels: list[str], value: str) -> re.Pattern[str]:
    names = alternatives(labels, blank=r"\s")
    return compile_pattern(rf"{_BEGINS}{names}{_SEPARATOR}(?P<value>{value})", re.IGNORECASE)


def _joined(sections: list[tuple[str, int, int]], within: set[int]) -> list[tuple[str, int, int]]:
    """Return the sections, where those that a service in a sentence cuts are one again.

    >>> _joined([("case_summary", 0, 20), ("service", 20, 30), ("case_summary", 30, 50)], {20})
    [('case_summary', 0, 50)]
    """
    joined: list[tuple[str, int, int]] = []
    for label, start, end in sections:
        part = label == "service" and start in within
        if joined and (part or joined[-1][0] == label) and joined[-1][0] in _OF_PATIENT:
            joined[-1] = (joined[-1][0], joined[-1][1], end)
        else:
            joined.append((label, start, end))
    return joined


def _search(
    pattern: re.Pattern[str], text: str, sections: list[tuple[str, int, int]], wanted: tuple[str, ...] | list[str]
) -> Iterator[re.Match[str]]:
    for label, start, end in sections:
        if label in wanted:
            yield from pattern.finditer(text, start, end)


@factory("imr_facts", default_config={"rules": "case_facts.yml"}, assigns=["doc.spans"])
def create_facts(nlp: Language, name: str, rules: str) -> CaseFactFinder:
    """Make the component; ``rules`` is the file of wordings."""
    return CaseFactFinder(rules)
