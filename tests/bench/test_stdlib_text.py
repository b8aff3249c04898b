"""What is held out never stands in what is trained on."""

import hashlib
import re

from bench.stdlib_text import (
    clean,
    held_out,
    is_held_out,
    shingles,
    topics,
    training_topics,
)


def runs(text: str, length: int = 13) -> set[str]:
    """Every run of words, by another way than the room's own."""
    words = " ".join(re.findall(r"\w+", text.lower())).split(" ")
    return {" ".join(words[at : at + length]) for at in range(len(words) - length + 1)}


def test_no_paragraph_shares_thirteen_words_in_a_row_with_the_held_out_text() -> None:
    kept_back = runs(held_out())
    for paragraph in re.split(r"\n\s*\n", training_topics()):
        assert runs(paragraph) & kept_back == set()


def test_no_thirteen_words_in_a_row_of_the_held_out_text_are_trained_on() -> None:
    assert runs(held_out()) & runs(training_topics()) == set()


def test_topics_are_split_by_their_names_alone() -> None:
    kept_back = {name for name in topics() if is_held_out(name)}
    assert all(
        (name in kept_back) is (hashlib.sha256(name.encode()).digest()[0] % 2 == 0)
        for name in topics()
    )
    assert 0.3 < len(kept_back) / len(topics()) < 0.7


def test_the_held_out_text_is_those_topics_whole() -> None:
    expected = sum(len(text) for name, text in topics().items() if is_held_out(name))
    joints = 2 * (sum(map(is_held_out, topics())) - 1)
    assert len(held_out()) == expected + joints


def test_shingles() -> None:
    fourteen = "One, two three-four five six seven eight nine ten eleven twelve thirteen 14"
    assert [" ".join(run) for run in shingles(fourteen)] == sorted(
        runs(fourteen), key=lambda run: "14" in run
    )
    assert list(shingles("too short")) == []


def test_clean_drops_the_paragraph_that_leaks_and_keeps_the_rest() -> None:
    words = re.findall(r"\w+", held_out())[500:513]
    leak = "Said again: " + "  ".join(words).upper() + "."
    assert clean(f"First.\n\n{leak}\n \nLast.") == "First.\n\nLast.\n"
    assert clean("x = 1\n\n" + " ".join(words[:12])) == "x = 1\n\n" + " ".join(words[:12]) + "\n"
