"""The stand-in's data in memory: objects, events, ids and time."""
