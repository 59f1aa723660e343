"""The watcher: live calls by Asterisk's control port, their heartbeat, ends that were asked for, lost settlements."""
