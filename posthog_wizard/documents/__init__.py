"""Pure text editing that keeps every byte that is not ours: comments, order, indentation, line ends."""
