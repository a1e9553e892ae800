"""Pages of the scanner: projects, scans, findings, dependencies, rules, intelligence."""
