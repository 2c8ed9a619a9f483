"""Keys that move into a store, and entries that then need none."""
