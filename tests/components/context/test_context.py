"""Assertion and status: the phenomena of the label guide on invented sentences, scopes, and what stays on a Doc."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from medspacy.context import ConTextRule
from spacy.language import Language
from spacy.tokens import Doc, DocBin

import imr_nlp.doc.tokenizer  # noqa: F401  (registers the tokenizer)
from imr_nlp.components.context.component import FLAGS, ContextResolver
from imr_nlp.concepts.service_names import ServiceNames
from imr_nlp.doc.spans import add_span, attrs_of, spans_of
from support.paths import DATA
from support.pipes import Pipes, fresh, shared

#: "{D fracture negated}": an entity's label, its words and what it is to become.
MARK = re.compile(r"\{([DPM]) ([^{}]+) (\w+)\}")
LABEL = {"D": "DIAGNOSIS", "P": "PROCEDURE", "M": "MEDICATION"}


PIPES = ("sentencizer", "imr_context")
NLP = Pipes(*PIPES)


def language() -> Language:
    """A pipeline of tokenizer, sentence splitter and imr_context, to be changed."""
    return fresh(*PIPES)


@pytest.fixture(scope="module")
def nlp() -> Language:
    return shared(*PIPES)


def marked(text: str) -> tuple[str, list[tuple[int, int, str, str]]]:
    """Return a marked text without its marks, and its entities: start, end, label, expected value."""
    plain, entities, last = "", [], 0
    for mark in MARK.finditer(text):
        plain += text[last : mark.start()]
        entities.append((len(plain), len(plain) + len(mark[2]), LABEL[mark[1]], mark[3]))
        plain, last = plain + mark[2], mark.end()
    return plain + text[last:], entities


def decided(
    nlp: Language, text: str, role: str | None = None, services: tuple[str, ...] = (), section: str = ""
) -> Iterator[tuple[str, str, str]]:
    """Yield (words, expected, found) of each marked entity."""
    plain, entities = marked(text)
    doc = nlp.get_pipe("sentencizer")(nlp.make_doc(plain))
    for start, end, label, _ in entities:
        add_span(doc, "imr", start, end, label, rule="test")
    if section:
        add_span(doc, "sections", 0, len(plain), section, rule="test", body_start=0, body_end=len(plain), service=0)
    for sentence in doc.sents if role else ():
        add_span(doc, "rationale", sentence.start_char, sentence.end_char, role, rule="test", service=0)
    for procedure in services:
        add_span(doc, "services", 0, 1, "upheld", rule="test", procedure=procedure)
    doc = nlp.get_pipe("imr_context")(doc)
    for span, (_, _, _, expected) in zip(spans_of(doc, "imr"), entities, strict=True):
        yield span.text, expected, span._.assertion or span._.status


def check(found: Iterator[tuple[str, str, str]]) -> None:
    for words, expected, value in found:
        assert value == expected, words


DIAGNOSES = [
    # where a negation ends
    "There is no evidence of {D radiculopathy negated}, but there is a {D ankle sprain affirmed}.",
    "She denies weakness; the scan shows a {D meniscus tear affirmed}.",
    "No evidence of {D fracture negated}, {D dislocation negated} or {D tumor negated}.",
    "Films were negative for {D fracture negated} and showed {D spondylosis affirmed}.",
    "He denied {D diabetes negated} and {D asthma negated} but has {D hypertension affirmed}.",
    "No abnormality other than a {D mild wrist sprain affirmed} was found.",
    "No {D hernia negated}, scan revealed {D bursitis affirmed}.",
    "Normal disc heights without {D stenosis negated}; {D facet arthropathy affirmed} is present.",
    "X-rays were unremarkable for {D fracture negated}.",
    # negation before and after
    "A {D scaphoid fracture negated} was ruled out by the scan.",
    "Imaging ruled out {D scaphoid fracture negated}.",
    "The study did not reveal {D stenosis negated}.",
    "{D Infection negated} was not seen.",
    "There is no documentation that the worker has {D osteoarthritis negated}.",
    "There is no indication the employee was diagnosed with {D gastritis negated}.",
    "The worker has no {D diabetes negated}, neither {D gout negated} nor {D asthma negated}.",
    # not a negation
    "There was no change in the {D carpal tunnel syndrome affirmed}.",
    "The {D shoulder sprain affirmed} has not improved.",
    # possible
    "An MRI was ordered to rule out {D labral tear possible}.",
    "R/O {D scaphoid fracture possible}.",
    "{D Knee sprain affirmed}, {D ankle sprain affirmed} and possible {D lumbar radiculopathy possible}.",
    "Findings show probable {D tendinosis possible} or {D partial tear possible} of the tendon.",
    "There is concern for {D compartment syndrome possible}.",
    "{D Carpal tunnel syndrome possible} versus {D cubital tunnel syndrome possible}.",
    "{D Stress fracture possible} cannot be ruled out.",
    "{D Labral tear possible} is suspected.",
    "The differential includes {D gout possible} and {D cellulitis possible}.",
    # historical
    "He has a history of {D diabetes historical} and {D gout historical}.",
    "Past medical history included {D migraine historical}.",
    "The prior {D wrist fracture historical} healed.",
    "The {D cellulitis historical} has resolved.",
    "The {D cellulitis affirmed} has not resolved.",
    "History of present illness: the worker developed {D tendinitis affirmed}.",
    "The worker has a history of {D low back injury affirmed} on 3/2/16.",
    "He denies any history of {D seizures negated}.",
    # hypothetical, family
    "If there is {D nerve root compression hypothetical}, surgery follows.",
    "Patients with {D chronic neck strain hypothetical} often improve.",
    "If the pain persists, then the {D rotator cuff tear affirmed} is operated on.",
    "He is at risk for {D addiction hypothetical}.",
    "There is a family history of {D heart disease family}.",
    "His mother had {D breast cancer family}.",
    "Family history is negative for {D stroke family}.",
    # contractions
    "There isn't any {D fracture negated}.",
    "The scan doesn’t show a {D labral tear negated}.",
    # a list that "no" denies has an "or"; without one the comma ends it
    "The films show no {D fracture negated}, mild {D spurring affirmed} and a {D loose body affirmed}.",
    "There is no {D fracture negated}, {D dislocation negated} or {D effusion negated}.",
    "Vertigo w/o {D concussion negated} (850.9), {D neck strain affirmed}, {D insomnia affirmed}.",
    "No acute, displaced {D fracture negated}.",
    "She denies {D asthma negated}, {D diabetes negated}, {D gout negated}.",
    # an item of a list and its doubt
    "{D Radial tunnel syndrome possible}, rule out; {D wrist sprain affirmed}; {D plantar fasciitis possible} - r/o.",
    "{D Gout possible} suspected.",
    "{D Gastritis possible} and {D reflux possible} both remain on the list.",
    "{D Hypothyroidism negated} and {D diabetes negated} denied, though his mother has {D gout family}.",
    "The {D neuropathy negated} is excluded by the study.",
    "The worker meets the usual criteria for {D frozen shoulder affirmed}.",
    "Patients must meet the criteria for {D frozen shoulder hypothetical}.",
    "Contraindications are {D stroke hypothetical}, {D glaucoma hypothetical} and {D epilepsy hypothetical}.",
    "PMH is positive for {D hypertension historical} and {D gout historical}.",
    # treatment that did not help, change that is denied, a differential, a suspicion
    "Acupuncture did not help the {D cervical sprain affirmed}.",
    "She denies improvement of her {D insomnia affirmed} with trazodone.",
    "There is no documentation of any relief of the {D plantar fasciitis affirmed}.",
    "Without her splint the {D tendinitis affirmed} flares.",
    "Without a {D fracture negated}, he was sent home.",
    "The differential diagnosis is {D gout possible} or {D cellulitis possible}.",
    "{D Osteomyelitis possible} is strongly suspected.",
    "{D Septic bursitis possible} is likely, and the joint was tapped.",
    "{D Septic bursitis affirmed} is likely to need surgery.",
    "Prior to this injury she was treated for {D depression historical}.",
    "Prior to this injury he had no {D radiculopathy negated}.",
    "His family physician, who diagnosed {D lumbar strain affirmed}, took him off work.",
    # more ways to deny and to doubt
    "{D Tendinopathy negated} and {D bursitis negated} are both absent on the scan.",
    "The ultrasound ruled a {D rotator cuff tear negated} out.",
    "The worker was screened for {D lupus negated}, which was negative.",
    "{D Compartment syndrome negated} was never in evidence.",
    "The doctor is worried about {D nonunion possible}.",
    "This could well be a {D scaphoid fracture possible}.",
    "A {D neuroma possible} might be responsible for the pain.",
    "Whether the worker has {D fibromyalgia possible} is uncertain.",
    "The films could not distinguish {D gout possible} from {D arthritis possible}.",
    # what is denied is something else
    "The carrier denied a wrist brace for {D tendinitis affirmed}.",
    "She was denied surgery; there is no {D fracture negated}.",
    "There was little benefit from acupuncture for his {D migraine affirmed}.",
    "Possible surgery for the {D meniscus tear affirmed} was discussed.",
    "A possible {D meniscus tear possible} was discussed.",
    "{D Carpal tunnel syndrome affirmed} was confirmed, not excluded, by the study.",
    "There are no contraindications such as {D fracture negated}.",
]


@pytest.mark.parametrize("text", DIAGNOSES)
def test_assertion_of_a_diagnosis(nlp: Language, text: str) -> None:
    check(decided(nlp, text))


TREATMENTS = [
    "The patient underwent {P shoulder arthroscopy performed} last year.",
    "Treatment to date has included {P acupuncture performed}; {P traction performed}; and {M ibuprofen performed}.",
    "She completed six visits of {P chiropractic treatment performed}.",
    "{P X-rays performed} of the wrist were unremarkable.",
    "He is status post {P carpal tunnel release performed}.",
    "Current medications include {M gabapentin performed} and {M meloxicam performed}.",
    "The worker was prescribed {M naproxen performed}.",
    "Without her {P cane performed} she cannot cross the street.",
    "Without a trial of {P acupuncture negated} he is no candidate.",
    "He hardly drives to work without his {P wrist brace performed}.",
    "Neither {P acupuncture performed} nor {P traction performed} has enabled him to lift.",
    "He has not tried {P acupuncture negated}, only six visits of {P chiropractic treatment performed}.",
    "{M Naproxen performed} was prescribed.",
    "The treatment plan included {P acupuncture planned}, {P aquatic therapy planned} and {M tramadol planned}.",
    "The surgeon ordered {P CT scan planned} and scheduled a {P discogram planned}.",
    "{P Aquatic therapy planned} was authorized.",
    "The worker is scheduled for {P knee arthroscopy planned}.",
    "She is awaiting {P epidural steroid injection planned}.",
    "He has not had {P acupuncture negated}.",
    "There was no prior {P physical therapy negated}.",
    "The employee declined {P epidural steroid injection negated}.",
    "He is not a candidate for {P surgery negated}.",
    "{P Acupuncture negated} has not been tried.",
    "There is no documentation that the worker has tried and failed {M antidepressants negated}.",
    "There is a lack of documentation regarding the failure of {M anticonvulsants negated}.",
    "She manages without {M opioids negated}.",
    "The physician requested authorization for {P work hardening requested}.",
    "Utilization Review non-certified the request for {P lumbar fusion requested} and {P lumbar brace requested}.",
    "Utilization review denied {M celecoxib requested}.",
    "{P Lumbar brace requested} was denied by the carrier.",
    "The request for {P massage requested} was non-certified; {P acupuncture planned} was approved.",
    "The MRI requested, {P MRI requested}, is not medically necessary.",
    "{P Magnetic resonance imaging general} is indicated for patients with progressive deficits.",
    "Guidelines recommend {M muscle relaxants general} for short courses.",
    # "never" and a verb, and what the worker denies
    "The claimant never underwent the {P meniscectomy negated} that was offered.",
    "She says that she never filled the {M Topamax negated}.",
    "He did not pick up the {M Flexeril negated} and has been using {M Advil performed}.",
    "The employee denied ever having had {P cortisone injections negated}.",
    "There are no reports of {P facet injections negated} having been given.",
    "He never went back to work after {P spinal fusion performed}.",
    "Past care: no {P surgery negated}, {P acupuncture performed} x 6.",
    # what is going to be done, and what was done of it
    "She is going to undergo {P knee arthroscopy planned} in May.",
    "He will be tried on {M duloxetine planned}.",
    "She declines {P injections negated}, will try {M etodolac planned}.",
    "The worker was put on the waiting list for a {P pain program planned}.",
    "He was given a referral slip for {P hand therapy planned}.",
    "Authorization was received for {P massage planned}.",
    "She completed all eight authorized visits of {P acupuncture performed}.",
    "Eight authorized visits of {P acupuncture planned} begin on Friday.",
    "A fusion was recommended after months of {P physical therapy performed} had not helped.",
    # contractions
    "{P Spinal fusion negated} isn't being considered.",
    "A {M tricyclic negated} hasn’t been tried.",
    "She isn't engaged in a {P walking program negated}.",
    # what a request lists
    "RFA 3/9/16: {P hot tub requested}, {M diclofenac requested}, and {P podiatry consult requested}.",
    "In the request of 4/2/15 the surgeon lists: {P walker requested}, {P commode requested}.",
    "Carrier approved {M topiramate planned}; {M zolpidem requested} and {M Butrans requested} denied.",
    "{P Shower chair planned} approved. {P Ramp requested} denied by UR.",
    # what is missing beside a treatment that took place
    "He is on {M ibuprofen performed} and {M bupropion performed}; {M tramadol performed} was not tolerated.",
    "There was no reduction in his use of {M Percocet performed}.",
    "No functional gains were attributed to the {M fentanyl performed}.",
    "There is no radiculopathy on {P EMG performed}.",
    # what is not planned, and what would do
    "No plans at this time for {P knee replacement negated}.",
    "{P Osteotomy negated} not indicated.",
    "A {P cane general} would suffice.",
    "Heat, {P traction performed}, but never {P acupuncture negated}.",
]


@pytest.mark.parametrize("text", TREATMENTS)
def test_status_of_a_procedure_or_medication(nlp: Language, text: str) -> None:
    check(decided(nlp, text))


@pytest.mark.parametrize(
    ("text", "services"),
    [
        (
            "The treatment plan included {P acupuncture planned} and an {P MRI requested}.",
            ("magnetic resonance imaging",),
        ),
        ("The physician recommended {P aquatic therapy requested}.", ("aquatic therapy",)),
        ("There is no discussion of an {P MRI requested} of the wrist.", ("mri",)),
        ("There is no discussion of {P acupuncture negated}.", ("mri",)),
        ("An {P MRI planned} was approved.", ("mri",)),
        ("He underwent {P MRI performed} in May.", ("mri",)),
    ],
)
def test_what_is_disputed_is_requested(nlp: Language, text: str, services: tuple[str, ...]) -> None:
    check(decided(nlp, text, services=services))


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("{P Acupuncture general} reduces pain in {D fibromyalgia hypothetical}.", "guideline"),
        (
            "ODG recommends {P bone scans general} before {P fusion general} of a {D nonunion hypothetical}.",
            "guideline",
        ),
        (
            "Regarding the request for {P bone scan requested}, ODG recommends {P radiographs general} first.",
            "guideline",
        ),
        ("In this case the worker underwent {P bone scan performed}.", "guideline"),
        ("In this case the worker has {D a nonunion affirmed}.", "guideline"),
        ("Therefore {P bone scan requested} is not medically necessary.", "conclusion"),
        ("{P Bone scan requested} cannot be endorsed here.", "conclusion"),
        ("The worker completed {P aquatic therapy performed}.", "fact"),
        ("The guidelines recommend {P traction general} for patients with {D stenosis hypothetical}.", "fact"),
        ("The guidelines recommend {P traction general} for patients with {D stenosis hypothetical}.", None),
    ],
)
def test_sentence_role_is_evidence_and_words_may_overrule_it(nlp: Language, text: str, role: str | None) -> None:
    check(decided(nlp, text, role=role, section="rationale"))


class Sentence(NamedTuple):
    """A line of context_sentences.txt."""

    where: str
    services: tuple[str, ...]
    text: str
    known_wrong: bool

    def read(self, nlp: Language, role: str | None) -> Iterator[tuple[str, str, str]]:
        section = "" if self.where == "summary" else "rationale"
        return decided(nlp, self.text, role=role, services=self.services, section=section)

    @property
    def role(self) -> str | None:
        return None if self.where in ("summary", "none") else self.where


def sentences() -> list[Sentence]:
    """The invented sentences beside this file."""
    found = []
    for line in (DATA / "context_sentences.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            where, service, text = line.removeprefix("! ").split(" | ")
            found.append(Sentence(where, () if service == "-" else (service,), text, line.startswith("!")))
    return found


SENTENCES = sentences()


@pytest.mark.parametrize("sentence", SENTENCES, ids=[MARK.sub(r"\2", sentence.text)[:60] for sentence in SENTENCES])
def test_invented_sentences(nlp: Language, sentence: Sentence) -> None:
    right = all(value == expected for _, expected, value in sentence.read(nlp, sentence.role))
    if sentence.known_wrong:
        assert not right, "no longer wrong: take the ! away"
    else:
        check(sentence.read(nlp, sentence.role))


def test_most_is_right_without_the_roles(nlp: Language) -> None:
    found = [pair[1:] for sentence in SENTENCES for pair in sentence.read(nlp, None)]
    assert sum(expected == value for expected, value in found) >= 0.85 * len(found)


def test_without_roles_general_talk_goes_on_to_the_next_sentence(nlp: Language) -> None:
    text = (
        "Guidelines recommend {P traction general} rarely. "
        "{D Sprain hypothetical}: nine visits. "
        "In this case the worker has {D stenosis affirmed}."
    )
    check(decided(nlp, text, section="rationale"))


def test_a_service_heading_requests_even_what_was_authorized(nlp: Language) -> None:
    check(
        decided(
            nlp, "{P Traction requested} times 4 was authorized; {M ibuprofen requested}: Upheld", section="service"
        )
    )


def test_the_rule_that_decided_is_kept(nlp: Language) -> None:
    doc = nlp.make_doc("No evidence of fracture.")
    span = add_span(doc, "imr", 15, 23, "DIAGNOSIS", rule="test")
    nlp.get_pipe("imr_context")(doc)
    assert span._.context_rule in {rule.metadata["id"] for rule in nlp.get_pipe("imr_context").rules}


def test_an_attribute_that_an_entity_brings_is_final(nlp: Language) -> None:
    doc = nlp.make_doc("No evidence of fracture.")
    span = add_span(doc, "imr", 15, 23, "DIAGNOSIS", rule="mine", assertion="historical")
    nlp.get_pipe("imr_context")(doc)
    assert (span._.assertion, span._.context_rule) == ("historical", "mine")


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("No evidence of {D gout negated}.", "is_negated"),
        ("Possible {D gout possible}.", "is_uncertain"),
        ("History of {D gout historical}.", "is_historical"),
        ("Patients with {D gout hypothetical}.", "is_hypothetical"),
        ("Family history of {D gout family}.", "is_family"),
        ("He has not had {P acupuncture negated}.", "is_negated"),
    ],
)
def test_medspacys_flags_agree(nlp: Language, text: str, flag: str) -> None:
    plain, [(start, end, label, _)] = marked(text)
    doc = nlp.make_doc(plain)
    span = add_span(doc, "imr", start, end, label, rule="test")
    nlp.get_pipe("imr_context")(doc)
    assert {name for name in FLAGS if span._.get(name)} == {flag}
    doc.ents = [span]
    assert {name for name in FLAGS if doc.ents[0]._.get(name)} == {flag}


def test_flags_can_still_be_set_by_medspacys_own_components(nlp: Language) -> None:
    span = nlp.make_doc("gout")[0:1]
    assert span._.is_negated is False
    span._.is_negated = True
    assert span._.is_negated is True


LETTER = (
    "No evidence of {D fracture negated}, but possible {D gout possible}. "
    "The worker underwent {P bone scan performed}. Utilization review denied {M celecoxib requested}."
)


@Language.component("test_entities")
def mark_entities(doc: Doc) -> Doc:
    """Add the entities of LETTER wherever its words stand."""
    for words, label in (
        ("fracture", "DIAGNOSIS"),
        ("gout", "DIAGNOSIS"),
        ("bone scan", "PROCEDURE"),
        ("celecoxib", "MEDICATION"),
    ):
        start = doc.text.index(words)
        add_span(doc, "imr", start, start + len(words), label, rule="test")
    return doc


def summary(doc: Doc) -> list[tuple]:
    return [
        (span.text, span.label_, attrs_of(span), [span._.get(name) for name in FLAGS])
        for span in sorted(doc.spans["imr"], key=lambda span: span.start)
    ]


@pytest.mark.slow
def test_results_survive_processes_bytes_docbin_and_disk(tmp_path) -> None:
    nlp = language()
    nlp.add_pipe("test_entities", before="imr_context")
    text, entities = marked(LETTER)
    expected = summary(nlp(text))
    assert [known["assertion" if label == "DIAGNOSIS" else "status"] for _, label, known, _ in expected] == [
        value for *_, value in entities
    ]
    assert [summary(doc) for doc in nlp.pipe([text] * 4, n_process=2, batch_size=1)] == [expected] * 4
    assert summary(Doc(nlp.vocab).from_bytes(nlp(text).to_bytes())) == expected
    stored = DocBin(docs=[nlp(text)], store_user_data=True).to_bytes()
    assert [summary(doc) for doc in DocBin().from_bytes(stored).get_docs(nlp.vocab)] == [expected]
    nlp.to_disk(tmp_path / "model")
    assert summary(spacy.load(tmp_path / "model")(text)) == expected


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from([" ", "  ", "\n", " \n ", "\t", "\n\n"]), min_size=60, max_size=60))
def test_white_space_changes_nothing(blanks: list[str]) -> None:
    plain, entities = marked(LETTER)
    supply = iter(blanks)
    spaced = re.sub(" ", lambda _: next(supply), plain)
    doc = NLP.get_pipe("sentencizer")(NLP.make_doc(spaced))
    doc = NLP.get_pipe("imr_context")(mark_entities(doc))
    assert [span._.assertion or span._.status for span in spans_of(doc, "imr")] == [value for *_, value in entities]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.sampled_from(["fracture", "gout", "ankle sprain", "bursitis", "stenosis"]),
        min_size=1,
        max_size=5,
        unique=True,
    ),
    st.sampled_from(["No evidence of", "Denies", "Negative for", "There are no signs of"]),
    st.sampled_from([" but ", "; "]),
)
def test_a_negated_list_ends_at_the_contrast(names: list[str], cue: str, contrast: str) -> None:
    listed = ", ".join(f"{{D {name} negated}}" for name in names)
    check(decided(NLP, f"{cue} {listed}{contrast}{{D tendinitis affirmed}} is present."))


def test_a_users_rules_win_and_replace(tmp_path) -> None:
    extra = tmp_path / "extra.yml"
    extra.write_text(
        "context:\n"
        "- {id: mine, literal: zapped by, category: HISTORICAL, direction: FORWARD, allowed_types: [DIAGNOSIS]}\n"
        "- {id: dx-no, literal: never ever, category: NEGATED_EXISTENCE, direction: FORWARD}\n",
        encoding="utf-8",
    )
    nlp = language()
    nlp.replace_pipe("imr_context", "imr_context", config={"extra_rules": str(extra)})
    check(
        decided(
            nlp,
            "Denies being zapped by {D gout historical}. No {D stenosis affirmed}. Never ever {D bursitis negated}.",
        )
    )


def test_a_users_pattern_may_ask_anything_that_spacys_matcher_knows(tmp_path) -> None:
    extra = tmp_path / "extra.yml"
    extra.write_text(
        "context:\n"
        "- {id: mine, pattern: [{LOWER: {REGEX: '^zap'}}, {IS_ALPHA: true, OP: '{1,5}'}, {LOWER: by}],"
        " category: FAMILY, direction: FORWARD}\n",
        encoding="utf-8",
    )
    nlp = language()
    nlp.replace_pipe("imr_context", "imr_context", config={"extra_rules": str(extra)})
    check(decided(nlp, "Zapped once more by {D gout family}."))


def test_max_targets_takes_the_nearest(tmp_path) -> None:
    extra = tmp_path / "extra.yml"
    extra.write_text(
        "context:\n"
        "- {id: mine, literal: quux, category: FAMILY, direction: BIDIRECTIONAL, max_targets: 1, max_scope: 6}\n"
    )
    nlp = language()
    nlp.replace_pipe("imr_context", "imr_context", config={"extra_rules": str(extra)})
    check(decided(nlp, "{D Gout affirmed} and then quux {D bursitis family} with {D stenosis affirmed}."))


def test_rules_are_medspacys() -> None:
    assert all(isinstance(rule, ConTextRule) for rule in ContextResolver(NLP).rules)


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("MRI", True),
        ("MRIs", True),
        ("additional physical therapy", True),
        ("therapy", True),
        ("acupuncture", False),
        ("massage therapy", False),
    ],
)
def test_names_of_the_disputed_service(name: str, same: bool) -> None:
    names = ServiceNames({"generic": ["therapy", "additional"], "same": [["mri", "magnetic resonance imaging"]]})
    disputed = names.keys(["Magnetic resonance imaging", "physical therapy"])
    assert names.among(name, disputed) is same


CLAUSES = [
    line for line in (DATA / "context_clauses.txt").read_text(encoding="utf-8").splitlines() if not line.startswith("#")
]


@pytest.mark.parametrize("text", CLAUSES)
def test_what_a_clause_says_ends_with_it(nlp: Language, text: str) -> None:
    check(decided(nlp, text))


def test_an_answer_ends_with_its_line(nlp: Language) -> None:
    check(decided(nlp, "{D Migraine negated}: no\n{D Vertigo affirmed}: yes\n{D Gout negated}: absent\n"))


def test_a_leader_leads_to_an_answer(nlp: Language) -> None:
    check(decided(nlp, "{D Migraine negated} - - - - - - no\n{D Vertigo affirmed} - - - - - - - yes\n"))


def test_a_line_that_goes_on_is_no_answer(nlp: Language) -> None:
    check(decided(nlp, "He has {D gout affirmed}, no\n{D vertigo negated} or {D migraine negated}."))


@given(st.lists(st.tuples(st.sampled_from(["gout", "vertigo", "asthma"]), st.booleans()), min_size=1, max_size=6))
@settings(max_examples=30, deadline=None)
def test_answers_in_a_list_do_not_touch_each_other(items: list[tuple[str, bool]]) -> None:
    listed = (f"{{D {name} {'affirmed' if there else 'negated'}}}: {'yes' if there else 'no'}" for name, there in items)
    check(decided(NLP, ", ".join(listed) + "."))


@given(st.permutations(["edema", "erythema", "effusion", "atrophy"]), st.sampled_from(["No ", "Denies ", "Without "]))
@settings(max_examples=20, deadline=None)
def test_the_order_of_a_negated_list_does_not_matter(names: list[str], cue: str) -> None:
    listed = ", ".join(f"{{D {name} negated}}" for name in names[:-1]) + f" or {{D {names[-1]} negated}}."
    check(decided(NLP, cue + listed))


# spaCy's sentencizer, which these tests use, gives the mark that opens a sentence ("(-)") to the sentence before.
OPENED_BY_WORDS = [clause for clause in CLAUSES if clause[0].isalnum() or clause[0] == "{"]


@given(st.sampled_from(OPENED_BY_WORDS), st.sampled_from(["The sky was blue.", "He came by bus.", "Page two follows."]))
@settings(max_examples=20, deadline=None)
def test_another_sentence_changes_nothing(text: str, other: str) -> None:
    check(decided(NLP, f"{other} {text} {other}"))
