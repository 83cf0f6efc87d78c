// Sorting of tables. Without it the tables read as they stand.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  table.querySelectorAll("thead th").forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      table.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const key = (row) => row.cells[column]?.dataset.value ?? row.cells[column]?.textContent.trim() ?? "";
      const rows = [...body.rows].filter((row) => !row.classList.contains("sum"));
      rows.sort((a, b) => {
        const [x, y] = [key(a), key(b)];
        const [p, q] = [parseFloat(x), parseFloat(y)];
        // What is missing stays below, whichever way the rest runs.
        const [gone, lost] = [x, y].map((text) => text === "" || text === "\u2013");
        if (gone || lost) return gone - lost;
        const order = Number.isNaN(p) || Number.isNaN(q) ? x.localeCompare(y) : p - q;
        return up ? order : -order;
      });
      const sum = body.querySelector("tr.sum");
      rows.forEach((row) => body.insertBefore(row, sum));
    });
  });
}
// A link into a folded part opens it. Without it browsers that can do so themselves do.
const unfold = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let part = target?.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
  target?.scrollIntoView();
};
window.addEventListener("hashchange", unfold);
if (location.hash) unfold();
