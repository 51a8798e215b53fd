"""The common style of all figures and pages, and fonts for names in any script."""
