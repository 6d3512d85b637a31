"""What has been measured: the runs in runs.toml, a JSON file for each, and the page of all."""
