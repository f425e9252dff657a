"""Each audit rule on a pair of letters: one sound, one with the fault planted. Unrelated changes raise nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import imr_nlp
from imr_nlp.audit import rule_models
from imr_nlp.audit.audit import warnings_of
from imr_nlp.audit.rules import CHECKS, load_audit_rules
from imr_nlp.config import ConfigError, folder, replaced
from imr_nlp.labels import SEVERITIES
from imr_nlp.records.schema import Warning
from support.letters import HEAD, imr_nlp_here
from support.scoring import pipeline

#: A sound letter: no rule fires on it.
SOUND = f"""\
{HEAD}Physical therapy twice weekly for 4 weeks, 8 sessions, neck: Overturned

Claims Administrator guideline: MTUS Neck and Upper Back Complaints 2004, Initial Care.

MAXIMUS guideline: MTUS Chronic Pain Medical Treatment 2009, Physical Medicine.

Decision rationale: The MTUS allows a course of physical medicine after a flare. Her neck has been stiff since the flare
in January, and she has had no therapy for it. Therefore, the request for 8 sessions of physical therapy for the neck is
medically necessary.

MRI of the left wrist: Upheld

Claims Administrator guideline: The Claims Administrator did not use any guideline.

MAXIMUS guideline: MTUS Forearm, Wrist, and Hand Complaints 2004, Special Studies.

Decision rationale: The MTUS reserves imaging for red flags. The notes name no red flag of the left wrist, and her grip
is full. Therefore, the request for an MRI of the left wrist is not medically necessary.

Norco 5/325 mg #60: Upheld

Claims Administrator guideline: The Claims Administrator did not use any guideline.

MAXIMUS guideline: MTUS Opioids Treatment Guidelines 2016.

Decision rationale: The MTUS asks for a gain in function before an opioid is given again. Her notes show none. As such,
the request for Norco 5/325 mg #60 is not medically necessary.
"""

#: Code of the rule, what is replaced in the sound letter, and by what.
PLANTED = [
    ("decision_conflict", "left wrist is not medically necessary", "left wrist is medically necessary"),
    ("amounts_differ", "request for 8 sessions", "request for 12 sessions"),
    ("amounts_differ", "Norco 5/325 mg #60 is not", "Norco 5/325 mg #90 is not"),
    ("amounts_differ", "Norco 5/325 mg #60 is not", "Norco 10/650 mg #60 is not"),
    ("sessions_product", "twice weekly for 4 weeks, 8", "3 times weekly for 4 weeks, 8"),
    ("dates_out_of_order", "Decision Date: 03/29/2016", "Decision Date: 02/10/2016"),
    ("dates_out_of_order", "Date of Injury: 05/06/2014", "Date of Injury: 05/06/2016"),
    ("case_year", "CM16-0999001", "CM12-0999001"),
    ("age_against_dates", "44 year old", "13 year old"),
    ("body_part_differs", "an MRI of the left wrist is not", "an MRI of the left knee is not"),
    ("side_differs", "left wrist, and her grip\nis full. Therefore, the request for an MRI of the left",
     "right wrist, and her grip\nis full. Therefore, the request for an MRI of the right"),
    ("other_service", "Norco 5/325 mg #60 is not", "acupuncture is not"),
    ("other_sex", "Her notes show none.", "His notes show none."),
    ("no_conclusion", " Therefore, the request for an MRI of the left wrist is not medically necessary.", ""),
    ("citation_unformal", "The MTUS reserves imaging", "According to the ODG, imaging is kept"),
    ("citation_repeated", "MTUS Chronic Pain Medical Treatment 2009, Physical Medicine.",
     "MTUS Neck and Upper Back Complaints 2004, Initial Care."),
    ("no_case_number", "Case Number: CM16-0999001 ", ""),
    ("service_lost", "MRI of the left wrist: Upheld\n", ""),
    ("service_lost", "Physical therapy twice weekly for 4 weeks, 8 sessions, neck: Overturned\n", ""),
]  # fmt: skip


@pytest.fixture(scope="module")
def read() -> object:
    nlp = pipeline()
    return lambda text: nlp(text)._.letter


def codes(letter: imr_nlp.Letter) -> set[str]:
    return {warning.code for warning in letter.warnings}


def test_no_rule_fires_on_a_sound_letter(read) -> None:
    assert codes(read(SOUND)) == set()


@pytest.mark.parametrize(("code", "old", "new"), PLANTED)
def test_a_planted_fault_is_found(read, code: str, old: str, new: str) -> None:
    assert old in SOUND
    text = SOUND.replace(old, new, 1)
    letter = read(text)
    assert code in codes(letter), codes(letter)
    for warning in letter.warnings:
        assert warning.severity in SEVERITIES
        assert all(0 <= place.start < place.end <= len(text) for place in warning.places)


WORDS = st.lists(
    st.sampled_from("garden bench rain window paper lamp she her walks often quietly the a in of near".split()),
    min_size=3, max_size=12,
).map(" ".join)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(WORDS)
def test_an_unrelated_sentence_raises_nothing(words: str) -> None:
    text = SOUND.replace("She tried a splint.", f"She tried a splint. {words.capitalize()}.")
    assert codes(pipeline()(text)._.letter) == set()


def test_messages_hold_no_text_of_the_letter(read) -> None:
    for _, old, new in PLANTED:
        for warning in read(SOUND.replace(old, new, 1)).warnings:
            for word in ("Norco", "wrist", "gardener", "CM16"):
                assert word not in warning.message


def test_every_check_is_used_or_documented() -> None:
    used = {rule.check for rule in load_audit_rules()}
    assert set(CHECKS) - used <= {"phrase"}


def test_rules_of_ones_own_add_replace_and_switch_off(read, tmp_path: Path) -> None:
    own = tmp_path / "own.yml"
    own.write_text(
        "rules:\n"
        "- {code: red_flag, check: phrase, pattern: 'red flags?', roles: [fact, gap, guideline], decision: upheld,\n"
        "   severity: info, message: '{service}: a red flag is named.', reason: They matter.}\n"
        "- {code: many, check: value, field: service.count, above: 50, severity: error, message: '{service}: many.',"
        " reason: r}\n"
        "- {code: no_conclusion, check: no_role, role: conclusion, severity: off, message: m, reason: r}\n",
        encoding="utf-8",
    )
    rules = load_audit_rules(str(own))
    text = SOUND.replace(PLANTED[13][1], "")
    found = {w.code: w for w in warnings_of(read(text), text, rules)}
    assert {"red_flag", "many"} <= set(found)
    assert "no_conclusion" not in found
    place = found["red_flag"].places[-1]
    assert text[place.start : place.end].startswith("red flag")


def rule(settings: str) -> str:
    """Return a file with one rule, whose settings replace those of a plain one."""
    plain = {"code": "a", "severity": "info", "message": "m", "reason": "r"}
    return "rules:\n- " + json.dumps({**plain, **yaml.safe_load(f"{{{settings}}}")})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("a: 1", "rules"),
        ("rules: 5", "rules"),
        ("rules: [5]", r"broken\.yml:1: rule 1: not a mapping"),
        ("rules: [{code: a}]", "check"),
        (rule("check: nothing"), 'check: unknown check "nothing"; use one of age, '),
        (rule("check: phrase, pattern: x, roles: [gap], severity: loud"), 'severity: "loud" is not known; use'),
        (rule("check: phrase, roles: [gap]"), 'the key "pattern" is missing'),
        (rule("check: phrase, roles: [gap], patern: x"), 'unknown key "patern"; did you mean "pattern"'),
        (rule("check: phrase, roles: [gap], pattern: '('"), "pattern: bad regular expression"),
        (rule("check: phrase, roles: [gap], pattern: 'x*'"), "pattern: the pattern can match no text at all"),
        (rule("check: phrase, roles: [gap], pattern: '(a+|[a-z ]+)+$'"), "alternatives .* begin alike"),
        (rule("check: phrase, roles: [gapp], pattern: x"), 'roles.0: "gapp" is not known; use .*conclusion'),
        (rule("check: value, field: service.foo, above: 1"), 'field: service has no field "foo"; it has .*sessions'),
        (rule("check: value, field: service.count, above: x"), "above: must be a valid number"),
        (rule("check: value, field: service.text, above: 1"), "field: service.text is no number; ask for is"),
        (rule("check: value, field: service.count"), "asks nothing of the field; add is, above or below"),
        (rule("check: value, field: service.count, is: 1, above: 1"), "write two rules"),
        (rule("check: value, field: service.decision, is: overturnd"), 'is: "overturnd" is not known; use'),
        (rule("check: value, field: source.layout, is: texan"), 'is: "texan" is no layout; use notice-2013'),
        (rule("check: missing, value: case.foo"), 'value: case has no field "foo"; it has case_number'),
        (rule("check: missing, value: service.citations.foo"), 'value: "foo" is no party; use claims_administrator'),
        (rule("check: dates_in_order, order: [foo, bar]"), 'order.0: "foo" is not known; use .case.date_of_injury'),
        (rule("check: age, youngest: x, oldest: 95"), "youngest: must be a valid number"),
        (rule("check: limits, decision: foo"), 'decision: "foo" is not known; use'),
        (rule("check: no_role, role: gap, not_layouts: [texan]"), 'not_layouts.0: "texan" is no layout'),
        (rule("check: amounts_agree, roles: [gap], unless: x, patterns: {a: '\\d'}"), "patterns.a: .* has one group"),
        (rule("check: case_year, message: 'In {foo}.'"), "message: {foo} stands for nothing here; write it without"),
        (rule("check: split_amounts, message: 'In {foo}.'"), "message: {foo} stands for nothing here; use {service}"),
        (rule("check: case_year, code: a b"), "code: "),
        (rule("check: case_year, code: case_yaer, severity: off"), 'not shipped; did you mean "case_year"'),
        (rule("check: case_year") + "\n" + rule("check: case_year").partition("\n")[2],
         r"broken\.yml:3: rule 2 \('a'\): code: rule 1 has this code too"),
    ],
)  # fmt: skip
def test_a_broken_rules_file_is_refused_with_its_reason(tmp_path: Path, content: str, reason: str) -> None:
    path = tmp_path / "broken.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=reason) as refused:
        load_audit_rules(str(path))
    assert "broken.yml" in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_shipped_rules_fit_the_models_of_their_checks() -> None:
    assert set(rule_models._SETTINGS) == set(CHECKS)
    with replaced({"audit.yml": (folder("configs") / "audit.yml").read_text(encoding="utf-8")}):
        load_audit_rules.cache_clear()
        assert load_audit_rules()


def test_the_command_refuses_a_broken_rules_file_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "letters.jsonl").write_text("", encoding="utf-8")
    own = tmp_path / "own.yml"
    own.write_text(rule("check: value, field: service.foo, above: 1"), encoding="utf-8")
    done = imr_nlp_here("audit", tmp_path, "--rules", own)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"{own}:2: rule 1 ('a'): field: service has no field" in done.stderr


def test_older_records_without_severity_are_warnings() -> None:
    assert Warning(code="a", message="b").severity == "warning"


@pytest.mark.slow
def test_the_command_lists_counts_and_fails_on_demand(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(SOUND, encoding="utf-8")
    (tmp_path / "b.txt").write_text(SOUND.replace(*PLANTED[5][1:]), encoding="utf-8")

    out = tmp_path / "out"
    done = imr_nlp_here("run", tmp_path / "a.txt", tmp_path / "b.txt", "-o", out)
    assert done.returncode == 0, done.stderr
    assert "warnings: " in done.stderr
    assert "(dates_out_of_order " in done.stderr
    listed = imr_nlp_here("audit", out)
    assert listed.returncode == 0
    assert "dates_out_of_order" in listed.stdout
    assert "b.txt" in listed.stdout
    assert "a.txt" not in listed.stdout
    rows = [json.loads(line) for line in imr_nlp_here("audit", out, "--json").stdout.splitlines()]
    assert {row["code"] for row in rows} == {"dates_out_of_order"}
    assert imr_nlp_here("audit", out, "--fail-on", "error").returncode == 1
    assert imr_nlp_here("audit", tmp_path / "none").returncode == 2
    import pyarrow.parquet as pq

    table = pq.read_table(out / "warnings.parquet").to_pylist()
    assert [row["code"] for row in table] == [row["code"] for row in rows]


@pytest.mark.slow
def test_contradictions_planted_in_the_samples_are_found(read) -> None:
    """Letters of three shapes, with each contradiction planted in each of their services."""
    cases = []
    for number, (age, case) in enumerate([(44, "CM16-0999001"), (51, "CM16-0999100"), (38, "CM16-0999200")]):
        base = SOUND.replace("44 year old", f"{age} year old").replace("CM16-0999001", case)
        base = base.replace("gardener", ["gardener", "cook", "driver"][number])
        cases += [
            (
                code,
                base.replace(old.replace("CM16-0999001", case).replace("44 year", f"{age} year"), new, 1),
            )
            for code, old, new in PLANTED
        ]
    found = sum(code in codes(read(text)) for code, text in cases)
    assert found / len(cases) >= 0.95


def test_words_of_a_rule_may_stand_on_two_lines(tmp_path: Path) -> None:
    rules = tmp_path / "own.yml"
    rules.write_text(
        "rules:\n- {code: screen, check: phrase, pattern: no urine drug screen, roles: [gap, fact, other, conclusion],"
        " severity: info, message: '{service}: no screen', reason: none}\n",
        encoding="utf-8",
    )
    text = HEAD + "Norco #60: Upheld\n\nDecision rationale: There is no urine \n drug screen on file. It is denied.\n"
    doc = pipeline()(text)
    found = [one for one in warnings_of(doc._.letter, text, load_audit_rules(str(rules))) if one.code == "screen"]
    assert [text[one.places[-1].start : one.places[-1].end] for one in found] == ["no urine \n drug screen"]


def test_every_message_is_short_whatever_service_it_names() -> None:
    # The fuzz runs take a long message for a sign that it holds text of the letter.
    words = {"service": "service-100", "earlier": "application_received", "later": "application_received"}
    for rule in load_audit_rules():
        assert len(rule.message.format_map(words)) < 100, rule.code
