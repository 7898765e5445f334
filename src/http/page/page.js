// Keeps the page fresh while somebody looks at it, and copies. Without it the page is whole, only still.
"use strict";
(() => {
  const EVERY = 5000; // milliseconds from one look to the next
  const AGAIN = 30000; // the same while nobody answers
  const PATIENCE = 10000; // how long an answer may take
  const said = document.getElementById("said");
  let timer;
  let heard = new Date();

  const clock = (time) => time.toLocaleTimeString();

  function say(text, stale) {
    said.textContent = text;
    said.classList.toggle("stale", stale);
    document.body.classList.toggle("is-stale", stale);
  }

  // A selector that finds the same element in the next version of the page.
  function address(element, within) {
    if (!element || !within.contains(element)) return null;
    if (element.id) return "#" + CSS.escape(element.id);
    if (element.dataset.copy) return `[data-copy="${CSS.escape(element.dataset.copy)}"]`;
    if (element.matches("summary")) return `#${CSS.escape(element.parentElement.id)} > summary`;
    return element.hasAttribute("href") ? `[href="${CSS.escape(element.getAttribute("href"))}"]` : null;
  }

  function replace(page) {
    const before = document.getElementById("live");
    const after = page.getElementById("live");
    if (!after) return;
    for (const details of before.querySelectorAll("details[id]")) {
      const same = after.querySelector("#" + CSS.escape(details.id));
      if (same) same.open = details.open;
    }
    const focused = address(document.activeElement, before);
    const boxes = [...before.querySelectorAll(".box[id], pre[id]")].map((box) => [box.id, box.scrollLeft, box.scrollTop]);
    before.replaceWith(after);
    for (const [id, left, top] of boxes) document.getElementById(id)?.scrollTo(left, top);
    if (focused) after.querySelector(focused)?.focus({ preventScroll: true });
    document.title = page.title;
  }

  // What somebody is marking in order to copy it stays as it is.
  function isMarking() {
    const selection = getSelection();
    return !selection.isCollapsed && document.getElementById("live").contains(selection.anchorNode);
  }

  async function look() {
    clearTimeout(timer);
    if (document.hidden) return;
    let wait = EVERY;
    try {
      const answer = await fetch(location.href, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });
      if (!answer.ok && answer.status !== 404) throw new Error(answer.statusText);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      heard = new Date();
      if (!isMarking()) replace(page);
      say("Updated " + clock(heard), false);
    } catch {
      wait = AGAIN;
      say("The controller does not answer. This is as of " + clock(heard), true);
    }
    timer = setTimeout(look, wait);
  }

  async function copy(button) {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      getSelection().selectAllChildren(source); // no clipboard without HTTPS: it is marked, to be copied by hand
      document.execCommand("copy");
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) copy(button);
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches(".filter select")) event.target.form.requestSubmit();
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
  document.documentElement.classList.add("js");
  if (said) timer = setTimeout(look, EVERY);
})();
