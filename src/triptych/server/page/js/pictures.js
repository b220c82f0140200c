// Pictures of pages, with the words that matter boxed.
//
// Without a key the browser asks for a picture itself (and keeps it); with one, pictures are fetched with the key
// and shown from memory, the least recently used forgotten first.

import { address, key, Problem } from "./api.js";
import { h } from "./dom.js";

export const SMALL = 320; // pixels of the longer side: lists
export const LARGE = 1600; // the viewer, citations
const KEPT = 160;

const kept = new Map(); // address -> promise of an object URL

/** Where the picture of a page is; `place` has `asset`, `page`, perhaps `collection`. */
export function addressOf(place, side) {
	const page = `/v1/assets/${encodeURIComponent(place.asset)}/pages/${place.page}.webp`;
	return address(page, { width: side, collection: place.collection });
}

async function fetched(url) {
	const response = await fetch(url, { headers: { Authorization: `Bearer ${key.get()}` } });
	if (!response.ok) throw new Problem(response.status, {});
	return URL.createObjectURL(await response.blob());
}

function remembered(url) {
	const known = kept.get(url) || fetched(url);
	kept.delete(url);
	kept.set(url, known);
	known.catch(() => kept.delete(url));
	if (kept.size > KEPT) forget(kept.keys().next().value);
	return known;
}

function forget(url) {
	const gone = kept.get(url);
	kept.delete(url);
	gone.then((made) => URL.revokeObjectURL(made), () => {});
}

/** Forget everything, as when the key changes. */
export function forgetPictures() {
	for (const url of [...kept.keys()]) forget(url);
}

const nearing = new IntersectionObserver(
	(entries) => {
		for (const { isIntersecting, target } of entries) {
			if (!isIntersecting) continue;
			nearing.unobserve(target);
			load(target, target.dataset.of);
		}
	},
	{ rootMargin: "300px" },
);

function load(image, url) {
	remembered(url).then((made) => image.setAttribute("src", made), () => image.dispatchEvent(new Event("error")));
}

/**
 * An `<img>` of a page. `lazy`: only once it comes near the visible part. Its `src` is never anything but this
 * server's address or an object URL made above.
 */
export function picture(place, side, { alt = "", lazy = true } = {}) {
	const url = addressOf(place, side);
	const image = h("img", { alt, decoding: "async", draggable: "false", ...(lazy && !key.get() ? { loading: "lazy" } : {}) });
	if (!key.get()) image.setAttribute("src", url);
	else if (lazy) {
		image.dataset.of = url;
		nearing.observe(image);
	} else load(image, url);
	return image;
}

const percent = (share) => `${(100 * Math.min(1, Math.max(0, share))).toFixed(3)}%`;

/** A box over a page; `box` is `[x0, y0, x1, y1]` in fractions of it. */
export function marker(box, label = "", kind = "") {
	const [left, top, right, bottom] = box.map(Number);
	const made = h("i", { class: `mark ${kind}`, "aria-hidden": "true" }, label && h("b", label));
	made.style.left = percent(left);
	made.style.top = percent(top);
	made.style.width = percent(right - left);
	made.style.height = percent(bottom - top);
	return made;
}

/** The smallest box that holds all of them. */
export function around(boxes) {
	return [
		Math.min(...boxes.map((b) => b[0])),
		Math.min(...boxes.map((b) => b[1])),
		Math.max(...boxes.map((b) => b[2])),
		Math.max(...boxes.map((b) => b[3])),
	];
}

const NEAR = [[0.6, 0.34], [1, 0.1]]; // of the page, width and height: what can be read at one look; a line is

/** The box around most of the boxes that can be seen together at a readable size. */
export function heart(boxes) {
	const groups = boxes.map((seed) => {
		const group = [seed];
		for (const box of [...boxes].sort((a, b) => apart(a, seed) - apart(b, seed))) {
			const [x0, y0, x1, y1] = around([...group, box]);
			if (box !== seed && NEAR.some(([width, height]) => x1 - x0 <= width && y1 - y0 <= height)) group.push(box);
		}
		return group;
	});
	return around(groups.reduce((best, group) => (group.length > best.length ? group : best)));
}

const apart = (a, b) => Math.hypot(a[0] + a[2] - b[0] - b[2], a[1] + a[3] - b[1] - b[3]);

/** A page as a small picture with its `marks`, `[{box, kind}]`; becomes a sheet of lines where the page has no picture. */
export function thumbnail(place, marks = []) {
	const sheet = h("span.sheet");
	const image = picture(place, SMALL);
	image.addEventListener("load", () => sheet.classList.add("there"));
	image.addEventListener("error", () => sheet.replaceWith(blank()));
	sheet.append(image, ...marks.map(({ box, kind }) => marker(box, "", kind)));
	return sheet;
}

/** Stands for a page of plain text. */
export function blank() {
	return h("span.sheet.blank", { "aria-hidden": "true" }, [..."abcdefg"].map(() => h("s")));
}

/** The piece of a page around its boxes, as wide as the element it is put into. */
export function cutting(place, boxes, alt) {
	const strip = h("span.cutting");
	const image = picture(place, LARGE, { alt, lazy: false });
	const inner = h("span.inner", image, boxes.map((box) => marker(box)));
	image.addEventListener("load", () => {
		frame(strip, inner, image, heart(boxes));
		strip.classList.add("there");
	});
	image.addEventListener("error", () => strip.remove());
	strip.append(inner);
	return strip;
}

function frame(strip, inner, image, box) {
	const shape = image.naturalWidth / image.naturalHeight; // of the page
	const slot = strip.clientWidth / strip.clientHeight || 5;
	const tall = (box[3] - box[1]) * 2.6;
	const width = Math.min(1, Math.max(0.56, (box[2] - box[0]) * 1.25, (tall * slot) / shape));
	const height = Math.min(1, (width * shape) / slot);
	const x = Math.min(1 - width, Math.max(0, (box[0] + box[2]) / 2 - width / 2));
	const y = Math.min(1 - height, Math.max(0, (box[1] + box[3]) / 2 - height / 2));
	inner.style.width = `${100 / width}%`;
	inner.style.left = `${(-100 * x) / width}%`;
	inner.style.top = `${(-100 * y) / height}%`;
}

const QUERY_SIDE = 1024;

/** A picture to ask with, as a Blob, made small enough to travel. Throws Problem when it is none. */
export async function shrunk(file) {
	let bitmap;
	try {
		bitmap = await createImageBitmap(file);
	} catch {
		throw new Problem(0, { detail: `'${file.name || "This"}' is not a picture that this browser can read. Take a PNG, JPEG or WebP.` });
	}
	const scale = Math.min(1, QUERY_SIDE / Math.max(bitmap.width, bitmap.height));
	const canvas = h("canvas");
	canvas.width = Math.max(1, Math.round(bitmap.width * scale));
	canvas.height = Math.max(1, Math.round(bitmap.height * scale));
	const context = canvas.getContext("2d");
	context.fillStyle = "#fff"; // what is transparent is paper
	context.fillRect(0, 0, canvas.width, canvas.height);
	context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
	bitmap.close();
	return new Promise((resolve) => canvas.toBlob(resolve, "image/webp", 0.94));
}
