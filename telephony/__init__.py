"""Asterisk from outside: finding, configuring, booting and asking it; the words it exchanges with FastAGI."""
