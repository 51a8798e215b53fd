"""What all pictures have in common: one style, and fonts for names in any script."""
