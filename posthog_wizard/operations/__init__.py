"""The use cases: each `run(options, machine, ask, report)` gives a result. No terminal, no command line, no exit codes."""
