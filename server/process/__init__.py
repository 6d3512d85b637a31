"""The daemon's processes: one worker, or several workers under a supervisor."""
