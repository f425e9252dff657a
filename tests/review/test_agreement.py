"""Agreement and diff: figures worked out by hand, a page that holds every disagreement and obeys no letter's markup."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imr_nlp.cli.errors import CommandError
from imr_nlp.cli.review_agreement import agreement_command
from imr_nlp.cli.review_diff import diff_command
from imr_nlp.evaluation.gold import Gold, read_gold
from imr_nlp.labels import CHOICES, LABELS
from imr_nlp.reading.source import read_bytes
from imr_nlp.report.agreement import page
from imr_nlp.review.agreement import Pair, PairedValues, agreement
from imr_nlp.review.compare import align, facets
from imr_nlp.review.diff import diff
from support.scoring import SAMPLES, scored

TEXT = "MRI of the left knee is asked for. She has gout and no fracture. Six visits of therapy were done. It is denied."


def entity(text: str, label: str = "DIAGNOSIS", **values: Any) -> dict[str, Any]:
    start = TEXT.index(text)
    return {"label": label, "start": start, "end": start + len(text), **values}


def gold(*entities: dict[str, Any], services: tuple[dict[str, Any], ...] = (), name: str = "a") -> dict[str, Any]:
    return {"name": name, "entities": list(entities), "services": list(services)}


def pair_of(a: dict[str, Any], b: dict[str, Any], text: str = TEXT) -> Pair:
    return agreement({"ann": [a], "bob": [b]}, {a["name"]: text}).pairs[0]


# --- figures worked out by hand --------------------------------------------------------------------------------------


def test_f1_counts_boundaries_exactly_or_by_overlap() -> None:
    ann = gold(entity("MRI", "PROCEDURE"), entity("gout"), entity("fracture"))
    bob = gold(entity("MRI of the left knee", "PROCEDURE"), entity("gout"), entity("therapy", "PROCEDURE"))
    counts = pair_of(ann, bob).counts
    assert {name: round(each.f1, 3) for name, each in counts.items() if each.gold or each.predicted} == {
        "ENTITIES exact": 0.333,  # gout of three and three
        "ENTITIES overlap": 0.667,
        "DIAGNOSIS exact": 0.667,  # one of two and one
        "DIAGNOSIS overlap": 0.667,
        "PROCEDURE exact": 0.0,
        "PROCEDURE overlap": 0.667,
    }


def test_kappa_is_agreement_beyond_chance() -> None:
    judged = PairedValues(
        [("fact", "fact")] * 20 + [("fact", "gap")] * 5 + [("gap", "fact")] * 10 + [("gap", "gap")] * 15
    )
    assert judged.share == 0.7
    assert judged.kappa == pytest.approx((0.7 - 0.5) / (1 - 0.5))  # by chance: 0.5 * 0.6 + 0.5 * 0.4
    assert judged.confusion() == (["fact", "gap"], [[20, 5], [10, 15]])


def test_full_agreement_on_one_value_has_kappa_one() -> None:
    assert PairedValues([("upheld", "upheld")] * 3).kappa == 1.0
    assert (PairedValues().kappa, PairedValues().share, PairedValues().confusion()) == (1.0, 1.0, ([], []))


def test_what_annotators_say_is_compared_where_both_marked_the_same() -> None:
    needed = {**entity("It is denied."), "role": "conclusion"}
    service = {**entity("MRI of the left knee"), "decision": "upheld", "category": "surgery", "rationale": [needed]}
    other = {**service, "decision": "modified", "rationale": [{**needed, "role": "gap"}]}
    ann = gold(entity("gout", assertion="affirmed"), entity("fracture", assertion="negated"), services=(service,))
    bob = gold(entity("gout", assertion="affirmed"), entity("no fracture", assertion="possible"), services=(other,))
    pair = pair_of(ann, bob)
    assert pair.judged["DIAGNOSIS assertion"].pairs == [("affirmed", "affirmed"), ("negated", "possible")]
    assert pair.judged["SERVICE decision"].pairs == [("upheld", "modified")]
    assert pair.judged["SERVICE category"].kappa == 1.0
    assert pair.judged["RATIONALE role"].pairs == [("conclusion", "gap")]
    assert [(each.label, each.about, each.kind) for each in pair.disagreements] == [
        ("DIAGNOSIS", "span", "moved"), ("DIAGNOSIS", "assertion", "value"),
        ("SERVICE", "decision", "value"), ("RATIONALE", "role", "value"),
    ]  # fmt: skip
    assert pair.tables()["DIAGNOSIS assertion"] == (
        ["affirmed", "negated", "possible"],
        [[1, 0, 0], [0, 0, 1], [0, 0, 0]],
    )


def test_the_same_words_with_another_label_are_one_disagreement() -> None:
    pair = pair_of(gold(entity("therapy", "PROCEDURE")), gold(entity("therapy", "MEDICATION")))
    assert [(each.about, each.a_says, each.b_says) for each in pair.disagreements] == [
        ("label", "PROCEDURE", "MEDICATION")
    ]
    assert pair.labels.pairs == [("PROCEDURE", "MEDICATION")]
    nested = pair_of(gold(entity("Six visits of therapy", "SESSION_COUNT")), gold(entity("therapy", "PROCEDURE")))
    assert [each.kind for each in nested.disagreements] == ["only_a", "only_b"]


def test_values_that_mean_the_same_are_the_same() -> None:
    assert facets("SESSION_COUNT", {"min": 6, "max": 6.0, "unit": "visit"}) == {"value": "6 visit"}
    one = {"category": "surgery", "body_parts": ["left knee", "Back"], "procedure": "MRI", "sessions": 6}
    two = {"category": "surgery", "body_parts": ["back", "left knee"], "procedure": "mri", "implied_sessions": 6.0}
    assert facets("SERVICE", one) == facets("SERVICE", two)


def test_a_canonical_name_is_compared_only_where_both_give_one() -> None:
    plain, named, other = (
        entity("MRI", "PROCEDURE", status="requested", **more)
        for more in ({}, {"canonical": "MRI"}, {"canonical": "x-ray"})
    )
    assert pair_of(gold(plain), gold(named)).disagreements == []
    assert [each.about for each in pair_of(gold(other), gold(named)).disagreements] == ["canonical"]


def test_letters_of_one_annotator_are_named_not_counted() -> None:
    ann, bob = [gold(name="a"), gold(entity("gout"), name="b")], [gold(name="a"), gold(name="c")]
    pair = agreement({"ann": ann, "bob": bob}, {"a": TEXT, "b": TEXT, "c": TEXT}).pairs[0]
    assert (pair.letters, pair.only_a, pair.only_b, pair.disagreements) == (["a"], ["b"], ["c"], [])


def test_three_annotators_make_three_pairs_and_a_mean() -> None:
    gout, none = [gold(entity("gout"))], [gold()]
    found = agreement({"ann": gout, "bob": gout, "eve": none}, {"a": TEXT})
    assert [(pair.a, pair.b) for pair in found.pairs] == [("ann", "bob"), ("ann", "eve"), ("bob", "eve")]
    assert found.mean()["DIAGNOSIS exact F1"] == pytest.approx(1 / 3)


def test_what_cannot_be_compared_is_refused_with_letter_and_place() -> None:
    with pytest.raises(ValueError, match="ann: letter a is there twice"):
        agreement({"ann": [gold(), gold()], "bob": [gold()]}, {"a": TEXT})
    outside = gold({"label": "DIAGNOSIS", "start": 3, "end": 900})
    with pytest.raises(ValueError, match="a: DIAGNOSIS at 3-900 is outside the text"):
        pair_of(outside, gold())


# --- properties ------------------------------------------------------------------------------------------------------

HOSTILE = "<script>alert(1)</script> & \"'>\r\n\t👩‍⚕️ é \u202e{{ 7*7 }}{% x %}\x00 ]]> <!-- . A knee. No gout. "
SPANS = st.tuples(st.integers(0, 40), st.integers(0, 40)).map(lambda at: {"start": at[0], "end": at[0] + at[1]})
ENTITIES = st.builds(
    lambda at, label, said, low: {**at, "label": label, "assertion": said, "status": said, "min": low, "max": low},
    SPANS, st.sampled_from(LABELS), st.sampled_from(["negated", "<i>planned</i>", None]), st.integers(1, 3),
)  # fmt: skip
SENTENCES = st.builds(lambda at, role: {**at, "role": role}, SPANS, st.sampled_from(["fact", "gap"]))
SERVICES = st.builds(
    lambda at, decision, rationale: {**at, "decision": decision, "category": "surgery", "rationale": rationale},
    SPANS, st.sampled_from(["upheld", "modified"]), st.lists(SENTENCES, max_size=3),
)  # fmt: skip
RECORDS = st.builds(
    lambda entities, services: {"name": "<a>", "entities": entities, "services": services},
    st.lists(ENTITIES, max_size=6), st.lists(SERVICES, max_size=2),
)  # fmt: skip
CHECKED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@CHECKED
@given(RECORDS)
def test_an_annotator_agrees_with_themselves(record: dict[str, Any]) -> None:
    pair = pair_of(record, record, HOSTILE)
    assert pair.disagreements == []
    assert {each.f1 for each in pair.counts.values()} == {1.0}
    assert all(each.kappa == each.share == 1.0 for each in pair.judged.values())


@CHECKED
@given(RECORDS, RECORDS)
def test_agreement_is_the_same_both_ways_round(a: dict[str, Any], b: dict[str, Any]) -> None:
    here, there = pair_of(a, b, HOSTILE), pair_of(b, a, HOSTILE)
    assert {name: each.f1 for name, each in here.counts.items()} == {
        name: each.f1 for name, each in there.counts.items()
    }
    assert {name: sorted(each.pairs) for name, each in here.judged.items()} == {
        name: sorted((a, b) for b, a in each.pairs) for name, each in there.judged.items()
    }
    assert {name: each.kappa for name, each in here.judged.items()} == {
        name: pytest.approx(each.kappa) for name, each in there.judged.items()
    }


@CHECKED
@given(RECORDS, RECORDS)
def test_every_annotation_is_aligned_once(a: dict[str, Any], b: dict[str, Any]) -> None:
    aligned = list(align("<a>", HOSTILE, a, b))
    for record, sides in ((a, [each.a for each in aligned]), (b, [each.b for each in aligned])):
        rationale = [sentence for service in record["services"] for sentence in service["rationale"]]
        items = [*record["entities"], *record["services"], *rationale]
        assert sorted(id(side.item) for side in sides if side) == sorted(map(id, items))


class _Parsed(HTMLParser):
    """The elements, texts, links and anchors of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.sides: list[str] = []
        self.marks: list[str] = []
        self._into: list[list[str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag == "mark":
            self.marks.append("")
            self._into.append(self.marks)
        if tag == "p" and ("class", "none") in attrs:
            self.sides.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "mark":
            self._into.pop()

    def handle_data(self, data: str) -> None:
        for texts in self._into:
            texts[-1] += data

    def all(self, name: str) -> list[str | None]:
        return [value for key, value in self.attributes if key == name]


@CHECKED
@given(RECORDS, RECORDS)
def test_the_page_holds_every_disagreement_and_obeys_no_markup_of_letters(a: dict[str, Any], b: dict[str, Any]) -> None:
    hostile = '"><img src=x onerror=alert(1)>'
    found = agreement({hostile: [a], "bob": [b]}, {"<a>": HOSTILE})
    parsed = _Parsed(page(found, {"<a>": HOSTILE}))
    pair = found.pairs[0]
    assert parsed.tags.count("article") == len(pair.disagreements)
    marked = sum((each.a is not None) + (each.b is not None) for each in pair.disagreements)
    assert (len(parsed.marks), len(parsed.sides)) == (marked, 2 * len(pair.disagreements) - marked)
    assert not {"script", "img", "i", "link", "iframe"} & set(parsed.tags)
    assert parsed.all("src") == parsed.all("onerror") == []
    ids = parsed.all("id")
    assert len(ids) == len(set(ids))
    assert {f"#{name}" for name in ids} == set(parsed.all("href"))


def test_every_annotation_that_costs_f1_is_among_the_disagreements() -> None:
    wanted, records, _ = scored(SAMPLES)
    run = [{**records[each["name"]], "name": each["name"]} for each in wanted.records]
    pair = agreement({"gold": wanted.records, "run": run}, wanted.texts).pairs[0]
    assert pair.disagreements
    for label in LABELS:
        counts = pair.counts[f"{label} exact"]
        of_a = [each for each in pair.disagreements if each.kind != "value" and each.a_says.split()[0] == label]
        of_b = [each for each in pair.disagreements if each.kind != "value" and each.b_says.split()[0] == label]
        assert (len(of_a), len(of_b)) == (counts.gold - counts.correct, counts.predicted - counts.correct)


def test_figures_are_those_of_the_evaluation() -> None:
    wanted, records, report = scored(SAMPLES)
    run = [{**records[each["name"]], "name": each["name"]} for each in wanted.records]
    pair = agreement({"gold": wanted.records, "run": run}, wanted.texts).pairs[0]
    for name in (f"{label} {how}" for label in ("ENTITIES", *LABELS) for how in ("exact", "overlap")):
        assert pair.counts[name] == report.counts[name]
    for name in ("DIAGNOSIS assertion", "PROCEDURE status", "MEDICATION status"):
        assert pair.judged[name].share == report.agreements[name].accuracy


def test_the_sentence_stands_around_the_mark_and_controls_do_not() -> None:
    text = f"{'A long way off. ' * 9}The \u202ered knee\x00 has gout. Next."
    at = text.index("gout")
    record = gold({"label": "DIAGNOSIS", "start": at, "end": at + 4, "assertion": "negated"})
    html = page(agreement({"ann": [record], "bob": [gold()]}, {"a": text}), {"a": text})
    assert "The �red knee� has <mark>gout</mark>. " in html
    assert not re.search("[\x00\u202e]", html)
    assert "A long way off" not in html
    assert "Next." not in html


# --- what reviewers changed ------------------------------------------------------------------------------------------


def reviewed(*records: dict[str, Any]) -> Gold:
    return Gold(list(records), {each["name"]: read_bytes(TEXT.encode(), "a.txt", "text/plain") for each in records})


def test_diff_names_the_rule_that_is_answerable() -> None:
    run = gold(
        entity("gout", assertion="affirmed", rule="icd", context_rule="default"),
        entity("fracture", assertion="negated", rule="icd", context_rule="no"),
        entity("left knee", assertion="affirmed", rule="parts", context_rule="default"),
        entity("MRI", "PROCEDURE", status="performed", rule="imaging", context_rule="default"),
        entity("visits", "PROCEDURE", status="performed", rule="visits", context_rule="default"),
        services=({**entity("MRI of the left knee"), "decision": "upheld", "category": "other", "rule": "heading"},),
    )
    after = gold(
        entity("gout", assertion="affirmed"),
        entity("no fracture", assertion="negated"),
        entity("MRI", "PROCEDURE", status="requested"),
        entity("therapy", "PROCEDURE", status="performed"),
        entity("visits", "SESSION_COUNT", min=6, max=6, unit="visit"),
        services=({**entity("MRI of the left knee"), "decision": "upheld", "category": "surgery"},),
    )
    found = diff({"a": run}, reviewed(after, gold(name="b")))
    assert (found.letters, found.without_record) == (1, ["b"])
    labels = {each.label: each for each in found.labels}
    diagnosis, procedure = labels["DIAGNOSIS"], labels["PROCEDURE"]
    assert (diagnosis.found, diagnosis.kept, diagnosis.moved, diagnosis.removed, diagnosis.added) == (3, 1, 1, 1, 0)
    assert (procedure.found, procedure.kept, procedure.added, procedure.relabelled) == (2, 0, 1, 1)
    assert procedure.changed == {"status": 1}
    rules = [(each.rule, each.label, each.duty, each.wrong, each.decided) for each in found.rules]
    assert rules == [
        ("parts", "DIAGNOSIS", "find", 1, 1),
        ("default", "PROCEDURE", "context", 1, 1),
        ("visits", "PROCEDURE", "find", 1, 1),
        ("(vocabulary)", "SERVICE", "category", 1, 1),
        ("icd", "DIAGNOSIS", "find", 1, 2),
        ("default", "DIAGNOSIS", "context", 0, 1),
        ("no", "DIAGNOSIS", "context", 0, 1),
        ("imaging", "PROCEDURE", "find", 0, 1),
        ("heading", "SERVICE", "find", 0, 1),
    ]


def test_diff_of_unchanged_records_finds_nothing_to_mend() -> None:
    wanted = read_gold(SAMPLES)
    found = diff({each["name"]: each for each in wanted.records}, wanted)
    assert {rule.precision for rule in found.rules} == {1.0}
    assert all(label.found == label.kept and not label.added for label in found.labels)


# --- the commands ----------------------------------------------------------------------------------------------------


def annotator(folder: Path, *entities: dict[str, Any], text: str = TEXT) -> Path:
    (folder / "letters").mkdir(parents=True)
    (folder / "letters" / "a.txt").write_text(text, encoding="utf-8")
    (folder / "gold.jsonl").write_text(json.dumps(gold(*entities)) + "\n", encoding="utf-8")
    return folder


def test_agreement_prints_figures_and_writes_page_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ann = annotator(tmp_path / "ann", entity("gout", assertion="negated"))
    bob = annotator(tmp_path / "bob", entity("gout", assertion="[red]possible"))
    agreement_command([ann, bob / "gold.jsonl"], tmp_path / "page.html", tmp_path / "figures.json")
    printed = capsys.readouterr().out
    assert "ann and bob: 1 letters in common, 1 disagreements" in printed
    assert "[red]possible" in printed
    figures = json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))
    assert figures["pairs"][0]["values"]["DIAGNOSIS assertion"] == {"pairs": 1, "agreement": 0.0, "kappa": 0.0}
    assert figures["pairs"][0]["confusion"]["DIAGNOSIS assertion"]["rows"] == [[0, 0], [1, 0]]
    assert "<mark>gout</mark>" in (tmp_path / "page.html").read_text(encoding="utf-8")


def test_diff_prints_rules_and_writes_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, records, _ = scored(SAMPLES)
    run = tmp_path / "run"
    run.mkdir()
    (run / "letters.jsonl").write_text("".join(json.dumps(each) + "\n" for each in records.values()), encoding="utf-8")
    diff_command(run, SAMPLES.parent, tmp_path / "diff.json")
    assert f"{len(records)} reviewed letters; 0 more have no record of the same text" in capsys.readouterr().out
    rules = json.loads((tmp_path / "diff.json").read_text(encoding="utf-8"))["rules"]
    assert [rule["wrong"] for rule in rules] == sorted((rule["wrong"] for rule in rules), reverse=True)
    assert all(rule["precision"] == rule["right"] / rule["decided"] for rule in rules)


def test_what_is_printed_fits_80_columns(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    _, records, _ = scored(SAMPLES)
    run = tmp_path / "letters.jsonl"
    run.write_text("".join(json.dumps(each) + "\n" for each in records.values()), encoding="utf-8")
    diff_command(run, SAMPLES)
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 80
    assert "relabelled" in printed and "precision" in printed and "…" not in printed
    gold = [json.loads(line) for line in SAMPLES.read_text(encoding="utf-8").splitlines()]
    shutil.copytree(SAMPLES.parent, tmp_path / "other")
    for number, service in enumerate(service for record in gold for service in record["services"]):
        service["category"] = CHOICES["category"][number % len(CHOICES["category"])]
    (tmp_path / "other" / "gold.jsonl").write_text("".join(json.dumps(record) + "\n" for record in gold))
    agreement_command([SAMPLES, tmp_path / "other"])
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 80
    assert "SERVICE category" in printed and "…" not in printed


def test_diff_leaves_out_records_of_another_text(tmp_path: Path) -> None:
    record = next(iter(scored(SAMPLES).records.values()))
    run = tmp_path / "letters.jsonl"
    run.write_text(json.dumps(record | {"source": record["source"] | {"text_sha256": "0" * 64}}), encoding="utf-8")
    with pytest.raises(CommandError, match="no record of the text of any of the"):
        diff_command(run, SAMPLES)


def test_commands_refuse_what_cannot_be_compared(tmp_path: Path) -> None:
    ann = annotator(tmp_path / "ann", entity("gout"))
    other = annotator(tmp_path / "other", entity("gout"), text=TEXT.replace("asked", "begged"))
    with pytest.raises(CommandError, match="two or more"):
        agreement_command([ann])
    with pytest.raises(CommandError, match="given twice"):
        agreement_command([ann, ann])
    with pytest.raises(CommandError, match="letter a: the text that other annotated is not the text of the others"):
        agreement_command([ann, other])
    with pytest.raises(CommandError, match="no such file"):
        agreement_command([ann, tmp_path / "nobody.jsonl"])
    with pytest.raises(CommandError, match="no such file"):
        diff_command(tmp_path / "nowhere.jsonl", ann)
    with pytest.raises(CommandError, match="--html"):
        agreement_command([ann, annotator(tmp_path / "bob")], html=tmp_path / "no" / "page.html")
