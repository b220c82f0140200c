"""Back ends that describe pictures in words, one file each; found by `triptych.plugins`."""
