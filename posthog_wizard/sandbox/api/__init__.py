"""What every endpoint is made of: routes, requests and replies, keys, checks of fields, collections of rows."""
