"""Which carriers a call is offered to, and at which prices."""
