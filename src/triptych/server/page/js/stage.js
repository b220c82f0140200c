// A picture that can be moved and zoomed: by wheel, drag, pinch, keys, and to a box.

import { put } from "./dom.js";

const CLOSEST = 8; // times the size at which all of it can be seen
const STEP = 1.35;
const AROUND = 0.6; // of the width of a page is seen at least, so that what stands beside a word is seen too

export class Stage {
	#pointers = new Map();
	#pinch = null;

	/** `element` is the window; the sheet inside it is moved. `zoomed(scale)` is told of every change. */
	constructor(element, zoomed) {
		Object.assign(this, { element, zoomed, sheet: null, shape: 1, scale: 1, x: 0, y: 0 });
		element.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
		element.addEventListener("pointerdown", (event) => this.#down(event));
		element.addEventListener("pointermove", (event) => this.#move(event));
		for (const name of ["pointerup", "pointercancel"]) element.addEventListener(name, (event) => this.#up(event));
		element.addEventListener("dblclick", (event) => this.zoom(this.scale > 1.6 ? 1 / this.scale : 2.5, this.#at(event)));
		new ResizeObserver(() => this.#fit()).observe(element);
	}

	/** Show a sheet (an element) whose width is `shape` times its height, all of it. */
	show(sheet, shape) {
		Object.assign(this, { sheet, shape, scale: 1, goal: null });
		put(this.element, sheet);
		this.#fit();
	}

	/** Size of the sheet at scale 1: all of it can be seen. */
	get #whole() {
		const { clientWidth: w, clientHeight: h } = this.element;
		const width = Math.min(w - 24, (h - 24) * this.shape);
		return [Math.max(1, width), Math.max(1, width / this.shape)];
	}

	#fit() {
		if (!this.sheet || !this.element.clientWidth) return;
		const [width, height] = this.#whole;
		this.sheet.style.width = `${width}px`;
		this.sheet.style.height = `${height}px`;
		if (this.goal) this.to(this.goal, false);
		else this.whole(false);
	}

	whole(smooth = true) {
		this.goal = null;
		this.#set(1, 0, 0, smooth);
	}

	/** Zoom so that the box fills a good part of the window. */
	to(box, smooth = true) {
		this.goal = box;
		const [x0, y0, x1, y1] = box;
		const [width, height] = this.#whole;
		const { clientWidth: w, clientHeight: h } = this.element;
		const wanted = Math.min((0.7 * w) / ((x1 - x0) * width), (0.5 * h) / ((y1 - y0) * height), w / (AROUND * width));
		const scale = Math.min(CLOSEST, Math.max(1, wanted));
		const x = w / 2 - ((x0 + x1) / 2) * width * scale;
		const y = h / 2 - ((y0 + y1) / 2) * height * scale;
		this.#set(scale, x, y, smooth);
	}

	zoom(factor, at = [this.element.clientWidth / 2, this.element.clientHeight / 2]) {
		const scale = Math.min(CLOSEST, Math.max(1, this.scale * factor));
		const by = scale / this.scale;
		this.goal = null;
		this.#set(scale, at[0] - (at[0] - this.x) * by, at[1] - (at[1] - this.y) * by, false);
	}

	nearer() {
		this.zoom(STEP);
	}

	farther() {
		this.zoom(1 / STEP);
	}

	move(dx, dy) {
		this.goal = null;
		this.#set(this.scale, this.x + dx, this.y + dy, false);
	}

	#set(scale, x, y, smooth) {
		if (!this.sheet) return;
		const [width, height] = this.#whole;
		const { clientWidth: w, clientHeight: h } = this.element;
		this.scale = scale;
		this.x = held(x, w, width * scale);
		this.y = held(y, h, height * scale);
		this.sheet.classList.toggle("smooth", smooth);
		this.sheet.style.transform = `translate(${this.x}px, ${this.y}px) scale(${scale})`;
		this.zoomed(scale);
	}

	#at(event) {
		const { left, top } = this.element.getBoundingClientRect();
		return [event.clientX - left, event.clientY - top];
	}

	#wheel(event) {
		if (!this.sheet) return;
		event.preventDefault();
		if (event.ctrlKey || event.metaKey) this.zoom(Math.exp(-event.deltaY / 160), this.#at(event));
		else if (this.scale > 1.001) this.move(-event.deltaX, -event.deltaY);
		else this.zoom(Math.exp(-event.deltaY / 500), this.#at(event));
	}

	#down(event) {
		if (!this.sheet || event.button) return;
		this.element.setPointerCapture(event.pointerId);
		this.#pointers.set(event.pointerId, this.#at(event));
		this.#pinch = null;
		this.element.classList.add("grabbed");
	}

	#move(event) {
		const before = this.#pointers.get(event.pointerId);
		if (!before) return;
		const now = this.#at(event);
		this.#pointers.set(event.pointerId, now);
		if (this.#pointers.size === 1) this.move(now[0] - before[0], now[1] - before[1]);
		else this.#pinched();
	}

	#pinched() {
		const [a, b] = [...this.#pointers.values()];
		const apart = Math.hypot(a[0] - b[0], a[1] - b[1]);
		if (this.#pinch) this.zoom(apart / this.#pinch, [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]);
		this.#pinch = apart;
	}

	#up(event) {
		this.#pointers.delete(event.pointerId);
		this.#pinch = null;
		if (!this.#pointers.size) this.element.classList.remove("grabbed");
	}
}

/** Where a sheet of length `size` may start in a window of length `room`: centred when it fits, never out of sight. */
function held(at, room, size) {
	if (size <= room) return (room - size) / 2;
	return Math.min(12, Math.max(room - size - 12, at));
}
