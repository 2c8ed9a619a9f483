"""The shell around the clients' files: finding them, changing them safely, taking changes back."""
