"""The nouns of the desk: frozen structs without behaviour, without I/O."""
