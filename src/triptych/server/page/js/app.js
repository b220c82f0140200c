// Triptych's page: wires the parts together. Each part knows its own element; this module alone knows them all.

import { get, key, post } from "./api.js";
import { Answer } from "./answer.js";
import { Box } from "./box.js";
import { askKey, help } from "./dialogs.js";
import { button, count, h, put, say } from "./dom.js";
import { drops } from "./drops.js";
import { wing } from "./filters.js";
import { Finding } from "./finding.js";
import { fileName, nameOf } from "./hits.js";
import { keyboard, stepTo } from "./keyboard.js";
import { Shelf } from "./library.js";
import { forgetPictures } from "./pictures.js";
import { failure, findings, start } from "./results.js";
import { filtered, follow, go, past, START, state } from "./state.js";
import { Uploads } from "./uploads.js";
import { Viewer } from "./viewer.js";

const LATEST = 24;
const SETTLED = 260; // ms after the results came: the best page is shown beside them, where there is room
const ROOM = matchMedia("(min-width: 1181px)");
const NOTHING = { assets: 0, pages: 0, collections: [], kinds: [], tags: [], write: false };

class App {
  constructor() {
    this.centre = document.getElementById("centre");
    this.library = null;
    this.latest = [];
    this.answer = null;
    this.box = new Box({ typed: () => this.typed(), entered: () => this.entered(), asked: () => this.ask(), failed: (p) => this.trouble(p) });
    this.finding = new Finding(() => this.found());
    this.declined = false; // whether the page beside the results was closed, and is not wanted by itself
    this.viewer = new Viewer({ closed: () => this.unseen(), like: (hit, name) => this.like(hit, name), moved: () => this.pointed() });
    this.uploads = new Uploads({ added: () => this.refresh(), open: (place) => this.viewer.show(place), refused: (p) => this.refused(p) });
    this.shelf = new Shelf({ open: (place) => this.viewer.show(place), like: (hit, name) => this.like(hit, name), changed: () => this.refresh(), failed: (p) => this.trouble(p), add: () => this.choose() });
    follow((now, before) => this.moved(now, before));
    drops({ look: (file) => this.box.look(file), add: (files) => this.add(files), may: () => this.library?.write !== false });
    this.tools();
    this.keys();
  }

  async begin() {
    this.box.text = state().q;
    await this.load();
    document.body.classList.add("ready");
    if (!matchMedia("(pointer: coarse)").matches) this.box.input.focus({ preventScroll: true });
  }

  /** The overview, and what to show first. */
  async load() {
    try {
      [this.library, this.latest] = await Promise.all([overview(), latest()]);
    } catch (problem) {
      this.library = null;
      if (!this.refused(problem)) put(this.centre, failure(problem, () => this.load()));
      else put(this.centre, failure(problem, () => this.askKey()));
      document.body.classList.add("ready");
      return;
    }
    this.draw();
    if (state().view === "search" && this.box.text) this.search(true);
  }

  async refresh() {
    try {
      [this.library, this.latest] = await Promise.all([overview(), latest()]);
    } catch (problem) {
      this.trouble(problem);
      return;
    }
    if (state().view === "library" || this.finding.status === "idle") this.draw();
    else this.wing();
  }

  rekeyed() {
    forgetPictures();
    this.finding.clear(false);
    this.drawKey();
    this.load();
  }

  askKey() {
    askKey(() => this.rekeyed());
  }

  /** True when the server wants a key, or another one: it is asked for. */
  refused(problem) {
    if (problem.status !== 401) return false;
    this.askKey();
    return true;
  }

  trouble(problem) {
    if (this.refused(problem)) return;
    say(problem.message);
    put(this.centre, failure(problem, () => this.draw()));
  }

  // Asking

  get asked() {
    return { text: this.box.text, image: this.box.image, like: this.box.like, filters: state() };
  }

  typed() {
    this.unanswer();
    go({ q: this.box.text, view: "search" }, { keep: true });
    if (this.box.empty) this.leave();
    else this.finding.soon(this.asked);
  }

  /** Back to the start. */
  leave() {
    clearTimeout(this.waiting);
    this.viewer.close({ told: false });
    this.finding.clear();
  }

  entered() {
    if (this.box.text.endsWith("?") && !this.box.like) {
      this.ask();
      return;
    }
    this.unanswer();
    past.add(this.box.text);
    go({ q: this.box.text, view: "search" });
    this.search(true);
    this.wing();
  }

  search(at_once = false) {
    if (this.box.empty) this.leave();
    else if (at_once) this.finding.now(this.asked);
    else this.finding.soon(this.asked);
  }

  ask() {
    const question = this.box.text;
    if (!question) {
      this.box.focus();
      return;
    }
    this.unanswer();
    past.add(question);
    go({ q: question, view: "search" });
    const asked = this.asked;
    const answer = new Answer(asked, {
      evidence: (hits, seconds) => this.answer === answer && this.finding.take(asked, { hits, seconds }),
      cite: (citation, all) => this.cite(citation, all),
      ended: () => this.answer === answer && this.answered(answer),
      closed: () => { this.unanswer(); this.search(true); },
      failed: (problem) => this.refused(problem),
    });
    this.answer = answer;
    this.drawFound();
    this.wing();
    answer.run();
  }

  answered(answer) {
    this.drawFound();
    const [first] = answer.citations;
    if (first && ROOM.matches && !this.declined) this.cite(first, answer.citations, false);
  }

  unanswer() {
    this.answer?.stop();
    this.answer = null;
  }

  like(hit, name) {
    this.unanswer();
    if (state().view !== "search") go({ view: "search", q: "" });
    this.box.alike(hit, name);
  }

  again(line) {
    this.box.drop({ tell: false });
    this.box.text = line;
    this.box.input.focus();
    this.entered();
  }

  // Seeing

  open(hit) {
    this.opener = hit;
    this.declined = false;
    this.viewer.show(hit);
    const query = this.finding.results?.id;
    if (query) post("/v1/clicks", { id: query, asset: hit.asset, page: hit.page }).catch(() => {}); // only a hint for later training
  }

  cite(citation, all, focus = true) {
    const here = all.filter((c) => c.asset === citation.asset && c.page === citation.page);
    const marks = here.flatMap((c) => c.boxes.map((box) => ({ box, label: String(c.n), kind: c.n === citation.n ? "cited" : "beside" })));
    const hit = this.finding.results?.hits.find((found) => found.asset === citation.asset && found.page === citation.page);
    this.opener = citation;
    this.viewer.show({ ...hit, ...citation, title: hit?.title || "" }, { marks, at: citation.boxes, quote: citation.quote, focus });
    if (focus) say(`Page ${citation.page} of ${fileName(citation.source)}`);
  }

  /** Mark the hit whose page is shown. */
  pointed() {
    const { asset, page } = this.viewer.place || {};
    for (const hit of document.querySelectorAll(".hit")) hit.classList.toggle("seen", hit.dataset.asset === asset && hit.dataset.page === String(page));
  }

  unseen() {
    this.declined = true;
    this.pointed();
    const { asset, page } = this.opener || {};
    const hit = [...document.querySelectorAll(".hit")].find((e) => e.dataset.asset === asset && e.dataset.page === String(page));
    (hit?.querySelector(".name") || this.box.input).focus({ preventScroll: true });
  }

  // Drawing

  found() {
    const { finding } = this;
    if (finding.problem) this.refused(finding.problem);
    this.centre.classList.toggle("busy", finding.status === "busy");
    if (finding.status === "busy" && finding.results) return; // the former results stay until the new ones are there
    this.drawFound();
    const hits = finding.results?.hits.length;
    this.beside();
    if (finding.status === "done") say(!hits || finding.results.match === false ? "Nothing matches" : `${count(hits, "page")} found`);
  }

  /** Show the best page beside the results, once typing has paused. */
  beside() {
    clearTimeout(this.waiting);
    const { status, results } = this.finding;
    if (this.answer || status !== "done") return;
    const best = results.match === false ? null : results.hits[0];
    if (!best) this.viewer.close({ told: false });
    else if (ROOM.matches && !this.declined && state().look === "list") this.waiting = setTimeout(() => this.viewer.show(best, { focus: false }), SETTLED);
  }

  drawFound() {
    if (state().view === "library") return;
    if (this.finding.status === "idle" && !this.answer) {
      this.draw();
      return;
    }
    const focus = document.activeElement?.closest?.(".hit")?.dataset;
    document.body.classList.toggle("walled", state().look === "wall");
    const parts = this.finding.status === "idle" ? [] : findings(this.finding, this.acts, this.answer);
    document.body.classList.remove("starting");
    put(this.centre, this.answer?.element, parts);
    this.pointed();
    if (focus) [...this.centre.querySelectorAll(".hit")].find((e) => e.dataset.asset === focus.asset && e.dataset.page === focus.page)?.querySelector(".name").focus();
  }

  get acts() {
    return {
      open: (hit) => this.open(hit),
      like: (hit) => this.like(hit, nameOf(hit)),
      more: () => this.finding.more(),
      look: (look) => go({ look }, { keep: true }),
      everywhere: () => go({ ...START, q: state().q, look: state().look }),
      again: () => this.finding.again(),
      filters: () => this.filters(),
    };
  }

  draw() {
    if (!this.library) return;
    this.wing();
    document.body.classList.toggle("bare", !this.library.assets);
    const view = state().view;
    document.body.classList.toggle("starting", view !== "library" && this.finding.status === "idle" && !this.answer);
    if (view === "library") {
      put(this.centre, this.shelf.element);
      this.shelf.show(this.library);
    } else if (this.finding.status === "idle" && !this.answer) {
      put(this.centre, start(this.library, this.latest, { ask: (line) => this.again(line), like: (hit, name) => this.like(hit, name), add: () => this.choose(), open: (place) => this.viewer.show(place) }));
    } else this.drawFound();
  }

  wing() {
    wing(this.library || NOTHING, { asked: (line) => this.again(line), forgot: () => this.wing() });
  }

  /** The address changed: by a filter, a link, or the browser's back button. */
  moved(now, before) {
    const filters = (s) => JSON.stringify([s.collection, s.kinds, s.from, s.to, s.tags]);
    if (now.view !== before.view) this.viewer.close({ told: false });
    if (now.q !== this.box.text && now.q !== before.q) this.box.text = now.q;
    if (now.view !== before.view && now.view === "search") {
      if (this.box.empty) this.finding.clear(false);
      this.draw();
    } else if (now.view === "library" && (now.view !== before.view || filters(now) !== filters(before))) this.draw();
    if (now.look !== before.look) this.drawFound();
    if (now.view !== "search") return;
    if (filters(now) !== filters(before)) {
      this.wing();
      if (this.answer && !this.box.empty) this.ask();
      else if (!this.box.empty) this.search(true);
    } else if (now.q !== before.q && now.q === this.box.text && document.activeElement !== this.box.input) this.search(true);
  }

  filters() {
    const on = document.body.classList.toggle("filtering");
    if (on) document.querySelector("#left input, #left button")?.focus();
  }

  // Adding

  choose() {
    const field = h("input", { type: "file", multiple: true, hidden: true });
    field.addEventListener("change", () => this.add(field.files));
    field.click();
  }

  add(files) {
    this.uploads.add(files, state().collection);
  }

  // Tools and keys

  tools() {
    this.themes = button("moon", "Dark or light (D)", () => this.theme());
    this.keyTool = button("key", "Key for this server", () => this.askKey());
    put(
      document.getElementById("tools"),
      h("a", { class: "tool worded", href: "#/library" }, "Library"),
      button("plus", "Add files (U)", () => this.choose(), { class: "tool adds" }),
      this.keyTool,
      this.themes,
      button("help", "Keyboard and help (?)", help),
    );
    this.drawKey();
  }

  drawKey() {
    this.keyTool.hidden = !key.get();
  }

  theme() {
    const root = document.documentElement;
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    try {
      localStorage.setItem("triptych.theme", root.dataset.theme);
    } catch {
      // then it lasts until the page is left
    }
  }

  hitOf(element) {
    const { asset, page } = element?.closest?.(".hit")?.dataset || {};
    return this.finding.results?.hits.find((hit) => hit.asset === asset && String(hit.page) === page);
  }

  /** To the next or former result; an open viewer follows. */
  step(by) {
    const element = stepTo(by);
    if (element && this.viewer.open) {
      this.opener = this.hitOf(element);
      if (this.opener) this.viewer.show(this.opener, { focus: false });
    }
    return Boolean(element);
  }

  escape() {
    if (document.body.classList.contains("filtering")) this.filters();
    else if (this.viewer.open) this.viewer.close();
    else if (this.box.image || this.box.like) this.box.drop();
    else if (this.box.text) {
      this.box.text = "";
      this.box.focus();
      this.typed();
    } else return false;
    return true;
  }

  keys() {
    const seeing = (act) => () => (this.viewer.open ? act(this.viewer) : false);
    const current = () => this.hitOf(document.activeElement) || (this.viewer.open && this.viewer.place);
    const actions = {
      "/": () => this.box.focus(),
      "?": help,
      Escape: () => this.escape(),
      ArrowDown: () => this.step(1),
      ArrowUp: () => this.step(-1),
      j: () => this.step(1),
      k: () => this.step(-1),
      o: () => { const hit = current(); return hit ? this.open(hit) : false; },
      m: () => { const hit = current(); return hit ? this.like(hit, nameOf(hit)) : false; },
      w: () => go({ look: state().look === "wall" ? "list" : "wall" }, { keep: true }),
      f: () => (document.querySelector("#left").offsetParent ? document.querySelector("#left input, #left button")?.focus() : this.filters()),
      l: () => go({ view: state().view === "library" ? "search" : "library" }),
      u: () => this.choose(),
      d: () => this.theme(),
      "+": seeing((v) => v.stage.nearer()),
      "=": seeing((v) => v.stage.nearer()),
      "-": seeing((v) => v.stage.farther()),
      0: seeing((v) => v.stage.whole()),
      b: seeing((v) => v.toBox()),
      t: seeing((v) => v.asText()),
      "[": seeing((v) => v.turn(-1)),
      "]": seeing((v) => v.turn(1)),
    };
    for (let n = 1; n <= 9; n += 1) {
      actions[n] = () => {
        const citation = this.answer?.citations.find((c) => c.n === n);
        return citation ? this.cite(citation, this.answer.citations) : false;
      };
    }
    keyboard(actions);
  }
}

/** How much there is of what, over all collections that may be seen. */
async function overview() {
  const told = await get("/v1/collections");
  const kinds = new Map();
  for (const c of told.collections) for (const [name, n] of Object.entries(c.kinds)) kinds.set(name, (kinds.get(name) || 0) + n);
  const ranked = [...kinds].map(([name, assets]) => ({ name, assets })).sort((a, b) => b.assets - a.assets);
  return { ...NOTHING, ...told, kinds: ranked, write: told.writable };
}

const latest = async () => (await get(`/v1/assets?limit=${LATEST}`)).assets;

new App().begin();
