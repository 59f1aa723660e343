"""Everything a caller hears: the catalogue, the grammar of each language, the composer and the voice."""
