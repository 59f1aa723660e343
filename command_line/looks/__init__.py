"""What callingcard doctor looks at, part by part."""
