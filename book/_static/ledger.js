// Filters the table of claims by argument, kind, verdict and words. Without this script the form
// stays hidden and the whole table is shown. `claims.html?verdict=is-mixed` opens it filtered.
"use strict";
const form = document.querySelector(".ledger-filter");
const selects = [...form.querySelectorAll("select")];
const search = form.querySelector("input");
const bodies = [...document.querySelectorAll(".claim-ledger tbody")];
const rows = bodies.flatMap((body) => [...body.querySelectorAll("tr[id]")]);

function show() {
  const wanted = selects.map((select) => select.value).filter(Boolean);
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !(
      wanted.every((name) => row.classList.contains(name)) &&
      words.every((word) => text.includes(word))
    );
  }
  for (const body of bodies) body.hidden = !body.querySelector("tr[id]:not([hidden])");
  const shown = rows.filter((row) => !row.hidden).length;
  form.querySelector("output").value = `${shown} of ${rows.length} claims`;
}

const asked = new URLSearchParams(location.search);
for (const select of selects) {
  const value = asked.get(select.parentElement.firstChild.textContent.toLowerCase());
  if ([...select.options].some((option) => option.value === value)) select.value = value;
}
form.addEventListener("input", show);
form.addEventListener("submit", (event) => event.preventDefault());
form.hidden = false;
show();
