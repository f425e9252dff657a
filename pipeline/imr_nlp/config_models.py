"""Models of the files under ``configs/``: which keys a file has, and of what type.

`config_faults` checks a file with its model. The models hold structure only. What words mean to a
component, such as the roles of a cue, is checked by that component.

Unknown keys are refused. Numbers, texts and true or false are not converted into one another.
"""

# ruff: noqa: RUF012 (pydantic copies the defaults of its models)
from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import ConfigDict, Field, StrictStr

from imr_nlp.config_layouts import LAYOUT_MODELS
from imr_nlp.config_types import (
    Colour,
    Exemplified,
    Model,
    Regex,
    Rule,
    Share,
    TerminalColour,
    Text,
    TextBy,
    Times,
    Whole,
    Word,
    Wording,
    Words,
    WordsBy,
    file,
    for_each,
)  # fmt: skip
from imr_nlp.labels import Category, Decision, Label, Role

# -- words of single components --------------------------------------------------------------------------------------


class _Sense(Model):
    label: Label | Literal["OTHER"]
    canonical: Text
    cues: Words
    default: bool = False
    kind: Text | None = None
    category: Category | None = None


_CASE_FACTS = file(
    "CaseFacts", "compound_specialties children",
    labels=list[file("Labels", "labels", field=Text, kind=Literal["case_number", "date", "word"])],  # type: ignore[misc]
    priorities=TextBy, prose=list[file("Prose", "", Rule, field=Text, sections=list[Text])],  # type: ignore[misc]
    patient=list[  # type: ignore[misc]
        file("PatientRule", "", Rule, across=(bool, False), child=(bool, False), not_left=(Regex | None, None))
    ],
    sexes=WordsBy, kin=WordsBy, pieces=TextBy, pronouns=WordsBy, reviewer=dict[Text, Regex],
    date_of_service=Regex,
)  # fmt: skip
_CITATIONS = file(
    "Citations", parts=dict[Text, Regex], party=Exemplified,
    leads=for_each("Leads", "none outside non_mtus mtus named".split(), Exemplified),
    **dict.fromkeys(
        "nothing adopted next_sentence part_of_mtus regulation in_force not_cited consulted state within from_acoem "
        "next_source paper other_sources accessed and_another joint mtus_title full_title unknown edition looked_at "
        "section_word section_after pages one_page between_pages all_pages joiner_after joiner_before".split(),
        Wording,
    ),
)  # fmt: skip
_MENTIONS = file(
    "GuidelineMentions", "law_words no_name", parts=dict[Text, Regex],
    **dict.fromkeys(
        "core core_lower law society says cited called left dated words_before governed both abbreviation second "
        "joined listed after_guidelines within of_mtus topic bare up_to_guideline".split(),
        Wording,
    ),
    right=list[file("Piece", "", Wording, id=Text)],  # type: ignore[misc]
)  # fmt: skip
_SENTENCES = file(
    "Sentences",
    "never_last not_before_number last_before_starter starters lower_case_starters units introducing_words",
    longest_introduced_quotation=Whole, longest_quotation=Whole, longest_bracket=Whole, longest_sentence=Whole,
)  # fmt: skip
_QUANTITIES = file(
    "Quantities",
    "walked holders again_anywhere again_opening reduced scored ordinals_after teeth opening_before outcome "
    "persisting oral_drugs outcome_runs did did_amount taken_by programs "
    "not_alone measures_counted allotted more not_between not_counted_before none_before "
    "again_before again_clause again_after "
    "supplies before_supplies doses lengths_of_one forms_of_one supplied dispensed no_refills_after not_refilled "
    "one_refill refilled restates through phase_orders phases initials_after credentials "
    "in_all stretched labels_before no_refills next_phase joins_phases "
    "parts_of_day ordinals_before "
    "measurements not_times_after treated symptom habit never_before seldom_before always_before judged_after "
    "moment_after request_moment request_moment_first run_after limit_after not_adverb_before strengths",
    numbers=file("Numbers", "ones teens tens", misspelled=(dict[Word, Word], {})),
    periods=WordsBy, spacings=dict[Word, Whole],
    adverbs=dict[Word, Times], multiples=dict[Word, Whole],
    latin=dict[Word, Times], strength_names=dict[Word, Word], counted=WordsBy, cues=WordsBy, alone_behind=WordsBy,
    default_cue=Text, implied=file("Implied", "sessions", pair=file("Pair", per=Text, unit=Text)),
)  # fmt: skip
_Outcome = Literal["denied", "granted"]
_ROLES = file(
    "Roles", "precedence",
    classes=dict[Text, Regex],
    position=list[file("Position", id=Text, when=Text, role=Text, weight=float)],  # type: ignore[misc]
    outcomes=file("Outcomes", cues=dict[Text, _Outcome], told=dict[Text, _Outcome | None], words=dict[Text, _Outcome]),
    cues=list[file("Cue", "phrases", id=Text, role=Text | list[Text], weight=float, where=(Text, "anywhere"))],  # type: ignore[misc]
)  # fmt: skip
_REFERENCES = file("References", "refers_back refers_forward before_number", classes=dict[Text, Regex])
_THEMES = file(
    "Themes", model=(Text | None, None), least=Share, general=(list[Text], []), sure=(Share, 1.0),
    themes=dict[Text, file("Theme", says=Text, words=list[Regex])],  # type: ignore[misc]
)  # fmt: skip


class _Policy(Model):
    widen: list[Label] | None = None
    drop: list[Label] | None = None
    add: list[Label] | None = None


# -- vocabularies ----------------------------------------------------------------------------------------------------


class _Class(Model):
    regex: Regex | None = None
    words: Words = []
    plural: bool = False


class _Around(Model):
    """What must stand beside a name, and what must not."""

    left: Regex | None = None
    right: Regex | None = None
    not_left: Regex | None = None
    not_right: Regex | None = None


class _Pattern(_Around):
    id: Text
    label: Text  # a label of entities, or one that a component uses for itself
    pattern: Text
    anchor: Text | None = None
    kind: Text | None = None
    category: Category | None = None
    canonical: Text | None = None
    needs_modifier: bool = False


class _Vocabulary(Model):
    include: list[Text] = []
    classes: dict[Text, Words | _Class] = {}
    parts: dict[Text, Text] = {}
    patterns: list[_Pattern] = []
    respell_from: Whole = 0  # none is respelled
    not_left: dict[Word, Regex] = {}
    not_right: dict[Word, Regex] = {}


class _AnyVocabulary(_Vocabulary):
    """A vocabulary that another one includes. It may have lists for one component."""

    model_config = ConfigDict(extra="allow")


_Other = file(
    "OtherSense", "", _Around, id=Text, kinds=(list[Text], []), names=(Words, []), written=(Regex | None, None)
)
_OTHER_SENSES = file("OtherSenses", words=TextBy, senses=list[_Other])  # type: ignore[valid-type]
_DIAGNOSES = file(
    "Diagnoses",
    "list_end cause list_closing after_place beside_links not_misspelt before_modifier before_pair before_participle "
    "before_adjective not_modifier",
    _Vocabulary,
)
_MEDICATIONS = file("Medications", "", _Vocabulary, generics=TextBy, canonical=WordsBy)
_Names = file("Names", kind=Text, category=Category, names=WordsBy)
_PROCEDURES = file(
    "Procedures", "goals goal_words goal_verbs goal_ends", _Vocabulary,
    mechanism=Regex, canonical=WordsBy, same_ends=(dict[Text, list[Words]], {}),
    names_from=(list[Text], []), names=(list[_Names], []),  # type: ignore[valid-type]
    composition=file(
        "Composition", "not_modifiers not_heads with_part telling says_nothing sharing",
        completing=WordsBy, modifiers=WordsBy,
    ),
    short_names=file(
        "ShortNames", "kinds not_heads before after",
        own=(dict[Word, file("OwnShortName", "of before not_before after", kinds=(list[Text], []))], {}),  # type: ignore[misc]
    ),
)  # fmt: skip
_ANATOMY = file(
    "Anatomy", "inside short_sides midline not_parts capitals not_body plurals", _Vocabulary,
    canonical=TextBy, in_full=TextBy,
)  # fmt: skip

# -- concepts --------------------------------------------------------------------------------------------------------

_ByWords = file("CategoryByWords", words=Regex, category=Category)
_CATEGORIES = file(
    "Categories", "plan_layouts headings ways generic sizes not_modifiers heads forms",
    categories=list[Category], decisive=list[_ByWords], plan_services=list[_ByWords], plain=list[_ByWords],  # type: ignore[valid-type]
    fallback=list[_ByWords], least_confidence=Share, implied_parts=TextBy, before_name=Regex, after_name=Regex,  # type: ignore[valid-type]
    dose=Regex,
)  # fmt: skip
_REQUEST_NAMES = file(
    "RequestNames", "sizes sized after joints", modified=list[file("Modified", "modifiers names")],  # type: ignore[misc]
    renames=TextBy, last=TextBy, short=TextBy, completed=WordsBy, empty_end=Text, whole=Whole,
)  # fmt: skip
_SAME = file(
    "SameServices", "generic", same=list[Words],
    kinds=list[file("Kind", "names", category=(Category | None, None), members=(Words, []))],  # type: ignore[misc]
)  # fmt: skip
_CONCEPT_PROCEDURES = file(
    "ConceptProcedures",
    procedures=list[  # type: ignore[misc]
        file(
            "Procedure", id=Text, name=Text, category=Category, sub=(Text | None, None), names=(Words, []),
            parts=(Words, []), pcs=(Words, []), hcpcs=(Words, []),
        )
    ],
)  # fmt: skip
_ENTRIES = file(
    "GuidelineEntries",
    entries=list[  # type: ignore[misc]
        file(
            "Entry", id=Text, name=Text, authority=Text, section=(Text | None, None), editions=(list[Whole], []),
            of=(Text | None, None), document=(Text | None, None), acoem=(Whole | None, None),
            chapter=(Whole | None, None), mtus=(Text | None, None), publisher=(Text | None, None),
        )
    ],
)  # fmt: skip
_Document = file("Document", "written", name=Text, number=(Whole | None, None))
_GUIDELINES = file(
    "Guidelines", "sections",
    authorities=dict[Text, file("Authority", "names short extra")],  # type: ignore[misc]
    documents=dict[Text, list[_Document]],  # type: ignore[valid-type]
    sources=list[file("Source", "written", name=Text, authority=Text)],  # type: ignore[misc]
    mentions=file("Mentions", "bare_before topics texts called says "
        "society_heads society_nouns society_documents society_says society_auxiliaries society_cited"),
)  # fmt: skip
_DRUGS = file(
    "Drugs", "tails", brands=TextBy, classes=WordsBy, groups=WordsBy, stems=WordsBy, forms=WordsBy, measures=WordsBy
)
_REGIONS = file("Regions", "regions", tree=dict[Word, StrictStr | None], names=WordsBy, by_code=WordsBy)
_ICD_WORDS = file(
    "Icd10Words", "omitted kept joining ignored course cut tails",
    threshold=Share, close=Share, most=Whole, sides=WordsBy, encounters=WordsBy, absent=WordsBy, rewrites=WordsBy,
)  # fmt: skip
_CODES = dict[Word, StrictStr | TextBy]
_AMOUNTS = file(
    "Amounts", stems=WordsBy, parties=Regex, units=Regex, authorized_before=list[Text], granted=list[Text],
    limits=file("Limits", before=Regex, after=Regex, asked=Regex),
)  # fmt: skip

# -- runs and pages --------------------------------------------------------------------------------------------------

_READING = file(
    "Reading", "glued_before_capital glued_headings",
    max_characters=Whole, max_words=Whole, max_file_characters=Whole, max_docx_xml_bytes=Whole,
    max_archive_members=Whole, max_archive_bytes=Whole, max_archive_ratio=Whole, max_row_bytes=Whole,
    parquet_rows=Whole, remedies=TextBy, max_pages=Whole, max_bytes=Whole, longest_word=Whole,
    longest_run_of_signs=Whole, misread=dict[Text, Text],
    clutter=file(
        "Clutter", "lines heads begins notes noted", beside_pages=Regex, pages=list[Regex], numbered=Regex, note=Regex,
        sent=file("Sent", time=Regex, date=Regex, number=Regex, page=Regex, word=Regex),
    ),
)  # fmt: skip
# A worker that may ask for less cannot load the pipeline: it takes some 170 MiB.
_RUN = file("Run", worker_mib=Whole, letter_mib=Annotated[Whole, Field(ge=400)], waiting_mib=Whole, silence=Whole)
_Look = file(
    "Look", title=Text, light=Colour, dark=Colour, ink=Colour, terminal=TerminalColour,
)  # fmt: skip
_REPORT = file(
    "Report", labels=for_each("Labels", get_args(Label), _Look), roles=for_each("Roles", get_args(Role), _Look),
    decisions=for_each("Decisions", get_args(Decision), _Look),
    largest_report=Whole, letters_a_part=Whole,
)  # fmt: skip
_LABEL_STUDIO = file(
    "LabelStudio", "relations",
    labels=for_each(
        "Labels", (*get_args(Label), "SERVICE", "DECISION", "BODY_PART", "CITATION", "RATIONALE", "FACT"),
        file("LabelColour", color=Colour, hotkey=Text),
    ),
    offered=file("Offered", "guideline_source count_unit duration_unit per"),
)  # fmt: skip

#: The model of each file, by its name under ``configs/``. The first name that fits counts.
MODELS: dict[str, Any] = {
    "audit.yml": file("Audit", "general_words", rules=list[dict[Text, Any]]),  # `imr_nlp.audit.rules` checks each
    "abbreviations.yml": file("Abbreviations", "treatment_nouns", window=Whole, senses=dict[Word, list[_Sense]]),
    "case_facts.yml": _CASE_FACTS,
    "citations.yml": _CITATIONS,
    "concepts/amounts.yml": _AMOUNTS,
    "concepts/anatomy.yml": _ANATOMY,
    "concepts/body_regions.yml": _REGIONS,
    "concepts/drugs.yml": _DRUGS,
    "concepts/guideline_entries.yml": _ENTRIES,
    "concepts/guidelines.yml": _GUIDELINES,
    "concepts/icd10cm/chapters.yml": file(
        "Chapters", chapters=list[Annotated[list[Text], Field(min_length=3, max_length=3)]]
    ),
    "concepts/icd10cm/conditions.yml": file("Conditions", by_place=dict[Word, _CODES], names=_CODES),
    "concepts/icd10cm/names.yml": file(
        "DiagnosisNames", "severity acuity kept heads", written=WordsBy, names=dict[Word, Text | TextBy]
    ),
    "concepts/icd10cm/words.yml": _ICD_WORDS,
    "concepts/other_senses.yml": _OTHER_SENSES,
    "concepts/procedures.yml": _CONCEPT_PROCEDURES,
    "concepts/request_names.yml": _REQUEST_NAMES,
    "concepts/same_services.yml": _SAME,
    "concepts/service_categories.yml": _CATEGORIES,
    "diagnoses.yml": _DIAGNOSES,
    "entity_model/policy.yml": _Policy,
    "guideline_mentions.yml": _MENTIONS,
    "inflection.yml": file(
        "Inflection", "unchanged singular_endings", endings=list[Annotated[Words, Field(min_length=2, max_length=2)]]
    ),
    **LAYOUT_MODELS,
    "quantities.yml": _QUANTITIES,
    "rationale/references.yml": _REFERENCES,
    "rationale/roles.yml": _ROLES,
    "rationale/themes.yml": _THEMES,
    "reading.yml": _READING,
    "report.yml": _REPORT,
    "review/label_studio.yml": _LABEL_STUDIO,
    "run.yml": _RUN,
    "sentences.yml": _SENTENCES,
    "treatments/medications.yml": _MEDICATIONS,
    "treatments/names/*.yml": list[_Names],  # type: ignore[valid-type]
    "treatments/procedures.yml": _PROCEDURES,
    "vocabulary.yml": _AnyVocabulary,
}
