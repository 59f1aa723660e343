"""What forms have in common: fields as services know them, amounts as people type them, files that they send."""
