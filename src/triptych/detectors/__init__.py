"""Back ends of this kind, one file each; found by `triptych.plugins`."""
