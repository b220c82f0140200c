// Files dropped on the page: on the search box they ask, anywhere else they are added.

import { h, icon, put } from "./dom.js";

/** Files of a drop, folders opened. */
async function filesOf(transfer) {
	const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
	if (!entries.some((entry) => entry.isDirectory)) return [...transfer.files];
	const found = [];
	for (const entry of entries) await walk(entry, found);
	return found;
}

async function walk(entry, found) {
	if (entry.isFile) {
		found.push(await new Promise((resolve, reject) => entry.file(resolve, reject)));
		return;
	}
	const reader = entry.createReader();
	for (;;) {
		const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
		if (!some.length) return;
		for (const inner of some) await walk(inner, found);
	}
}

/** `on`: `look(file)` for the search box, `add(files)` elsewhere, `may()`: may files be added? */
export function drops(on) {
	const veil = document.getElementById("veil");
	const box = document.getElementById("box");
	const hasFiles = (event) => event.dataTransfer && [...event.dataTransfer.types].includes("Files");
	const over = (event) => Boolean(event.target.closest?.("#box"));
	const hide = () => {
		veil.hidden = true;
		box.classList.remove("aimed");
	};
	document.addEventListener("dragover", (event) => {
		if (!hasFiles(event)) return;
		event.preventDefault();
		if (veil.hidden) put(veil, h("div", icon("up"), h("p", on.may() ? "Drop to add to the library" : "Drop a picture on the search box"), h("p.note", "On the search box, a picture is searched by.")));
		veil.hidden = false;
		veil.classList.toggle("aside", over(event));
		box.classList.toggle("aimed", over(event));
	});
	document.addEventListener("dragleave", (event) => {
		if (!event.relatedTarget) hide();
	});
	document.addEventListener("drop", async (event) => {
		if (!hasFiles(event)) return;
		event.preventDefault();
		const asking = over(event);
		hide();
		const files = await filesOf(event.dataTransfer);
		if (asking && files[0]) on.look(files[0]);
		else if (on.may()) on.add(files);
	});
}
