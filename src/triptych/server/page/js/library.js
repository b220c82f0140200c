// The library: how much there is of what, and every file.

import { address, get, remove } from "./api.js";
import { confirmed } from "./dialogs.js";
import { button, count, h, put, say } from "./dom.js";
import { KIND, KINDS } from "./filters.js";
import { fileName } from "./hits.js";
import { blank, thumbnail } from "./pictures.js";
import { scope, state } from "./state.js";

const PER_REQUEST = 60;

/** Figures of the whole. `library` is the server's overview. */
export function figures(library) {
  const most = Math.max(...library.kinds.map((k) => k.assets), 1);
  const row = ({ name, assets }) => {
    const full = h("i");
    full.style.width = `${(100 * assets) / most}%`;
    return h("li", {}, h("span", { class: "what" }, KINDS[name] || name), h("span", { class: "bar" }, full), h("span", { class: "many" }, assets.toLocaleString("en")));
  };
  const figure = (n, what) => h("div", { class: "figure" }, h("b", {}, n.toLocaleString("en")), h("span", {}, what));
  return h(
    "section",
    { class: "figures", "aria-label": "The library in figures" },
    figure(library.assets, library.assets === 1 ? "file" : "files"),
    figure(library.pages, library.pages === 1 ? "page" : "pages"),
    library.collections.length > 1 && figure(library.collections.length, "collections"),
    h("ul", { class: "kinds" }, library.kinds.map(row)),
  );
}

/** The list of files, loaded piece by piece. `on`: `open(place)`, `like(place, name)`, `changed()`, `failed(problem)`, `add()`. */
export class Shelf {
  constructor(on) {
    this.on = on;
    this.element = h("section", { class: "shelf", "aria-label": "Files" });
  }

  async show(library) {
    this.library = library;
    this.next = null;
    this.list = h("ul", { class: "files" });
    this.more = h("button", { type: "button", class: "quiet wide", on: { click: () => this.#load() }, hidden: true }, "More files");
    this.note = h("p", { class: "summary" });
    put(this.element, h("header", { class: "top" }, h("h1", {}, "Library"), library.write !== false && h("button", { type: "button", class: "firm", on: { click: () => this.on.add() } }, "Add files")), figures(library), this.note, this.list, this.more);
    await this.#load();
  }

  async #load() {
    try {
      const page = await get(address("/v1/assets", { ...scope(state()), limit: PER_REQUEST, cursor: this.next }));
      this.next = page.next || null;
      this.list.append(...page.assets.map((asset) => this.#file(asset)));
      this.more.hidden = !this.next;
      const total = page.total ?? this.list.children.length;
      put(this.note, `${count(total, "file")}`);
      say(`${count(this.list.children.length, "file")} shown`);
    } catch (problem) {
      this.on.failed(problem);
    }
  }

  #file(asset) {
    const source = asset.sources[0] || asset.asset;
    const place = { asset: asset.asset, page: 1, collection: asset.collection, source, title: asset.title || "", pictures: asset.pictures };
    const name = fileName(source);
    const line = [KIND[asset.kind] || asset.kind, count(asset.pages, "page"), asset.collection !== "default" && asset.collection, asset.added?.slice(0, 10)].filter(Boolean).join("  ·  ");
    const item = h("li", { class: "file" });
    const away = this.library.write !== false && button("trash", `Remove ${name}`, () => this.#remove(asset, name, item));
    put(
      item,
      h("button", { type: "button", class: "face", tabindex: "-1", "aria-hidden": "true", on: { click: () => this.on.open(place) } }, asset.pictures ? thumbnail(place) : blank()),
      h("div", { class: "body" }, h("button", { type: "button", class: "name", dir: "auto", on: { click: () => this.on.open(place) } }, name), h("p", { class: "place" }, line), asset.status === "partial" && h("p", { class: "warning" }, "Some pages could not be read.")),
      h("span", { class: "acts" }, button("like", `More like ${name}`, () => this.on.like(place, name)), away),
    );
    return item;
  }

  async #remove(asset, name, item) {
    const other = asset.sources.length > 1 ? ` It is known under ${asset.sources.length} names; all of them go.` : "";
    if (!(await confirmed(`Remove ${name}?`, `The file, its pages and everything known of them leave the library.${other} The file that was added stays where it is on its disk.`, "Remove"))) return;
    try {
      await remove(address(`/v1/assets/${asset.asset}`, { collection: asset.collection }));
      item.remove();
      say(`${name} removed`);
      this.on.changed();
    } catch (problem) {
      this.on.failed(problem);
    }
  }
}

/** What stands in the middle of a library that holds nothing yet. */
export function emptyLibrary(add, write) {
  return h(
    "section",
    { class: "start bare" },
    h("h1", {}, "Nothing hangs here yet"),
    write
      ? h("p", { class: "lead" }, "Drop files or folders anywhere on this page: scans, receipts, forms, reports, slides, charts, screenshots, photos, notes. They are read on this machine and stay on it.")
      : h("p", { class: "lead" }, "This library is empty, or your key does not open what is in it."),
    write && h("p", {}, h("button", { type: "button", class: "firm large", on: { click: add } }, "Add files")),
    write && h("p", { class: "note" }, "Or in a terminal: ", h("code", {}, "triptych add scans/")),
    h("div", { class: "frames", "aria-hidden": "true" }, h("i"), h("i"), h("i")),
  );
}
