"""The demo: a second Asterisk as phone and carriers, and one real call told as it happens."""
