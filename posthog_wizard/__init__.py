"""Connect every AI coding client on a machine to PostHog, prove that it works, and keep it working."""

__version__ = "0.2.0"
