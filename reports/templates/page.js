(() => {
  "use strict";
  const one = (what) => document.querySelector(what);
  const all = (what, inside = document) => [...inside.querySelectorAll(what)];
  // A picture of the whole page widens the window: then what is far counts as near.
  addEventListener("resize", () => all(".far").forEach((part) => { part.classList.remove("far"); }), { once: true });
  const say = (text) => { one("#live").textContent = text; };

  // Sorting: numbers by data-v, else by what is written; what is missing goes last.
  const key = (row, at) => {
    const cell = row.cells[at];
    return cell.dataset.v === undefined ? cell.textContent.trim() : cell.dataset.v && +cell.dataset.v;
  };
  const order = (a, b) => typeof a === "number" && typeof b === "number"
    ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true });
  all("table.sort th button").forEach((button) => button.addEventListener("click", () => {
    const head = button.parentNode, table = head.closest("table"), at = head.cellIndex;
    const down = head.getAttribute("aria-sort") === "ascending";
    all("th", table).forEach((other) => other.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const rows = [...table.tBodies[0].rows].map((row) => [key(row, at), row]);
    rows.sort(([a], [b]) => a === "" || b === "" ? (a === "") - (b === "") : (down ? order(b, a) : order(a, b)));
    table.tBodies[0].append(...rows.map(([, row]) => row));
    say(`sorted by ${button.textContent}, ${head.getAttribute("aria-sort")}`);
  }));

  const find = one("#find"), verdict = one("#verdict");
  const filter = () => {
    const rows = [...one("#all").tBodies[0].rows], word = find.value.trim().toLowerCase();
    rows.forEach((row) => {
      row.hidden = !row.cells[0].textContent.toLowerCase().includes(word)
        || Boolean(verdict && verdict.value && row.dataset.kind !== verdict.value);
    });
    one("#count").textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} cells`;
  };
  if (find) find.addEventListener("input", filter);
  if (verdict) verdict.addEventListener("change", filter);

  // The budget: every answer was worked out beforehand, the script only shows one of them.
  const answers = one("#answers") && JSON.parse(one("#answers").textContent), slider = one("#budget");
  const made = (tag, text, kind = "") => {
    const part = document.createElement(tag);
    part.textContent = text;
    part.className = kind;
    return part;
  };
  if (slider) slider.addEventListener("input", () => {
    const now = answers[slider.value];
    one("#budget-said").textContent = `+${now.budget}`;
    slider.setAttribute("aria-valuetext", `${now.budget} nats per token`);
    one("#answer").replaceChildren(...now.sentence.map((piece) => piece.name === undefined ? piece : made("bdi", piece.name)));
    one("#detail").replaceChildren(...now.detail.map((text) => made("p", text, "sub")));
    all(".pareto").forEach((chart) => {
      const y = +chart.dataset.levels.split(" ")[slider.value], zone = chart.querySelector(".zone");
      const end = +zone.dataset.end, top = Math.min(end, Math.max(+zone.dataset.top, y));
      zone.setAttribute("y", top);
      zone.setAttribute("height", end - top);
      chart.querySelector(".level").setAttribute("transform", `translate(0 ${y})`);
      all(".stop", chart).forEach((stop) => stop.classList.toggle("won", +stop.dataset.at === now.winner));
    });
  });
  if (slider) slider.addEventListener("change", () => say(one("#answer").textContent));

  // One tooltip for pointer and keyboard; Escape closes it.
  const tip = one("#tip");
  let stop = null;
  const place = () => {
    tip.hidden = !stop;
    if (!stop) return;
    const box = stop.querySelector(".mark").getBoundingClientRect();
    tip.style.left = `${Math.max(8, Math.min(innerWidth - tip.offsetWidth - 8, box.right + 10))}px`;
    tip.style.top = `${Math.max(8, box.top - tip.offsetHeight - 8)}px`;
  };
  const show = (found) => {
    stop = found;
    if (stop) tip.textContent = stop.dataset.tip;
    place();
  };
  ["pointerover", "focusin"].forEach((kind) => document.addEventListener(kind, (event) => {
    show(event.target.closest ? event.target.closest("[data-tip]") : null);
  }));
  document.addEventListener("focusout", () => show(null));
  document.addEventListener("scroll", place, { passive: true, capture: true });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") show(null); });
  const theme = one("#theme");
  theme.addEventListener("change", () => { document.documentElement.dataset.theme = theme.value; });
})();
