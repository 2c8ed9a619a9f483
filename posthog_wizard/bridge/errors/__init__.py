"""What can go wrong between the bridge and its server: in words for the client, and what the bridge makes of it."""
