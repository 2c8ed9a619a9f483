"""One exchange after another with the server, over HTTP."""
