(() => {
  const table = document.querySelector("table");
  if (!table) return;
  const body = table.tBodies[0], rows = [...body.rows];
  const texts = rows.map(row => row.textContent.toLowerCase());
  const find = document.querySelector("#find"), found = document.querySelector("#found");
  const show = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(word => word);
    rows.forEach((row, number) => { row.hidden = !words.every(word => texts[number].includes(word)); });
    found.textContent = words.length ? rows.filter(row => !row.hidden).length + " found" : "";
  };
  find.addEventListener("input", show);
  find.closest("p").hidden = false;
  show();
  const key = (row, column) => row.cells[column].dataset.key ?? row.cells[column].textContent.trim();
  const inOrder = new Intl.Collator("en", { numeric: true }).compare;
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach(other => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const sorted = [...rows].sort((one, other) => inOrder(key(one, column), key(other, column)));
      body.append(...(down ? sorted.reverse() : sorted));
      table.caption.textContent = "By " + button.textContent.toLowerCase() + ".";
    });
  });
  document.documentElement.classList.add("scripted");
})();
