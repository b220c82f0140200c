"""Looking after a library: one writer at a time, following a folder, removing, checking, a change of encoder."""
