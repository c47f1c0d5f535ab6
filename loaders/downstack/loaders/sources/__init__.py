"""One module per kind of source: `parse` keeps the source's own words, `to_...` maps them, and both are pure."""
