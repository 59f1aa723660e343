"""Values as people read them, in the operator's language."""
