"""Asterisk's side of FastAGI without Asterisk: the terminal phone and the load driver."""
