// A comfort for the review of many rules: keys, ranges, and how many are chosen. Everything works
// without it, more slowly.
(() => {
  const boxes = () => [...document.querySelectorAll("table[data-choose] tbody input[type=checkbox]")];
  const told = () => {
    const all = boxes(), chosen = all.filter((box) => box.checked);
    all.forEach((box) => box.closest("tr").classList.toggle("selected", box.checked));
    document.querySelectorAll("[data-chosen]").forEach((place) => { place.textContent = chosen.length; });
  };
  // Who speaks to the machine, or meets keys by chance, switches single keys off, for good.
  const KEPT = "single-keys-off";
  const keys = () => document.querySelector("[data-keys]")?.checked ?? true;
  let last = null, here = -1;
  document.addEventListener("click", (event) => {
    const box = event.target;
    if (!(box instanceof HTMLInputElement) || box.type !== "checkbox") return;
    if (box.matches("[data-choose-all]")) {
      boxes().forEach((one) => { one.checked = box.checked; });
    } else if (box.closest("table[data-choose]")) {
      const all = boxes(), to = all.indexOf(box), from = all.indexOf(last);
      if (event.shiftKey && from >= 0 && to >= 0) {
        for (let place = Math.min(from, to); place <= Math.max(from, to); place += 1) all[place].checked = box.checked;
      }
      last = box;
    }
    if (box.matches("[data-keys]")) localStorage.setItem(KEPT, box.checked ? "" : "1");
    told();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !keys()) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && event.target.type !== "checkbox") return;
    const all = boxes();
    if (!all.length) return;
    const row = () => all[here].closest("tr");
    if (event.key === "j" || event.key === "k") {
      if (here >= 0 && all[here]) row().classList.remove("here");
      here = Math.max(0, Math.min(all.length - 1, here + (event.key === "j" ? 1 : -1)));
      row().classList.add("here");
      all[here].focus();
      row().scrollIntoView({ block: "nearest" });
    } else if (event.key === "x" && here >= 0) {
      all[here].checked = !all[here].checked;
      last = all[here];
      told();
    } else if (event.key === "o" && here >= 0) {
      row().querySelector("a")?.click();
    } else if (event.key === "d") {
      document.querySelector("[data-decide]")?.focus();
      event.preventDefault();
    } else if (event.key === "/") {
      document.querySelector("form.filter input[type=search]")?.focus();
      event.preventDefault();
    }
  });
  document.addEventListener("htmx:afterSwap", () => { here = -1; last = null; told(); });
  document.addEventListener("DOMContentLoaded", () => {
    const box = document.querySelector("[data-keys]");
    if (box) box.checked = !localStorage.getItem(KEPT);
    told();
  });
})();
