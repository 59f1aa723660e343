"""The FastAGI door: the wire, the server and the caller's flow."""
