"""The portal: the card holders' door, small pages that need no script."""
