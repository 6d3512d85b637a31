"""The rooms where foreign SDKs live: our nouns and errors in and out, nothing of theirs."""
