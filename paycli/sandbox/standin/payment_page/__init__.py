"""The payment page for people: it works without scripts, and is live with them.

Its markup, style and script are the files of this folder.
"""
