"""Asking models and telling answers: events, conversations, replies, what calls cost."""
