"""How people get a key without making one: codes, OAuth, and one access token that all processes share."""
