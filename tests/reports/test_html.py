"""The page: parsed as a browser would, and searched for what must not be in it."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import pytest

from bench.errors import Misuse
from reports.figures.dots import strip
from reports.figures.labels import Box, place
from reports.html import html
from reports.json_rows import json_rows
from tests.reports import sample

VOID = {"meta", "wbr", "br", "hr", "img", "link", "input"}
SMALL = [("teacher",), ("int8", "int4"), ("int4",), ("half",), ("trt",), ("half", "trt"), ()]


class Page(HTMLParser):
    """Tags, attributes and text by tag; a tag that closes out of turn is an error."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, list[str]] = {}
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self.open):
            self.text.setdefault(tag, []).append(data)

    def words(self, tag: str) -> str:
        return " ".join("".join(self.text.get(tag, [])).split())


def page(data: sample.Json | None = None) -> tuple[str, Page]:
    source = html.render([sample.run(data)])
    return source, Page(source)


def foreign_script(source: str) -> bool:
    """Whether anything but the page's own script and its data is a script element."""
    own = {files("reports").joinpath("templates", "page.js").read_text(encoding="utf-8")}
    found = re.findall(r"<script([^>]*)>(.*?)</script", source, re.S)
    data = ' type="application/json" id="answers"'
    strange = [text for attrs, text in found if attrs != data and (attrs or text not in own)]
    return bool(strange) or source.lower().count("<script") != len(found)


def test_the_policy_allows_its_own_style_and_script_and_nothing_else() -> None:
    source, parsed = page()
    policies = [
        attrs["content"]
        for tag, attrs in parsed.tags
        if attrs.get("http-equiv") == "Content-Security-Policy"
    ]
    style, script = (
        re.search(rf"<{tag}>(.*?)</{tag}>", source, re.S) for tag in ("style", "script")
    )
    assert style and script
    one, other = (
        base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
        for found in (script, style)
    )
    assert policies == [
        f"default-src 'none'; script-src 'sha256-{one}'; style-src 'sha256-{other}'; "
        "img-src data:; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ]


def test_nothing_is_fetched_and_nothing_but_the_pages_own_script_runs() -> None:
    source, parsed = page()
    assert not foreign_script(source)
    assert not re.search(r"https?://|url\(|@import", source)
    assert not {"img", "link", "iframe", "form", "object"} & {t for t, _ in parsed.tags}
    names = {name for _, attrs in parsed.tags for name in attrs}
    assert not {"style", "src", "srcdoc", "action"} & names
    links = {str(attrs["href"]) for _, attrs in parsed.tags if "href" in attrs}
    outward = {link for link in links if not link.startswith("#")}
    assert [link.partition(",")[0] for link in outward] == ["data:application/gzip;base64"]
    assert {link[1:] for link in links - outward} <= {str(a.get("id")) for _, a in parsed.tags}
    assert not [name for name in names if name.startswith("on")]


def test_hostile_names_are_inert() -> None:
    source, parsed = page()
    assert not foreign_script(source)
    assert not {"\u202e", "\x1b"} & set(source)
    assert "\\u202egnp" in parsed.words("bdi")
    assert "yyyy" * 22 not in source


def test_every_field_may_be_hostile() -> None:
    evil = '"></style><script>alert(1)</script>\u202e{{7*7}}\ud800'
    whole = json.loads(json.dumps(sample.full()).replace("Invented CPU 9000", "CPU"))
    ours = whole["weighbridge"]
    ours["machine"].update(cpu=evil, os=evil, versions={evil: evil}, commit=evil, flags=[evil])
    ours["settings"].update(teacher=evil, command=[evil], **{evil: evil})
    ours["text"].update(name=evil, recipe=evil)
    ours["date"] = evil
    ours["variants"]["int4"]["summary"] = evil
    for entry in ours["records"]:
        entry["proof"] = {evil: [evil]}
        entry["message"] = evil
        entry["values"][evil] = sample.value("ready", 1.0)
    source, parsed = page(whole)
    assert not foreign_script(source)
    assert "49" not in parsed.words("h1")
    source.encode()


def test_the_answer_stands_on_the_page() -> None:
    _, parsed = page()
    assert (
        "int4 is the fastest at decode within +0.05 nat/tok of the teacher: "
        "2.06\N{MULTIPLICATION SIGN} its speed (2.03 to 2.09, unpaired)."
    ) in parsed.words("p")


def test_a_ratio_stands_above_the_figure_that_it_is_of() -> None:
    source, _ = page()
    table = source.partition('class="stack variants"')[2].partition("</table>")[0]
    heads = table.partition("</thead>")[0].count('<th scope="col"')
    assert heads == len(("variant", "plot", "speed-up", "loss", "memory", "size", "standing"))
    bodies = table.split("<tbody")[1:]
    rows = [body.partition("<tr>")[2].partition("</tr>")[0] + "</tr>" for body in bodies]
    figured = [row for row in rows if "colspan" not in row]
    assert {row.count("<td") for row in figured} == {heads - 1}
    int4 = Page("<table>" + next(row for row in rows if ">int4<" in row).join(("<tr>", "</table>")))
    assert "better 2.06\N{MULTIPLICATION SIGN} [2.03, 2.09] 206.0 [205.0, 207.0]" in int4.words(
        "td"
    )


def test_metrics_of_a_suite_without_workload_have_a_column_below() -> None:
    source, _ = page()
    below = source.partition("Other figures")[2].partition('id="cells"')[0]
    for metric in ("ready", "weight_bytes", "parameters", "peak_host_absolute", "perplexity"):
        assert f"<bdi>{metric.replace('_', '_<wbr>')}</bdi>" in below


def test_the_order_of_the_cells_is_no_setting_to_read() -> None:
    data = sample.full()
    data["weighbridge"]["settings"]["order"] = ["load[first-of-all]", "load[second]"]
    source, parsed = page(data)
    assert "first-of-all" not in source
    assert "seed" in parsed.text["dt"]
    assert not {"order", "command"} & set(parsed.text["dt"])


def test_proofs_are_said_to_come_from_a_run_of_their_own() -> None:
    assert "3 forwards, apart from the timed ones" in page()[1].words("p")


def test_what_must_be_read_with_care() -> None:
    care = page()[1].words("aside")
    for text in ("1 cell failed", "2 cells skipped", "imitated is simulated", "unpaired"):
        assert text in care


def test_every_metric_of_every_cell_is_there() -> None:
    parsed = page()[1]
    table = parsed.words("td")
    for metric in sample.UNITS:
        assert metric in table
    assert "unavailable" in table
    assert "pytest suites -k int8" in parsed.words("pre")
    assert "RuntimeError: <b>no kernel</b> for Half" in table


@pytest.mark.parametrize("names", SMALL)
def test_small_runs(names: tuple[str, ...]) -> None:
    _, parsed = page(sample.only(*names))
    assert parsed.words("h1") == "Weighbridge: gpt2"
    if "teacher" not in names:
        assert "\N{MULTIPLICATION SIGN} teacher" not in parsed.words("th")


@pytest.mark.parametrize("names", SMALL)
def test_flat_rows(names: tuple[str, ...]) -> None:
    data = sample.only(*names)
    rows = json.loads(json_rows.render([sample.run(data)]))
    figures = [row for row in rows if row["metric"] == "loss" and row["variant"] == "teacher"]
    assert [row["value"] for row in figures] == ([pytest.approx(3.3)] if "teacher" in names else [])


def test_five_hundred_cells_stay_small() -> None:
    some = [1 + 0.01 * (at % 7) for at in range(15)]
    figure = sample.value("latency", 1.0, 0.1, some)
    cells = [
        sample.record("decode", name, (batch, 32, 16), latency=figure)
        for name in ("teacher", "a", "b", "c", "d")
        for batch in range(1, 101)
    ]
    assert len(page(sample.document(cells))[0]) < 1_000_000


def test_one_run_a_page() -> None:
    with pytest.raises(Misuse, match="one run, not 2"):
        html.render([sample.run(), sample.run()])


def test_labels_do_not_overlap() -> None:
    points = [(100.0 + 3 * at, 100.0 + 2 * (at % 3)) for at in range(8)]
    boxes = place(points, ["a-long-variant-name"] * 8, Box(0, 0, 800, 400))
    assert not [
        (one, other)
        for at, one in enumerate(boxes)
        for other in boxes[at + 1 :]
        if one.left < other.right
        and other.left < one.right
        and one.top < other.bottom
        and other.top < one.bottom
    ]


def test_many_samples_stay_small() -> None:
    many = sample.value("latency", 1.0, 0.1, [1 + at / 9000 for at in range(5000)])
    value = (
        sample.run(sample.document([sample.record("decode", "a", (1, 1, 1), latency=many)]))
        .records[0]
        .values["latency"]
    )
    assert len(strip(value, 0.1)) < 4000
    assert "5000 samples" in strip(value, 0.1)
