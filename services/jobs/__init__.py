"""Long work that operators ask for: asked, stepped, cancelled, told."""
