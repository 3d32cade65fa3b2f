// What the page can do beyond links and a form: drop, paste, crop, stay in place, keys. The server renders
// everything; this fetches the part of the page that changes (X-Fragment) and puts it where it belongs.
"use strict";

const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const main = $("#main"), sheet = $("#sheet"), keys = $("#keys"), toast = $("#toast");

// Photos of this visit by their links: the file itself, which can be cropped again, and the crop.
const photos = new Map();
let current = null; // {file, url, crop} of what is shown, if it is here
let running = null; // the request whose answer is awaited

document.documentElement.classList.add("scripted");
if (matchMedia("(pointer: coarse)").matches) document.documentElement.classList.add("touch");

// --- Requests

// ask fetches a part of a page; null: another request came after it, or it failed and that was said.
async function ask(url, options = {}) {
  running?.abort();
  const mine = running = new AbortController();
  const slow = setTimeout(() => main.classList.add("busy"), 120);
  try {
    const answer = await fetch(url, { ...options, headers: { "X-Fragment": "1" }, signal: mine.signal });
    const text = await answer.text();
    if (!answer.ok) {
      say(JSON.parse(text).detail);
      return null;
    }
    return { url: answer.url, html: text };
  } catch (error) {
    if (error.name !== "AbortError") say("The server does not answer. Try again in a moment.");
    return null;
  } finally {
    clearTimeout(slow);
    if (running === mine) {
      running = null;
      main.classList.remove("busy");
    }
  }
}

// go shows another page in place of this one.
async function go(url, { push = true, top = true } = {}) {
  const answer = await ask(url);
  if (answer) show(answer, push, top);
}

// search sends a photo.
async function search(file, crop = "") {
  if (!file) return;
  if (!file.type.startsWith("image/") && !/\.(hei[cf]|avif|tiff?|bmp)$/i.test(file.name ?? "")) {
    say("This is no photo. JPEG, PNG, WebP, HEIC, AVIF, GIF, BMP and TIFF are known.");
    return;
  }
  const form = new FormData();
  form.set("photo", file, file.name ?? "photo");
  form.set("crop", crop);
  const now = new URLSearchParams(location.search);
  for (const name of crop ? ["category", "f", "more", "less", "taught"] : ["category", "taught"]) {
    for (const value of now.getAll(name)) form.append(name, value);
  }
  const answer = await ask("/search", { method: "POST", body: form });
  if (!answer) return;
  const known = current?.file === file ? current.url : URL.createObjectURL(file);
  photos.set(new URL(answer.url).searchParams.get("q"), { file, url: known, crop });
  show(answer, true, !crop);
}

function show({ url, html }, push, top) {
  if (push) {
    history.pushState(null, "", url);
    main.classList.remove("still");
  }
  if (sheet.open) sheet.close();
  main.innerHTML = html;
  prepare();
  if (top) scrollTo(0, 0);
}

function say(text) {
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { toast.hidden = true; }, 6000);
}

// --- What stands there after each change

function prepare() {
  for (const part of $$("[data-script]", main)) part.hidden = false;
  const touch = document.documentElement.classList.contains("touch");
  for (const camera of $$("[data-camera]", main)) camera.hidden = !touch;
  const figure = $(".query", main);
  current = figure ? photos.get(figure.dataset.link) ?? null : null;
  if (figure) cropping(figure);
  if ($("[data-fitting]", main)) fitted();
}

// A photo whose file cannot be read leaves a quiet tile.
document.addEventListener("error", event => {
  if (event.target.tagName === "IMG") event.target.classList.add("missing");
}, true);

// --- Links, sheets, forms

document.addEventListener("click", event => {
  const modified = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
  if (event.defaultPrevented || event.button || modified) return;
  const link = event.target.closest("a[href]");
  if (link && link.origin === location.origin && !link.hash) {
    event.preventDefault();
    if (link.matches("[data-open], [data-within]")) open(link.href);
    else go(link.href, { top: !link.matches("[data-stay], [data-like], [data-unlike]") });
    return;
  }
  const button = event.target.closest("button");
  if (button?.matches("[data-share]")) share(button);
  if (button?.matches("[data-close]")) sheet.close();
  if (event.target === sheet || event.target === keys) event.target.close(); // beside it
});

async function open(url) {
  const answer = await ask(url);
  if (!answer) return;
  sheet.innerHTML = "<button class='plain close' data-close>Close</button>" + answer.html;
  if (!sheet.open) sheet.showModal();
  sheet.scrollTop = 0;
}

// A sheet that is closed while another photo of it comes stays closed.
sheet.addEventListener("close", () => running?.abort());

async function share(button) {
  try {
    await navigator.clipboard.writeText(location.href);
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy link"; }, 1600);
  } catch {
    prompt("The link to this search:", location.href);
  }
}

document.addEventListener("change", event => {
  if (event.target.matches("input[type=file]")) {
    search(event.target.files[0]);
    event.target.value = "";
  }
});
document.addEventListener("submit", event => {
  if (event.target.matches("#teach, [data-teach]")) {
    event.preventDefault();
    teach(event.target, event.submitter);
  } else if (event.target.matches(".ask[method=post]")) {
    event.preventDefault();
    search($("input[type=file]", event.target).files[0]);
  }
});
addEventListener("popstate", () => go(location.href, { push: false, top: false }));

// --- Clicks that teach

async function teach(form, button) {
  const answer = await ask(form.action, { method: "POST", body: new FormData(form, button) });
  if (!answer) return;
  const card = button?.closest(".card")?.dataset.photo;
  const place = button ? $$("[data-teach]", button.parentElement).indexOf(button) : 0;
  const list = $(".taught details", main)?.open;
  main.classList.add("still");
  show(answer, false, false);
  if (list && $(".taught details", main)) $(".taught details", main).open = true;
  const again = card && $$(".card", main).find(c => c.dataset.photo === card);
  if (again) $$("[data-teach]", again)[place]?.focus({ preventScroll: true });
}

// fitted puts what clicks taught in place once they are learned from; the rest of the page stays as it is.
async function fitted() {
  await new Promise(done => setTimeout(done, 700));
  const panel = $(".taught", main);
  if (!panel || running || !$("[data-fitting]", panel)) return;
  const at = location.href;
  try {
    const answer = await fetch(at, { headers: { "X-Fragment": "1" } });
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (running || at !== location.href || !panel.isConnected || !answer.ok) return;
    if (!$("[data-fitting]", next)) {
      main.classList.add("still");
      const open = $("details", panel)?.open, on = $(".toggle[aria-checked=true]", next);
      panel.replaceWith($(".taught", next));
      if (open) $(".taught details", main).open = true;
      if (on && !$(".found", main).contains(document.activeElement)) $(".found", main).replaceWith($(".found", next));
      return;
    }
  } catch { /* the next click asks again */ }
  fitted();
}

// --- Drop and paste

let over = 0;
const holdsFiles = event => [...(event.dataTransfer?.types ?? [])].includes("Files");
addEventListener("dragenter", event => {
  if (holdsFiles(event)) document.documentElement.classList.toggle("dropping", ++over > 0);
});
addEventListener("dragleave", event => {
  if (holdsFiles(event)) document.documentElement.classList.toggle("dropping", --over > 0);
});
addEventListener("dragover", event => { if (holdsFiles(event)) event.preventDefault(); });
addEventListener("drop", event => {
  over = 0;
  document.documentElement.classList.remove("dropping");
  if (!holdsFiles(event)) return;
  event.preventDefault();
  search(event.dataTransfer.files[0]);
});
addEventListener("paste", event => {
  const file = [...(event.clipboardData?.files ?? [])][0];
  if (file) {
    event.preventDefault();
    search(file);
  } else if (!/INPUT|TEXTAREA/.test(event.target.tagName)) {
    say("There is no photo in the clipboard.");
  }
});

// --- Crop: a box in shares of the photo

const least = 0.05;
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

function cropping(figure) {
  const image = $("img", figure), box = $(".box", figure);
  const on = $("[data-crop-on]", main), whole = $("[data-whole]", main);
  if (!image) {
    on.hidden = true;
    return;
  }
  let crop = null; // {x, y, w, h}
  let drag = null;
  const text = (current?.crop || figure.dataset.crop || "").split(",").map(Number);
  if (current) image.src = current.url;
  if (text.length === 4) crop = { x: text[0], y: text[1], w: text[2], h: text[3] };
  whole.hidden = !crop;
  const mode = active => {
    figure.classList.toggle("cropping", active);
    on.setAttribute("aria-pressed", String(active));
    place();
  };

  // The photo's place within the figure, which it may not fill.
  function area() {
    const frame = figure.getBoundingClientRect(), shown = image.getBoundingClientRect();
    const scale = Math.min(shown.width / image.naturalWidth, shown.height / image.naturalHeight) || 1;
    const width = image.naturalWidth * scale, height = image.naturalHeight * scale;
    return { x: shown.x - frame.x + (shown.width - width) / 2, y: shown.y - frame.y + (shown.height - height) / 2,
      width, height, left: frame.x, top: frame.y };
  }

  function place() {
    box.hidden = !crop;
    if (!crop) return;
    const a = area();
    box.style.left = `${a.x + crop.x * a.width}px`;
    box.style.top = `${a.y + crop.y * a.height}px`;
    box.style.width = `${crop.w * a.width}px`;
    box.style.height = `${crop.h * a.height}px`;
  }

  const at = event => {
    const a = area();
    return {
      x: clamp((event.clientX - a.left - a.x) / a.width, 0, 1),
      y: clamp((event.clientY - a.top - a.y) / a.height, 0, 1),
    };
  };

  async function apply() {
    const value = crop ? [crop.x, crop.y, crop.w, crop.h].map(v => v.toFixed(4)).join(",") : "";
    if (figure.dataset.id) { // a photo of the index: the address says it all
      const url = new URL(location.href);
      if (value) url.searchParams.set("crop", value);
      else url.searchParams.delete("crop");
      go(url.href, { top: false });
      return;
    }
    if (!current) { // a shared link: its small picture is what there is
      const file = await (await fetch(image.src)).blob();
      current = { file, url: URL.createObjectURL(file), crop: "" };
    }
    search(current.file, value);
  }

  function begin(event) {
    if (event.button || (event.pointerType === "touch" && !figure.classList.contains("cropping"))) return;
    event.preventDefault();
    figure.focus({ preventScroll: true });
    figure.setPointerCapture(event.pointerId);
    const from = at(event), before = crop && { ...crop };
    const corner = [...box.children].indexOf(event.target);
    drag = { from, before, corner, move: event.target === box };
    if (corner >= 0) { // the corner across stays
      drag.from = { x: crop.x + (corner % 2 ? 0 : crop.w), y: crop.y + (corner < 2 ? crop.h : 0) };
    }
  }

  function move(event) {
    if (!drag) return;
    const to = at(event);
    if (drag.move) {
      crop = { ...drag.before, x: clamp(drag.before.x + to.x - drag.from.x, 0, 1 - drag.before.w),
        y: clamp(drag.before.y + to.y - drag.from.y, 0, 1 - drag.before.h) };
    } else {
      crop = { x: Math.min(drag.from.x, to.x), y: Math.min(drag.from.y, to.y), w: Math.abs(to.x - drag.from.x),
        h: Math.abs(to.y - drag.from.y) };
    }
    place();
  }

  function end() {
    if (!drag) return;
    const { before } = drag;
    drag = null;
    if (!crop || crop.w < least || crop.h < least) { // a click
      crop = before;
      place();
      return;
    }
    if (JSON.stringify(crop) !== JSON.stringify(before)) apply();
  }

  figure.addEventListener("pointerdown", begin);
  figure.addEventListener("pointermove", move);
  figure.addEventListener("pointerup", end);
  figure.addEventListener("pointercancel", () => { crop = drag?.before ?? crop; drag = null; place(); });
  image.addEventListener("load", place);
  image.addEventListener("dragstart", event => event.preventDefault());
  new ResizeObserver(place).observe(figure);
  on.addEventListener("click", () => mode(!figure.classList.contains("cropping")));
  whole.addEventListener("click", () => { crop = null; apply(); });
  figure.addEventListener("keydown", event => {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (step) {
      event.preventDefault();
      event.stopPropagation();
      crop ??= { x: 0.2, y: 0.2, w: 0.6, h: 0.6 };
      const [dx, dy] = step.map(v => v * 0.02);
      if (event.shiftKey) {
        crop.w = clamp(crop.w + dx, least, 1 - crop.x);
        crop.h = clamp(crop.h + dy, least, 1 - crop.y);
      } else {
        crop.x = clamp(crop.x + dx, 0, 1 - crop.w);
        crop.y = clamp(crop.y + dy, 0, 1 - crop.h);
      }
      place();
    } else if (event.key === "Enter" && crop) {
      event.preventDefault();
      apply();
    } else if (event.key === "Escape" && crop) {
      crop = null;
      apply();
    }
  });
  if (figure.dataset.focus) figure.focus();
  place();
}

// --- Keys

addEventListener("keydown", event => {
  if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || sheet.open || keys.open ||
      event.target.matches("input:not([type=file]), textarea, select")) return;
  const cards = $$(".card", main);
  const card = event.target.closest(".card");
  switch (event.key) {
    case "/":
      event.preventDefault();
      $("input[type=file]", main)?.click();
      break;
    case "?":
      keys.showModal();
      break;
    case "c":
      if ($(".query img", main)) {
        const figure = $(".query", main);
        figure.focus();
        if (!figure.classList.contains("cropping")) $("[data-crop-on]", main).click();
      }
      break;
    case "+": case "=":
      $("[data-like]", card ?? document.createElement("p"))?.click();
      break;
    case "-": case "−":
      $("[data-unlike]", card ?? document.createElement("p"))?.click();
      break;
    case "ArrowLeft": case "ArrowRight": case "ArrowUp": case "ArrowDown": {
      if (!cards.length || event.target.closest(".query")) return;
      if (!card && event.key !== "ArrowDown") return;
      event.preventDefault();
      const next = card ? neighbour(cards, card, event.key) : cards[0];
      $(".shot", next)?.focus();
      next?.scrollIntoView({ block: "nearest" });
    }
  }
});

// neighbour is the card that lies there: left and right in order, up and down the nearest of another row.
function neighbour(cards, card, key) {
  const i = cards.indexOf(card);
  if (key === "ArrowLeft") return cards[Math.max(i - 1, 0)];
  if (key === "ArrowRight") return cards[Math.min(i + 1, cards.length - 1)];
  const here = card.getBoundingClientRect(), down = key === "ArrowDown";
  let best = card, least = Infinity;
  for (const other of cards) {
    const there = other.getBoundingClientRect();
    const dy = down ? there.top - here.top : here.top - there.top;
    const away = 3 * dy + Math.abs(there.left - here.left);
    if (dy > 4 && away < least) [best, least] = [other, away];
  }
  return best;
}

prepare();
