"""Doctor: prove that the entries work, say why not, repair them. One table of checks, in `checks`."""
