// The hub's script: palette, keys, menus of rows, marking of rows. Each is a
// comfort over a link or a form that works without it.
"use strict";
(() => {
  const one = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const keysOn = () => document.documentElement.dataset.shortcuts !== "off";

  // The palette: over the page, by Ctrl K or the button in the bar.
  const palette = one("#palette");
  if (palette) {
    const field = one("#palette-q"), found = one("#palette-found");
    let only = "", asked = 0, timer = 0, from = null, waits = false, enter = false;
    const options = () => all("[role=option]:not([aria-disabled])", found);
    const choose = (to) => {
      for (const o of options()) o.setAttribute("aria-selected", String(o === to));
      if (to) {
        field.setAttribute("aria-activedescendant", to.id);
        to.scrollIntoView({ block: "nearest" });
      } else field.removeAttribute("aria-activedescendant");
    };
    const chosen = () => options().findIndex((o) => o.getAttribute("aria-selected") === "true");
    const ask = async () => {
      const mine = ++asked;
      const q = new URLSearchParams({ q: field.value });
      if (only) q.set("only", only);
      const answer = await fetch(palette.dataset.path + "?" + q, { headers: { "HX-Request": "true" } }).catch(() => null);
      if (mine !== asked) return;
      if (answer && answer.redirected) return location.reload(); // signed out since
      if (!answer || !answer.ok) return;
      const text = await answer.text();
      if (mine !== asked) return;
      found.innerHTML = text;
      waits = false;
      choose(options()[0]);
      if (enter && options()[0]) location.href = options()[0].href;
    };
    const open = (what) => {
      only = what === "organizations" ? what : "";
      from = document.activeElement;
      field.value = "";
      waits = enter = false;
      palette.showPopover();
      field.focus();
      ask();
    };
    palette.addEventListener("toggle", (e) => {
      if (e.newState === "closed" && from && document.contains(from) && (document.activeElement === document.body || palette.contains(document.activeElement))) from.focus();
    });
    field.addEventListener("input", () => { // until its answer is there, what is seen answers something else
      asked++;
      waits = true;
      enter = false;
      choose(null);
      clearTimeout(timer);
      timer = setTimeout(ask, 90);
    });
    field.addEventListener("keydown", (e) => {
      const list = options(), at = chosen();
      if (e.key === "ArrowDown") choose(list[(at + 1) % list.length]);
      else if (e.key === "ArrowUp") choose(list[(at - 1 + list.length) % list.length]);
      else if (e.key === "Enter" && waits) enter = true;
      else if (e.key === "Enter") { if (list[at]) location.href = list[at].href; }
      else if (e.key === "?" && !field.value && one("#keys-link")) location.href = one("#keys-link").href;
      else return;
      e.preventDefault();
    });
    for (const b of all("[data-find]")) b.addEventListener("click", (e) => {
      if (e.ctrlKey || e.metaKey || e.shiftKey || e.button) return;
      e.preventDefault();
      open(b.dataset.find);
    });
    document.addEventListener("keydown", (e) => {
      if ((e.ctrlKey || e.metaKey) && !e.altKey && !e.shiftKey && e.key.toLowerCase() === "k") {
        e.preventDefault();
        if (palette.matches(":popover-open")) palette.hidePopover(); else open("");
      }
    });
  }

  // Keys of a list. A row is a tr with data-row: where Enter leads.
  const rows = () => all("tr[data-row]");
  const here = () => rows().findIndex((r) => r.hasAttribute("data-at"));
  const go = (to) => {
    const list = rows();
    if (!list.length) return;
    to = Math.max(0, Math.min(to, list.length - 1));
    for (const r of list) r.removeAttribute("data-at");
    list[to].setAttribute("data-at", "");
    const link = one("a.name", list[to]);
    if (link) link.focus({ preventScroll: true });
    list[to].scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("keydown", (e) => {
    if (!keysOn() || e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented) return;
    if (e.target.closest("input:not([type=checkbox]), select, textarea, [popover]")) return;
    const row = rows()[here()];
    switch (e.key) {
      case "/": { const q = one("main .search input"); if (!q) return; q.focus(); q.select(); break; }
      case "j": go(here() + 1); break;
      case "k": go(here() < 0 ? 0 : here() - 1); break;
      case "x": { const box = row && one("input[type=checkbox]", row); if (!box) return; box.click(); break; }
      case "Enter": if (!row || e.target.closest("a, button, input")) return; location.href = row.dataset.row; break;
      case ".": { const b = row && one("[data-menu]", row); if (!b) return; b.click(); break; }
      case "?": { const l = one("#keys-link"); if (!l) return; location.href = l.href; break; }
      default: return;
    }
    e.preventDefault();
  });

  // A row's menu is fetched when it is asked for: it says what may be done to
  // that person now. Without script its button is a link to the same.
  document.addEventListener("click", async (e) => {
    const link = e.target.closest("a[data-menu]");
    const menu = link && one("#" + link.dataset.into);
    if (!menu || e.ctrlKey || e.metaKey || e.shiftKey) return;
    e.preventDefault();
    const answer = await fetch(link.dataset.menu, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (!answer || !answer.ok || answer.redirected) return void (location.href = link.href);
    menu.innerHTML = await answer.text();
    menu.showPopover();
    const at = link.getBoundingClientRect(), size = menu.getBoundingClientRect();
    menu.style.position = "fixed";
    menu.style.inset = "auto";
    menu.style.left = Math.max(8, Math.min(at.right - size.width, innerWidth - size.width - 8)) + "px";
    menu.style.top = (at.bottom + size.height + 8 > innerHeight ? Math.max(8, at.top - size.height - 4) : at.bottom + 4) + "px";
    const first = one("a, button", menu);
    if (first) first.focus();
    menu.ontoggle = (e) => { // where focus was taken somewhere else, it stays
      if (e.newState === "closed" && document.contains(link) && (document.activeElement === document.body || menu.contains(document.activeElement))) link.focus();
    };
  });
  // What is pressed is not swapped away from under the pointer, which would take
  // the click: such an answer is dropped, and asked for again when it is let go.
  let pressed = false;
  const again = new Set();
  addEventListener("pointerdown", () => { pressed = true; }, true);
  for (const up of ["pointerup", "pointercancel"]) addEventListener(up, () => setTimeout(() => {
    pressed = false;
    for (const e of again) if (document.contains(e)) htmx.trigger(e, "again");
    again.clear();
  }), true);
  document.addEventListener("htmx:beforeSwap", (e) => {
    const asker = e.detail.requestConfig.elt;
    if (!pressed || !(asker.getAttribute("hx-trigger") || "").includes("again")) return;
    e.detail.shouldSwap = false;
    again.add(asker);
  });
  // What had the focus may be gone, as Next is on the last page.
  let held = false;
  document.addEventListener("htmx:beforeSwap", (e) => { held = e.detail.target.contains(document.activeElement); });
  document.addEventListener("htmx:afterSettle", () => {
    const on = held && document.activeElement === document.body && one(".pager a");
    held = false;
    if (on) on.focus({ preventScroll: true });
  });
  // Arrows in a menu.
  document.addEventListener("keydown", (e) => {
    const menu = e.target.closest(".menu");
    if (!menu || (e.key !== "ArrowDown" && e.key !== "ArrowUp")) return;
    const list = all("a, button, input, select", menu), at = list.indexOf(document.activeElement);
    list[(at + (e.key === "ArrowDown" ? 1 : -1) + list.length) % list.length].focus();
    e.preventDefault();
  });
  // Where there is no anchor positioning a menu is placed by hand.
  if (!CSS.supports("position-area: bottom")) {
    document.addEventListener("toggle", (e) => {
      if (e.newState !== "open" || !e.target.matches(".menu[id]")) return;
      const b = one(`[popovertarget="${e.target.id}"]`);
      if (!b) return;
      const at = b.getBoundingClientRect(), size = e.target.getBoundingClientRect();
      Object.assign(e.target.style, { position: "fixed", inset: "auto", top: at.bottom + 4 + "px", left: Math.max(8, Math.min(at.right - size.width, innerWidth - size.width - 8)) + "px" });
    }, true);
  }

  // Enter in a box that marks sends no form.
  for (const press of ["keydown", "keypress"]) document.addEventListener(press, (e) => {
    if (e.key === "Enter" && e.target.matches("[data-mark], [data-mark-all]")) e.preventDefault();
  });
  // Marking of rows: the bar says how many and what can be done to them.
  const mark = () => {
    const bar = one("[data-bulk]");
    if (!bar) return;
    const boxes = all("input[data-mark]"), n = boxes.filter((b) => b.checked).length;
    const whole = one("input[data-mark-all]");
    if (whole) { whole.checked = n > 0 && n === boxes.length; whole.indeterminate = n > 0 && n < boxes.length; }
    bar.hidden = n === 0;
    const count = one("[data-count]", bar);
    if (count) count.textContent = (n === 1 ? count.dataset.one : count.dataset.other).replace("{n}", n);
    const everyone = one("input[name=all]", bar);
    if (everyone && n < boxes.length) everyone.checked = false;
    for (const b of all("[data-unmark]", bar)) b.hidden = false;
    for (const e of all("[data-whole]", bar)) {
      e.hidden = n < boxes.length;
      if (e.hidden || !e.dataset.matching) continue;
      const path = e.dataset.matching;
      delete e.dataset.matching;
      fetch(path, { headers: { "HX-Request": "true" } }).then(async (a) => { if (a.ok && !a.redirected) one("span", e).textContent = (await a.text()).trim(); }).catch(() => {});
    }
  };
  document.addEventListener("change", (e) => {
    if (e.target.matches("input[data-mark-all]")) for (const b of all("input[data-mark]")) b.checked = e.target.checked;
    if (e.target.matches("input[data-mark], input[data-mark-all]")) mark();
  });
  document.addEventListener("click", (e) => {
    if (!e.target.closest("[data-unmark]")) return;
    for (const b of all("input[data-mark]")) b.checked = false;
    mark();
  });
  document.addEventListener("htmx:afterSettle", mark);
  addEventListener("pageshow", mark);

  // A form that is sent as soon as it changes, so that it needs no button.
  document.addEventListener("change", (e) => {
    const form = e.target.form;
    if (form && form.matches("[data-auto]")) form.requestSubmit();
  });
  for (const e of all("[data-no-script]")) e.hidden = true;

  // More lines of a form whose lines are alike.
  for (const more of all("[data-more]")) more.addEventListener("click", (e) => {
    const list = one("[data-lines]"), n = list.children.length;
    if (n >= Number(list.dataset.most)) return;
    e.preventDefault();
    const line = list.lastElementChild.cloneNode(true);
    for (const x of all(".err-t", line)) x.remove();
    for (const x of all("[id], [for]", line)) for (const name of ["id", "for"]) if (x.hasAttribute(name)) x.setAttribute(name, x.getAttribute(name).replace(/-\d+/, "-" + n));
    for (const x of all("input, select", line)) { x.value = ""; x.removeAttribute("aria-invalid"); x.removeAttribute("aria-describedby"); x.removeAttribute("autofocus"); }
    for (const x of all("label .vh", line)) x.textContent = x.textContent.replace(/\d+/, n + 1);
    list.append(line);
    one("input", line).focus();
    more.hidden = n + 1 >= Number(list.dataset.most);
  });

  // What is locked can be reached and read, not chosen.
  document.addEventListener("click", (e) => {
    if (e.target.closest("input[aria-disabled=true]")) e.preventDefault();
  });

  // Receipts close.
  for (const b of all("[data-close]")) b.addEventListener("click", (e) => {
    e.preventDefault();
    one("#" + b.dataset.close).remove();
    history.replaceState(null, "", b.href);
    one("#main").focus();
  });

  // A short code follows the name until somebody writes one.
  const plate = one("[data-plate-of] input");
  const named = plate && one("#" + plate.closest("[data-plate-of]").dataset.plateOf);
  if (named) {
    let follows = !plate.value;
    plate.addEventListener("input", () => { follows = !plate.value; });
    named.addEventListener("input", () => {
      const letters = named.value.normalize("NFKD").toUpperCase().replace(/[^A-Z0-9]/g, "").replace(/^[0-9]+/, "");
      if (follows && (letters.length > 2 || plate.value)) plate.value = letters.slice(0, 3);
    });
  }

  // The address of a view, to hand on.
  for (const b of all("[data-copy-link]")) {
    if (!navigator.clipboard) continue;
    b.hidden = false;
    b.addEventListener("click", async () => {
      await navigator.clipboard.writeText(location.href);
      b.setAttribute("aria-label", b.dataset.done);
      b.setAttribute("aria-live", "polite");
      b.title = b.dataset.done;
    });
  }
})();
