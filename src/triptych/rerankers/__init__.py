"""Back ends that read question and passage together and say how well they fit."""
