"""The server: the library over HTTP, with the page. Imported by `triptych serve` and `triptych mcp` only."""
