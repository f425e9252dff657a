"""Models of the files under ``configs/layout/``: which keys a file has, and of what type.

`config_models` puts them beside those of the other files.
"""

# ruff: noqa: RUF012 (pydantic copies the defaults of its models)
from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from imr_nlp.config_types import (
    STYLE_NEEDS,
    Accept,
    ByDecision,
    Model,
    Regex,
    Rule,
    Style,
    Text,
    Whole,
    Word,
    Words,
    WordsBy,
    file,
)  # fmt: skip


class _Services(Model):
    style: Style
    before: list[Text] = []
    cue: Regex | None = None
    entry: Regex | None = None
    decides: Regex | None = None
    items: list[Regex] = []
    garbled: list[Text] = []
    bare_entry: Regex | None = None
    infinitive: Regex | None = None
    formulas: dict[Literal["upheld", "overturned", "modified"], list[Text]] = {}
    copulas: list[Text] = []
    headings: list[Rule] = []
    labels: list[Rule] = []
    undecided: bool = False

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for key in STYLE_NEEDS.get(self.style, ()):
            if key not in self.model_fields_set:
                raise ValueError(f'the style "{self.style}" needs the key "{key}"; add it')
        return self


class _Words(Model):
    with_: list[Text] = Field(alias="with")
    pattern: Regex
    without: list[Text] = []
    few: bool = False


class _Void(Model):
    titled: list[Regex]
    anywhere: list[_Words]


class _Tells(Model):
    unless: Whole
    first_lines: Whole
    titles: list[Regex]
    appended: _Words
    void: _Void
    sentences: list[Regex]


class _Layout(Model):
    id: Text
    name: Text
    markers: list[Text]
    services: _Services
    minimum: Whole = 1
    decisive: list[Text] = []
    tells: _Tells | None = None


class _Section(Model):
    category: Text
    headings: Annotated[list[Text], Field(min_length=1)]
    accept: list[Accept] = []
    layouts: list[Text] = []
    body: Literal["after", "whole"] = "after"


_DECISIONS = file(
    "Decisions",
    "qualifiers split_cues statuses closed open_words hedges asked of_denials through labels necessity "
    "denying unnecessary open_end",
    words=dict[Text, Literal["upheld", "overturned", "modified"]], splits=list[Rule], lead_in=Regex, trailing=Regex,
    quoted=Regex, enclosed=Regex, dated=Regex, lists=Regex, others_words=list[Text], introduction=Regex,
    older_list=Regex, reason_label=Regex, summary_mark=Regex, open_lead=Regex, open_tail=Regex,
    withdrawn_by=Regex, nameless=Regex, placeholder=Regex, corrections=_Words,
    limits=Regex, maybe_limits=Regex, exceptions=Regex, amended=_Words, vacated=_Words, prefixes=Regex, replaces=Regex,
    misprints=list[Text], in_names=list[Text], split_first=Text, amount=Regex, stated=Regex, column_lead=Regex,
    title_formulas=dict[Literal["upheld", "overturned", "modified"], Regex],
    notice=file("Notice", request=Regex, article=Regex, granted=Text, modified_to=Regex),
)  # fmt: skip


class _Reservation(Rule):
    of: list[Literal["upheld", "overturned", "modified"]] = []
    near: bool = False
    own: Regex | None = None


_RESERVATIONS = file(
    "Reservations", terms=dict[Text, Regex],
    **dict.fromkeys(("opens", "within", "behind", "whole", "next"), list[_Reservation]),
)  # fmt: skip
_LISTED = file(
    "Listed", columns=dict[Literal["item", "theirs", "ours", "number", "code"], Regex], item=Regex, lines_between=Whole,
    amount=Regex, legend=Regex, ruling=Regex, titled=Regex, decision_on=Regex, denied_of=Regex,
    group=Regex, group_title=Regex, key=Regex, signed=Regex, coded=Regex, lettered=Regex, granted=Regex,
    bullet=Regex, leading=Regex, line=Regex, inline=Regex, heading=Regex, modified=Regex, older=Regex, document=Regex,
    no_item=Regex, goes_on=Regex, of_decisions=Regex, bare=Regex, headline=Regex, unnamed=Regex, asks=Regex,
    numbered=file(
        "Numbered", noun=Regex, list=Regex, count=Regex, lead=Regex, services=Regex, entry=Regex, unmarked=Regex,
        bulleted=Regex, plain=Regex, verdict=Regex, between=Regex, numbers=Regex, subject=Regex, limited=Regex,
        every=Regex, excepted=Regex, excepts=Regex, pair=Regex, verb=Regex, opening=Regex, mention=Regex, mark=Regex,
        head=Regex, act=Regex, object=Regex, general=Regex, past=Regex, partly=Regex,
    ),
)  # fmt: skip
_KIND: Any = file("Kind", "nouns", request=Regex)
_EVIDENCE = file(
    "Evidence", "common weak kinds nouns pointing plural anaphors single picked", opposites=list[Words],
    after_name=Regex, earlier=Regex, not_earlier=Regex, by_kind=list[_KIND],
)  # fmt: skip
_REQUESTS = file(
    "Requests", "requests recommends generic not_asking asking_lead passives",
    patient=Regex, denied=Regex, not_services=Regex, lead=Regex, subject_lead=Regex, subject_tail=Regex,
    not_subjects=Regex, not_names=Regex, tail=Regex, granted=Regex, past=Regex, more=Regex,
    again=Regex, unfinished=Regex, asked_nothing=Regex, at_issue=Regex, item_opens=Regex, line_continues=Regex,
    opens_line=Regex,
    items=file("Items", joint=Regex, both=Regex, starts=Regex, strength=Regex),
    settled=file("Settled", after=Regex, clause=Regex, again=Regex, name_ends=Regex),
    labels=list[Rule], fallbacks=list[Rule],
    options=file(
        "Options", ticked=Regex, filled=Regex, empty=Regex, after=Regex, signs=Words,
        outcomes=dict[Literal["upheld", "overturned", "modified"], Regex],
        findings=dict[Literal["upheld", "overturned", "modified"], Regex],
    ),
)  # fmt: skip
_STATEMENTS = file(
    "Statements",
    "members negators unmet permitting quantifiers evidence_nouns doubt_nouns views questions conditions sides "
    "according causes breaks "
    "copulas auxiliaries modals possible part whole rest relatives inner_appeals fillers glued broken respelled "
    "not_respelled",
    holders=WordsBy, member_label=Regex, dissent=Regex, outcome=Regex, respective=Regex, answer=Regex, triggers=Regex,
    panel_size=Regex, others=Regex,
    echoes=dict[Literal["inside", "behind", "reserved"], Regex],
    clefts=file(
        "Clefts",
        "copulas nothing relatives openers inverting things subjects not_denying no_denial picks contrasts",
    ),
    answer_lead=Regex, answers=ByDecision, verdict_lead=Regex,
    verdicts=ByDecision, misread=WordsBy,
    numbers=dict[Word, Whole], verbs=WordsBy, predicates=WordsBy,
    function_words=file(
        "FunctionWords",
        "pronouns determiners before_nouns ordinals negations negated_auxiliaries infinite takes_noun after_subject "
        "given no_subject agreement several requests set_against taken_out excepts numbered act_nouns upholding "
        "asked_to not_any nobody minority earlier cases present limits times excess fractions joins goes_on "
        "inverted unreal among generally held_by own introduces asserted quotes months before_quotes in_order sees "
        "research counted styles restricts pleads finds shall one_finder others_texts of_denials whole_verbs "
        "failing likely unlikely evident doubtful supposed overlooks definite subordinates if_words coordinates "
        "asks_if no_aside begins_reported not_reporting before_gerund denies_gerund before_to names_agent "
        "names_writer compares counts_reviewers agrees out_of first_person other_members several_reviewers",
    ),
)  # fmt: skip
_PARTS = file(
    "Parts", "fields titles opens common complete",
    number=file("Number", "labels", value=Regex), headings=WordsBy, header_fields=Whole, header_before=Whole,
    header_after=Whole, title_within=Whole, opening_gap=Whole,
)  # fmt: skip

#: The model of each file, by its name under ``configs/``.
LAYOUT_MODELS: dict[str, Any] = {
    "layout/[0-9]*-*.yml": _Layout,
    "layout/decisions.yml": _DECISIONS,
    "layout/parts.yml": _PARTS,
    "layout/requests.yml": _REQUESTS,
    "layout/reservations.yml": _RESERVATIONS,
    "layout/evidence.yml": _EVIDENCE,
    "layout/listed.yml": _LISTED,
    "layout/sections.yml": list[_Section],
    "layout/statements.yml": _STATEMENTS,
}
