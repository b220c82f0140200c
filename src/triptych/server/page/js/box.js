// The search box: words, a picture, or both; and the searches of before.

import { button, h, icon, put, say, shown } from "./dom.js";
import { picture, shrunk, SMALL } from "./pictures.js";
import { past } from "./state.js";

const IMAGE = /^image\//;
const ASKING = "Find a page, or ask a question";

/** Wires the box. `on`: `typed()`, `entered()`, `asked()`, `failed(problem)`. */
export class Box {
  constructor(on) {
    this.on = on;
    this.form = document.getElementById("box");
    this.input = document.getElementById("q");
    this.held = document.getElementById("held");
    this.image = null; // a Blob, the picture to ask with
    this.like = null; // a page of the library to ask with
    this.past = new Past(this.input, (line) => this.#again(line));
    this.#wire();
  }

  get text() {
    return this.input.value.trim();
  }

  set text(value) {
    if (value !== this.input.value) this.input.value = value;
    this.#shape();
  }

  get empty() {
    return !this.text && !this.image && !this.like;
  }

  focus() {
    this.input.focus();
    this.input.select();
  }

  #wire() {
    const pick = document.getElementById("pick");
    const file = h("input", { type: "file", accept: "image/*", hidden: true, tabindex: "-1", "aria-hidden": "true" });
    put(pick, icon("picture"));
    this.form.append(file);
    pick.addEventListener("click", () => file.click());
    file.addEventListener("change", () => {
      if (file.files[0]) this.look(file.files[0]);
      file.value = "";
    });
    this.input.addEventListener("input", () => {
      this.#shape();
      this.past.show();
      this.on.typed();
    });
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.past.hide();
      if (event.submitter?.id === "ask") this.on.asked();
      else this.on.entered();
    });
    this.input.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("paste", (event) => this.#pasted(event));
  }

  #key(event) {
    if (this.past.key(event)) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.past.hide();
      this.on.asked();
    } else if (event.key === "Backspace" && !this.input.value && (this.image || this.like)) this.drop();
  }

  #pasted(event) {
    const file = [...(event.clipboardData?.files || [])].find((f) => IMAGE.test(f.type));
    if (!file || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    this.look(file);
  }

  #again(line) {
    this.text = line;
    this.on.entered();
  }

  #shape() {
    const question = this.text.endsWith("?");
    this.form.classList.toggle("question", question);
  }

  /** Ask with a picture file. */
  async look(file) {
    try {
      this.image = await shrunk(file);
    } catch (problem) {
      this.on.failed(problem);
      return;
    }
    this.like = null;
    const seen = h("img", { alt: "" });
    seen.setAttribute("src", URL.createObjectURL(this.image));
    this.#hold(seen, file.name || "pasted picture");
    say("Searching by the picture");
    this.on.entered();
  }

  /** Ask with a page of the library. */
  alike(hit, name) {
    this.image = null;
    this.like = hit;
    this.input.value = "";
    this.#hold(picture(hit, SMALL, { lazy: false }), `like ${name}`);
    this.on.entered();
  }

  #hold(seen, name) {
    const away = button("close", "Take the picture away", () => this.drop());
    put(this.held, seen, h("span", { class: "called", dir: "auto" }, shown(name)), away);
    this.held.hidden = false;
    this.input.placeholder = "Add words, if you like";
    seen.addEventListener("error", () => seen.remove());
    this.input.focus();
  }

  drop({ tell = true } = {}) {
    this.image = this.like = null;
    put(this.held);
    this.held.hidden = true;
    this.input.placeholder = ASKING;
    if (tell) {
      this.input.focus();
      this.on.entered();
    }
  }
}

/** Searches of before, under the box, while it has the focus; kept in this browser only. */
class Past {
  constructor(input, take) {
    this.input = input;
    this.take = take;
    this.list = document.getElementById("recent");
    this.at = -1;
    input.addEventListener("focus", () => this.show());
    input.addEventListener("click", () => this.show());
    input.addEventListener("blur", () => setTimeout(() => this.hide(), 150));
  }

  get lines() {
    const typed = this.input.value.trim().toLowerCase();
    return past.list().filter((line) => line.toLowerCase().startsWith(typed) && line.toLowerCase() !== typed).slice(0, 7);
  }

  show() {
    const lines = this.lines;
    this.at = -1;
    if (!lines.length || document.activeElement !== this.input) {
      this.hide();
      return;
    }
    put(this.list, lines.map((line, n) => this.#line(line, n)));
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
  }

  #line(line, n) {
    const forget = h("span", { class: "forget", title: "Forget this search", on: { mousedown: (event) => this.#forget(event, line) } }, "forget");
    const take = (event) => {
      event.preventDefault();
      this.#choose(line);
    };
    return h("div", { role: "option", id: `past-${n}`, "aria-selected": "false", on: { mousedown: take } }, icon("clock"), h("span", { dir: "auto" }, line), forget);
  }

  #forget(event, line) {
    event.preventDefault();
    event.stopPropagation();
    past.forget(line);
    this.show();
  }

  #choose(line) {
    this.hide();
    this.take(line);
  }

  hide() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  /** True when the key was meant for the list. */
  key(event) {
    if (this.list.hidden) return false;
    const options = [...this.list.children];
    if (event.key === "Escape") this.hide();
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (this.at + step >= options.length) return false;
      this.at = Math.max(-1, this.at + step);
      options.forEach((option, n) => option.setAttribute("aria-selected", String(n === this.at)));
      if (this.at < 0) this.input.removeAttribute("aria-activedescendant");
      else this.input.setAttribute("aria-activedescendant", `past-${this.at}`);
    } else if (event.key === "Enter" && this.at >= 0) this.#choose(this.lines[this.at]);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }
}
