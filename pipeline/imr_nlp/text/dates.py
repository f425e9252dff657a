"""Dates as letters write them, to ISO 8601."""

import re
from datetime import date

_MONTHS = {name: i + 1 for i, name in enumerate(
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])}  # fmt: skip

# 11/21/2012, 9-25-13, 2012-11-21, November 21, 2012, 21 Nov 2012
DATE = (
    r"(?:\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})(?!\d)"
    r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4}"
    r"|\d{1,2} (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}\.?,? \d{4})"
)
_LATEST_CENTURY_YEAR = 50  # "16" is 2016, "87" is 1987: no letter is older than 2013 and no injury later than now


def iso(written: str) -> str | None:
    """Return the ISO form of a date as written, or None where there is no such day.

    Month comes before day, as in California. Two-digit years below 50 are 20xx, the others 19xx.

    >>> [iso(text) for text in ("11/21/2012", "9-25-13", "3/4/87", "November 3, 2014", "2016-01-09", "13/45/2014")]
    ['2012-11-21', '2013-09-25', '1987-03-04', '2014-11-03', '2016-01-09', None]
    """
    numbers = [int(n) for n in re.findall(r"\d+", written)]
    word = re.search(r"[A-Za-z]{3,}", written)
    if word and len(numbers) == 2:
        year, month, day = numbers[1], _MONTHS.get(word.group()[:3].lower(), 0), numbers[0]
    elif len(numbers) == 3 and len(written.split("-")[0]) == 4:
        year, month, day = numbers
    elif len(numbers) == 3:
        month, day, year = numbers
    else:
        return None
    if year < 100:
        year += 2000 if year < _LATEST_CENTURY_YEAR else 1900
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None
