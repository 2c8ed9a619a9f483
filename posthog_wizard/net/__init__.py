"""The network, as far as the bridge, the API, doctor and serve share it. Light: httpcore alone is loaded here, where it is needed."""
