"""What clients' files alone tell of them, and how entries in them are repaired."""
