"""The shell for config files: read, compare, replace, look again, remember, take back."""
