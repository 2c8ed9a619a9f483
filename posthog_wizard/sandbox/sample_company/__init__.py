"""The sample company, Leafline: who its people are, what they do, and how it becomes a sandbox."""
