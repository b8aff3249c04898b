"""WikiText's conventions, on a page of our own; the oracle's own rules are in tests/oracles."""

from __future__ import annotations

from bench.wikitext import detokenised, is_wikitext, pages

PAGE = ' \n = A Title = \n \n It sold 1 @,@ 000 copies ( so far ) , a well @-@ known " game " . \n'


def test_spaced_out_signs_are_put_back() -> None:
    assert is_wikitext(PAGE)
    assert (
        detokenised(PAGE)
        == '\n= A Title =\n\nIt sold 1,000 copies (so far), a well-known "game".\n'
    )


def test_pages_begin_at_titles_and_not_at_sections() -> None:
    text = f"{PAGE} = = Section = = \n \n More . \n{PAGE} = = = Deeper = = = \n"
    found = pages(text)
    assert len(found) == 2
    assert "".join(found).strip() == text.strip()
    assert found[1].startswith(" = A Title = ")


def test_other_texts_are_one_page() -> None:
    assert pages("a = b\n\nc") == ["a = b\n\nc"]
    assert not is_wikitext("mail me @ home")
