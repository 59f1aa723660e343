"""The life of single cards: their states, dates and belongings."""
