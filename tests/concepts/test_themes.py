"""Themes of gap sentences: agreement with a reader, who gave them, and how long a sentence takes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imr_nlp.concepts.themes import OTHER, Themes, themes
from imr_nlp.evaluation.gold import GoldError
from imr_nlp.training.themes import EXAMPLES, read_examples
from support.paths import DATA, ROOT

READ = read_examples(DATA / "gap_themes.tsv")
LEARNT = read_examples(ROOT / "annotations" / EXAMPLES)


def test_themes_agree_with_a_reader() -> None:
    agreed = [themes().of(sentence).theme in given for given, sentence in READ]
    assert len(agreed) >= 150
    assert sum(agreed) / len(agreed) >= 0.90


def test_the_model_adds_to_the_wordings() -> None:
    wordings = Themes(model=False)
    alone = sum(wordings.of(sentence).theme in given for given, sentence in READ)
    assert sum(themes().of(sentence).theme in given for given, sentence in READ) > alone


def test_sentences_of_the_test_are_not_learnt_from() -> None:
    assert not {sentence.lower() for _, sentence in READ} & {sentence.lower() for _, sentence in LEARNT}
    assert {theme for given, _ in READ + LEARNT for theme in given} == set(themes().names) - {OTHER}


@pytest.mark.parametrize(
    ("sentence", "theme"),
    [
        ("The request does not list a quantity.", "request_unclear"),
        ("Documentation of the number of prior visits was not provided.", "insufficient_documentation"),
        ("There is no record of a benefit from the prior visits.", "no_functional_improvement"),
        ("There was no new injury, and reflexes are normal.", "no_red_flags"),
        ("The cat sat by the window.", OTHER),
    ],
)
def test_what_is_missing_gives_the_theme(sentence: str, theme: str) -> None:
    assert themes().of(sentence).theme == theme


def test_what_gave_a_theme_is_told() -> None:
    by_wording = themes().of("No red flags were noted.")
    assert (by_wording.rule, by_wording.score) == ("theme.no_red_flags", None)
    by_model = [themes().of(sentence) for _, sentence in READ]
    for found in by_model:
        assert (found.score is None) == found.rule.startswith("theme.")


WORDS = st.lists(
    st.sampled_from("no not the prior of request for document guidelines visits functional pain , weeks 12 n".split())
)


@settings(max_examples=200, deadline=None)
@given(WORDS.map(" ".join))
def test_any_words_have_a_theme(sentence: str) -> None:
    assert themes().of(sentence).theme in themes().names


def test_a_long_sentence_takes_no_longer_than_its_part_that_is_read() -> None:
    read = themes()
    short, long = ("no request of the prior visits " * count for count in (20, 20_000))
    times = []
    for sentence in (short, long):
        start = time.process_time()
        for _ in range(5):
            read.of(sentence)
        times.append(time.process_time() - start)
    assert times[1] < 20 * times[0] + 0.1


def test_a_line_without_a_theme_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "themes.tsv"
    path.write_text("# a comment\nno tab here\n", encoding="utf-8")
    with pytest.raises(GoldError, match="line 2: no tab"):
        read_examples(path)
