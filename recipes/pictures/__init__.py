"""Draws the pictures that the built-in image encoder learns from. All names, figures and firms are invented."""
