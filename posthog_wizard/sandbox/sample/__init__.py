"""The sample company, Leafline: who its people are, what they do, and the rows that a new sandbox holds."""
