"""The pages of the portal, one a file."""
