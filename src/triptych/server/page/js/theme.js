// Runs before the first paint: the theme that was chosen, so that nothing flashes.
try {
	document.documentElement.dataset.theme = localStorage.getItem("triptych.theme") || "";
} catch {
	// Storage may be forbidden; then the system's theme it is.
}
