"""The daemon's processes: one worker, or several under a supervisor."""
