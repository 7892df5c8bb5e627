// Rows of a form that can be added and removed; without this, the blank ones at the end serve.
for (const field of document.querySelectorAll("[data-rows]")) {
  const list = field.querySelector("[data-rows-list]");
  const blank = field.querySelector("[data-rows-blank]");
  const add = field.querySelector("[data-rows-add]");
  if (!add) continue;
  const ready = (row) => { row.querySelector("[data-row-remove]").hidden = false; };
  const changed = () => field.dispatchEvent(new Event("change", { bubbles: true }));
  const input = (row) => row.querySelector("input");
  add.hidden = false;
  list.querySelectorAll("[data-row]").forEach(ready);
  add.addEventListener("click", () => {
    const row = blank.content.firstElementChild.cloneNode(true);
    ready(row);
    list.append(row);
    input(row).focus();
  });
  list.addEventListener("click", (event) => {
    const row = event.target.closest("[data-row-remove]")?.closest("[data-row]");
    if (!row) return;
    const near = row.nextElementSibling?.closest("[data-row]") ?? row.previousElementSibling;
    row.remove();
    (near ? input(near) : add).focus();
    changed();
  });
}
