"""Which admin a server has whose researchers log in with a second factor (setting SECOND_FACTOR)."""
