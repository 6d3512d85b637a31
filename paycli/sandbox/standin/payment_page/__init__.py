"""The payment page under `/pay/`: it works without scripts, and updates live with them.

Its markup, style and script are files of this folder.
"""
