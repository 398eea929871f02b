"""What a run of the judge looks like: a table, JSON, JUnit XML and a self-contained HTML page."""
