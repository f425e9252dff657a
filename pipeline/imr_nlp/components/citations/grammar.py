"""The words and marks of formal guideline sentences: what `imr_nlp.components.citations.parser` cuts them with.

Each pattern says with an invented example what it matches; none can backtrack over more than a bounded length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

CLAIMS, REVIEWER = "claims_administrator", "reviewer"


@dataclass(frozen=True, slots=True)
class Statement:
    """One formal sentence: its kind, whose it is, where it starts and where its body is."""

    kind: str
    party: str
    start: int
    body_start: int
    body_end: int


# "The Claims Administrator ", "The Physician Reviewer's "
PARTY = (
    r"(?:[Tt]he\s)?(?:(?P<claims>Claims\s(?:Administrator|Examiner|Adjuster)|Utilization\sReview(?:er)?)"
    r"|(?P<reviewer>(?:Expert|Physician|Professional|Medical|MAXIMUS)\sReviewer))(?:'s)?\s"
)
BASED = r"based\s(?:its|his/her|his\sor\sher|his|her|their|the)\s(?:decision|determination)s?\s(?:up)?on\s"
DECISION = r"[Dd]ecision\s(?:was\s|is\s)?based\s(?:up)?on\s(?:the\s)?"
LEAD = re.compile(
    rf"\b(?:{PARTY})?(?:"
    r"(?P<none>(?:(?:did\snot|has\snot|does\snot|failed\sto)\s(?:cite|provide|use|utilize|reference|identify|include|name|list|give)"
    r"|(?:has\s)?(?:cited|used|utilized|provided|referenced|identified|named|listed|gave|given|relied\son)\s(?:no|neither))\b[^.]{0,80}"
    r"\b(?:evidence|guidelines?|citations?|criteria|references?|sources?|basis|authority|literature)\b[^.]{0,120})"
    rf"|(?P<outside>(?:{BASED}|(?:has\s|have\s)?(?:relied\s(?:up)?on|used|cited)\s)(?:the\s|an?\s)?(?:[a-z]{{2,12}}\s)?"
    r"(?:recommendation|source|guideline|document|citation|reference|evidence|literature)(?:s|\(s\))?"
    r"\soutside\s(?:of\s)?(?:the\s)?MTUS(?:\sGuidelines?)?)"
    rf"|(?P<non_mtus>{DECISION}Non\s?-?\s?MTUS(?:\sCitations?)?\b:?)"
    rf"|(?P<mtus>{DECISION}(?=MTUS\b))"
    rf"|(?P<named>{DECISION}|{BASED}(?:the\s)?(?:Non-MTUS\s(?:Citations?:?\s)?)?|(?:has\s|have\s)?relied\s(?:up)?on\s(?:the\s)?|(?:has\s)?(?:cited|used|utilized)\sthe\s)"
    r")"
)
# "None cited.", "No guideline was cited.", "N/A": a whole statement that names nothing
NOTHING = re.compile(
    r"\s*(?:(?:none|n/?a|nothing\s(?:was\s)?cited|not\s(?:stated|given|cited|provided|applicable|available|specified|listed|named))\b"
    r"|no\s(?:\w+\s){0,2}(?:evidence|guidelines?|citations?|criteria|references?|sources?)\b)(?:\s[\w/'-]{1,20}){0,8}\.?\s*",
    re.IGNORECASE,
)
KINDS = ("none", "outside", "non_mtus", "mtus", "named")
# "The Expert Reviewer found the guidelines used by the Claims Administrator relevant and appropriate"
ADOPTED = re.compile(
    r"Reviewer\sfound\sthe\s[^.]{0,80}\bused\sby\sthe\sClaims\sAdministrator\s(?:to\sbe\s)?(?:relevant|appropriate|applicable)"
)
# Where the sentence of a 2013 statement ends; titles hold full stops too ("pg. 98").
NEXT_SENTENCE = re.compile(
    r"[.;]\s+(?=(?:The|This|These|Per|No|In|An|It|Also|Additionally|However|MTUS|CA)\s(?!Official\b)[A-Za-z])"
)
PART_OF_MTUS = re.compile(
    r",?\s?\(?(?:which|that)?\s?(?:is|are)\s(?P<no>not\s)?(?:a\s)?part\sof\s(?:the\s)?(?:California\s)?"
    r"(?:Medical\sTreatment\sUtilization\sSchedule(?:\s\(MTUS\))?|MTUS)\)?"
)
# "8 C.C.R. §§9792.20 - 9792.26, " before "MTUS", or after it: where the law has the MTUS, not another document;
# behind a document also "…, MTUS (Effective …)", which repeats whose document it is
_LAW = (
    r"(?:Title\s8,?\s)?(?:(?:8|Cal(?:if)?\.)\s)?(?:C\.?\s?C\.?\s?R\.?|Cal(?:ifornia|\.)?\sCode\s(?:of\s)?Reg(?:ulation)?s?\.?)"
    r"(?:,?\s[Tt]itle\s8)?,?\s?(?:[Ss]ections?|[Ss]ec\.|§{1,2})?\s?"
    r"\d{4}\.\d{1,2}(?:\.\d{1,2})?(?:\s?(?:-|to|through)\s?(?:§\s?)?\d{4}\.\d{1,2}(?:\.\d{1,2})?)?"
)
REGULATION = re.compile(
    rf"\b{_LAW}[,;:]?\s?(?=\(?(?:the\s)?(?:California\s|CA\s)?MTUS\b)|(?<=MTUS)[,;:]?\s\(?{_LAW}\)?"
    rf"|(?<=[\w)])[,;:]?\s\(?{_LAW}\)?(?:,?\s\(?MTUS\)?(?=,?\s(?:\([Ee]ffective|[Pp]age)))?(?=[\s,;.](?:\(Effective|$|.))"
)
# "(Effective July 18, 2009)": since when the MTUS is in force
IN_FORCE = re.compile(r",?\s?\([Ee]ffective\s(?:[A-Z][a-z]{2,8}\.?\s\d{1,2},?\s\d{4}|\d{1,2}/\d{1,2}/\d{2,4})\)")
# ", as the MTUS has no entry on the subject", "The MTUS Guidelines do not speak to the matter.": cites nothing
NOT_CITED = re.compile(
    r"\b(?:(?:as|since|because|although|though|while|but|and|however|where),?\s)?(?:[Tt]he\s)?(?:California\s|CA\s)?"
    r"MTUS(?:\s[Gg]uidelines?)?\s(?:(?:does|do|did|is|are|was|were|has|have|had)\s(?:not|no|nothing|silent)\b|lacks?\s|fails?\s)"
    r"(?:(?!ODG|ACOEM|Official|American|Non-MTUS)[^.;]){0,160}"
)
# "The ODG was also consulted: …", "the ACOEM Guidelines were relied upon"
CONSULTED = re.compile(
    r"\b(?:was|were|is|are|has\sbeen|have\sbeen)\s(?:also\s|then\s|therefore\s)?"
    r"(?:consulted|used|utilized|cited|relied\s(?:up)?on|referenced|reviewed|applied|chosen|selected)\b:?"
)
# Where another source may begin after one that is known: "ODG, Pain Chapter, Sleep; …", "… Sleep. …"
NEXT_SOURCE = re.compile(r"(?:[;.]|,?\sand(?=\sthe\s)|,(?=\sand\s))\s(?:and\s)?(?:the\s)?(?=[A-Z])")
ANY_YEAR = re.compile(r"\b(?:19|20)\d{2}\b")
# "…, Exercise, Roe-Poe P, et al. Stretching …", "…, Roe P, Poe QR. Stretching …": a paper begins with its authors
_AUTHOR = r"[A-Z][\w'-]{1,30}\s[A-Z]{1,3}"
PAPER = re.compile(rf"[,.;]\s(?=(?:{_AUTHOR},\s){{0,6}}{_AUTHOR}(?:,?\set\sal\b|\.\s[A-Z]))")
OTHER_SOURCES = re.compile(
    r"[,;.]?\s{0,2}(?:and\s)?(?:on\s)?(?:the\s)?(?:Non-MTUS\s)?Other\sMedical\sTreatment\sGuidelines?"
    r"(?:\s(?:or|and)\sMedical\sEvidence)?:?\s{0,2}"
)
# "… accessed 02/18/2017, " / "… retrieved on May 3, 2016. " before another reference
ACCESSED = re.compile(
    r"\b(?:accessed|retrieved|viewed)\b[^;]{0,60}?(?:\d{1,2}/\d{1,2}/\d{2,4}|[A-Z][a-z]{2,8}\.?\s\d{1,2},?\s\d{4})"
    r"\)?[.,;]?\s(?=\S)",
    re.IGNORECASE,
)
AND_ANOTHER = re.compile(r",?\s(?:and|as\swell\sas)\s(?=\S)")
# "Knee Complaints (ACOEM Practice Guidelines, 2nd Edition (2004), Chapter 13)"
FROM_ACOEM = re.compile(r"(?:\s[Cc]hapter)?\s?\(ACOEM\b[^()]{0,60}(?:\((?P<year>(?:19|20)\d{2})\)[^()]{0,60})?\)")
WITHIN = re.compile(r"\b(?:of|in|from|by|per|within|under)\s(?:the\s)?$")
# "46", "46-47", "46 to 47", "46 through 47", "46 up to 47", "46 through page 47"
_RANGE = r"\s?(?:-|\b(?:up\s)?to\b|\bthrough\b|\bthru\b|\buntil\b)\s?(?:(?:pages?|pgs?\.?|pp?\.)\s?)?"
PAGE = rf"\d{{1,4}}[a-z]?(?:{_RANGE}\d{{1,4}}[a-z]?)?"
# "of 127", "(of 127)", "/127": how many pages the document has
_OF = r"(?:\s\(?of\s\d{1,4}\)?|\s?/\s?\d{1,4}\b)"
_BETWEEN_PAGES = re.compile(_RANGE, re.IGNORECASE)
_AGAIN = r"(?:(?:pages?|pgs?\.?|pp?\.)\s?)?"
# "Page(s): 46-47", "Page No. 46", "at pages 46 and 48", "(pg. 46 of 127)"
PAGES = re.compile(
    r"[\s,;(]{0,3}(?:\b(?:at|on)\s)?\b(?:pages?\s?\(s\)|pages?|pgs?\.?|pp?\.)(?:\s(?:no|nos|number|numbers)\b\.?)?[\s:]{0,2}"
    rf"(?:from\s)?{_AGAIN}(?P<list>{PAGE}{_OF}?"
    rf"(?:(?:[,;]\s?(?:and\s|or\s)?|\s(?:and|or)\s|\s?[&+]\s?){_AGAIN}{PAGE}{_OF}?){{0,12}})\)?",
    re.IGNORECASE,
)
ONE_PAGE = re.compile(PAGE, re.IGNORECASE)
_ALL_PAGES = re.compile(_OF)


def pages_in(written: str) -> list[str]:
    """Return the pages of a written list, ranges with a hyphen.

    >>> pages_in("76 to 80; 88-89 and 91")
    ['76-80', '88-89', '91']
    >>> pages_in("111-113 (of 127) or 115/127")
    ['111-113', '115']
    >>> pages_in("303 through page 305")
    ['303-305']
    """
    return [_BETWEEN_PAGES.sub("-", page) for page in ONE_PAGE.findall(_ALL_PAGES.sub("", written))]


YEAR = r"(?P<year>(?:19|20)\d{2})"
YEAR_AFTER = re.compile(rf",?\s\(?(?:[A-Z][a-z]{{2,8}}\.?,?\s)?{YEAR}\)?(?=$|[\s,.;:)])")
YEAR_BEFORE = re.compile(rf"\(?{YEAR}\)?,?\s")
# "2nd Edition, (2004)", "Third ed. 2011"
EDITION = re.compile(
    r"\b(?:\d{1,2}(?:st|nd|rd|th)|[Ff]irst|[Ss]econd|[Tt]hird)\s[Ee]d(?:ition|\.)?[\s,]{0,2}\(?(?P<year>(?:19|20)\d{2})\)?"
)
# "Shoulder Complaints (2004)": the year at the end of a title
TITLE_YEAR = re.compile(rf"[\s,]{{1,2}}\({YEAR}\)$")
# Of a publication: neither in a date nor in an address, nor when somebody looked at it.
_PUBLISHED = re.compile(rf"(?<![\w/.-]){YEAR}(?![\w/-])")
_LOOKED_AT = re.compile(r"\b(?:accessed|retrieved|viewed|last\s(?:visited|updated))\b|https?://|\bwww\.", re.IGNORECASE)
UNKNOWN_DATED = re.compile(rf"(?P<title>[A-Z][A-Za-z&()/' -]{{2,90}}?),?\s\(?{YEAR}\)?(?=$|\s?[,.;])")
UNKNOWN = re.compile(r"[^,:;(]{2,90}?(?=$|[,:;(]|\sSection|\sPage)")
JOINT = re.compile(r"[,;.]\s(?:and\s)?(?:the\s)?|\sand\s(?:the\s)?")
FULL_TITLE = re.compile(r"(?:complaints?|treatment|guidelines?|approaches|conditions|disorders)$", re.IGNORECASE)
SECTION_WORD = re.compile(r"^\W{0,3}(?:Section\(s\)|[Ss]ections?\b(?:\son|\stitled|\sentitled)?|[Uu]nder\b)[\s:]{0,3}")
SECTION_AFTER = re.compile(r"\s[Ss]ections?$")
NUMBERED = re.compile(r"\d{1,2}(?:\.\d{1,2}){0,5}\.?\s[A-Z]|\d{1,4}(?:-\d{1,4})?$")
EDGE = " \t,;:.-/"
JOINER_AFTER = re.compile(r"(?:^|[\s,;])(?:and|or|as\swell\sas|[Tt]he|also|on)$")
JOINER_BEFORE = re.compile(r"^(?:and|or|as\swell\sas|the)\s")


def statements(text: str, party: str) -> Iterator[Statement]:
    """Yield the guideline statements of a text; ``party`` is whose they are where the text names nobody."""
    leads = []
    for match in LEAD.finditer(text):
        kind = next(kind for kind in KINDS if match[kind] is not None)
        named = CLAIMS if match["claims"] else REVIEWER if match["reviewer"] else None
        if kind in ("none", "named") and named is None and "ecision" not in match.group():
            continue
        leads.append((kind, named or party, match.start(), match.end()))
    for i, (kind, whose, start, body_start) in enumerate(leads):
        end = leads[i + 1][2] if i + 1 < len(leads) else len(text)
        if kind == "named" and (sentence := NEXT_SENTENCE.search(text, body_start, end)):
            end = sentence.start()
        yield Statement(kind, whose, start, body_start, end)
    if not leads and NOTHING.fullmatch(text):
        end = len(text.rstrip(" \t\r\n."))
        yield Statement("none", party, len(text) - len(text.lstrip()), end, end)
    elif not leads and text.strip():
        yield Statement("unled", party, 0, 0, len(text))


def tidy(text: str, start: int, end: int) -> tuple[int, int]:
    """Return ``start:end`` without punctuation and joining words at its edges."""
    while True:
        while start < end and (text[start] in EDGE or text[start].isspace()):
            start += 1
        while end > start and text[end - 1] in EDGE:
            end -= 1
        tail = text[max(start, end - 12) : end]
        if match := JOINER_AFTER.search(tail):
            end -= len(tail) - match.start()
        elif match := JOINER_BEFORE.match(text[start : min(end, start + 12)]):
            start += match.end()
        else:
            return start, end


def published(title: str) -> int | None:
    """Return the year in which a source without known authority was published: the last one that its title gives.

    >>> published("Roe P. Cold lasers. J Pain 2011;4:1-9"), published("Leg Sleeves, accessed 02/18/2017")
    (2011, None)
    """
    looked_at = _LOOKED_AT.search(title)
    years = _PUBLISHED.findall(title, 0, looked_at.start() if looked_at else len(title))
    return int(years[-1]) if years else None


def split_accessed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the passage of each literature reference; several are told apart by their access dates."""
    for match in [*ACCESSED.finditer(text, start, end), None]:
        stop = match.end() if match else end
        piece = tidy(text, start, stop)
        if piece[0] < piece[1]:
            yield piece
        start = stop


def top_level(text: str) -> list[str]:
    """Split at commas and semicolons outside parentheses."""
    parts, depth, at = [], 0, 0
    for i, char in enumerate(text):
        if char == "(":
            depth += 1
        elif char == ")":
            depth = max(0, depth - 1)
        elif char in ",;" and depth == 0:
            parts.append(text[at:i].strip())
            at = i + 1
    return [part for part in [*parts, text[at:].strip()] if part]
