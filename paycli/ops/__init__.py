"""What operators do with events: backfill, replay, export, timeline, and checks of a set-up."""
