// What the console does beyond links and forms: it shows news quietly, copies, and knows some keys.
// Every page works without it.
//
// Keys: `j` and `k` move from row to row, `/` searches, `?` lists the keys. The palette is on Ctrl+K
// (Command+K): a bare `k` cannot both move and open it, and moving is what hands do all day. Single
// keys can be switched off, because people who speak to their computer type them by accident
// (WCAG 2.2, 2.1.4).

"use strict";

(() => {
  const main = () => document.getElementById("main");
  const make = (name, properties = {}, ...inside) => {
    const element = Object.assign(document.createElement(name), properties);
    element.append(...inside);
    return element;
  };

  // ---- What is there only with the script ------------------------------------------------------

  const arm = (root) => {
    for (const button of root.querySelectorAll("[data-copy], [data-keys]")) button.hidden = false;
  };

  const copy = async (button) => {
    const code = button.parentElement.querySelector("pre");
    let words = "Copied";
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch {
      // Without TLS there is no clipboard for pages: what is selected can be copied by hand.
      getSelection().selectAllChildren(code);
      words = "Selected";
    }
    button.textContent = words;
    say(words);
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  };

  const voice = make("p", { className: "vh", role: "status" });
  const say = (words) => { voice.textContent = words; };

  // ---- News ------------------------------------------------------------------------------------

  let source = null;
  let pending = false;
  let bar = null;

  const editing = () => {
    if (document.querySelector("dialog[open]")) return true;
    if (!getSelection().isCollapsed && main().contains(getSelection().anchorNode)) return true;
    const at = document.activeElement;
    if (at && at.matches("input, select, textarea") && main().contains(at)) return true;
    for (const field of main().querySelectorAll("input:not([type=hidden]), select, textarea")) {
      if (field.type === "radio" ? field.checked !== field.defaultChecked
        : field.tagName === "SELECT" ? [...field.options].some((o) => o.selected !== o.defaultSelected && (o.defaultSelected || o.index > 0))
        : field.value !== field.defaultValue) return true;
    }
    return false;
  };

  // Where the focus is, in words that the new content can answer to.
  const focused = () => {
    const at = document.activeElement;
    if (!at || !main().contains(at) || at === main()) return null;
    if (at.id) return "#" + CSS.escape(at.id);
    const href = at.getAttribute("href");
    if (href) return `a[href="${CSS.escape(href)}"]`;
    const action = at.closest("form")?.getAttribute("action");
    return action ? `form[action="${CSS.escape(action)}"] button` : null;
  };

  const refresh = async () => {
    if (pending) return;
    pending = true;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" }, credentials: "same-origin" });
      if (!answer.ok || answer.redirected) return offer();
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById("main");
      if (!fresh || editing()) return offer();
      const at = focused();
      const open = [...main().querySelectorAll("details[open][id]")].map((one) => one.id);
      const [x, y] = [scrollX, scrollY];
      // A sentence about what was just done is shown once: it stays until the page is left.
      const notice = main().querySelector(".notice");
      main().replaceWith(fresh);
      if (notice && !fresh.querySelector(".notice")) fresh.prepend(notice);
      for (const id of open) document.getElementById(id)?.setAttribute("open", "");
      if (at) fresh.querySelector(at)?.focus({ preventScroll: true });
      scrollTo(x, y);
      document.title = page.title;
      arm(fresh);
      bar?.remove();
      bar = null;
    } catch {
      offer();
    } finally {
      pending = false;
    }
  };

  const offer = () => {
    if (bar) return;
    const again = make("a", { href: location.href }, "Show it");
    bar = make("p", { className: "news" }, "Something changed. ", again);
    bar.setAttribute("role", "status");
    document.body.append(bar);
  };

  const listen = () => {
    if (source || !main()?.dataset.change) return;
    source = new EventSource("/events");
    source.onmessage = (event) => {
      const number = Number(event.data);
      if (number > Number(main().dataset.change)) {
        if (editing()) offer(); else refresh();
      }
    };
  };

  // Browsers open six connections to a host: a page that nobody looks at keeps none.
  const heed = () => {
    if (document.hidden) {
      source?.close();
      source = null;
    } else {
      listen();
    }
  };

  // ---- Keys ------------------------------------------------------------------------------------

  const OFF = "holdfast-single-keys-off";
  const singleKeys = () => { try { return !localStorage.getItem(OFF); } catch { return true; } };
  const setSingleKeys = (on) => {
    try { on ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1"); } catch { /* not kept */ }
  };

  const move = (by) => {
    const rows = [...main().querySelectorAll("[data-row]")].filter((row) => row.offsetParent !== null);
    if (rows.length === 0) return;
    const at = rows.indexOf(document.activeElement);
    const to = at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1);
    rows[to].focus();
    rows[to].closest(".row")?.scrollIntoView({ block: "nearest" });
  };

  const search = () => {
    const field = document.getElementById("q");
    if (field) { field.focus(); field.select(); } else location.assign("/findings#q");
  };

  const dialog = (title, ...inside) => {
    const heading = make("h2", { id: "dialog-title" }, title);
    const shown = make("dialog", {}, heading, ...inside);
    shown.setAttribute("aria-labelledby", "dialog-title");
    shown.addEventListener("close", () => shown.remove());
    shown.addEventListener("click", (event) => { if (event.target === shown) shown.close(); });
    document.body.append(shown);
    shown.showModal();
    return shown;
  };

  const listKeys = () => {
    if (document.querySelector("dialog[open]")) return;
    const rows = [
      ["j, k", "next row, row before"], ["Enter", "open the row"], ["/", "search"],
      ["Ctrl+K", "go anywhere"], ["?", "this list"], ["Esc", "close"],
    ].map(([keys, words]) => make("div", {}, make("dt", {}, make("kbd", {}, keys)), make("dd", {}, words)));
    const words = () => (singleKeys() ? "Switch single keys off" : "Switch single keys on");
    const toggle = make("button", { type: "button", className: "button" }, words());
    toggle.onclick = () => { setSingleKeys(!singleKeys()); toggle.textContent = words(); };
    const close = make("button", { type: "button", className: "button" }, "Close");
    const shown = dialog("Keys", make("dl", {}, ...rows), make("div", { className: "deeds" }, close, toggle));
    close.onclick = () => shown.close();
    close.focus();
  };

  const palette = () => {
    if (document.querySelector("dialog[open]")) return;
    const field = make("input", { type: "search", autocomplete: "off" });
    field.setAttribute("aria-label", "Go to a page, or search the findings");
    const list = make("ul");
    const places = new Map();
    for (const link of document.querySelectorAll(".places a[href], .account .to-settings")) places.set(link.getAttribute("href"), link.textContent.trim());
    const rows = new Map();
    for (const link of main().querySelectorAll("[data-row]")) rows.set(link.getAttribute("href"), link.textContent.trim());
    const fill = () => {
      const words = field.value.trim().toLowerCase();
      const fits = ([, text]) => words.split(/\s+/).every((word) => text.toLowerCase().includes(word));
      const all = [...places].filter(fits).concat(words ? [...rows].filter(fits).slice(0, 8) : []);
      if (words) all.push(["/findings?state=any&q=" + encodeURIComponent(field.value.trim()), `Search all findings for \u201c${field.value.trim()}\u201d`]);
      list.replaceChildren(...all.map(([href, text]) => make("li", {}, make("a", { href }, text))));
    };
    field.oninput = fill;
    fill();
    const shown = dialog("Go to", field, list);
    field.focus();
    shown.addEventListener("keydown", (event) => {
      const links = [...list.querySelectorAll("a")];
      const at = links.indexOf(document.activeElement);
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        const to = at + (event.key === "ArrowDown" ? 1 : -1);
        (to < 0 ? field : links[Math.min(to, links.length - 1)])?.focus();
      } else if (event.key === "Enter" && document.activeElement === field) {
        event.preventDefault();
        if (links[0]) location.assign(links[0].href);
      }
    });
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      palette();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || !singleKeys()) return;
    if (event.target.closest?.("input, select, textarea, dialog, [contenteditable]")) return;
    const deeds = { j: () => move(1), k: () => move(-1), "/": search, "?": listKeys };
    const deed = deeds[event.key];
    if (deed && main()) { event.preventDefault(); deed(); }
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-copy], [data-keys]");
    if (!button) {
      // The sheet of the phone's navigation closes when one touches elsewhere.
      for (const more of document.querySelectorAll("details.more[open]")) {
        if (!more.contains(event.target)) more.open = false;
      }
      return;
    }
    if ("copy" in button.dataset) copy(button); else listKeys();
  });

  // A form that was sent is not sent twice by an impatient hand.
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post") return;
    if (event.target.dataset.sent) event.preventDefault();
    event.target.dataset.sent = "1";
  });
  addEventListener("pageshow", (event) => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
    if (event.persisted) { source = null; heed(); }
  });
  addEventListener("pagehide", () => { source?.close(); source = null; });

  document.body.append(voice);
  arm(document);
  if (location.hash === "#q") search();
  document.addEventListener("visibilitychange", heed);
  heed();
})();
